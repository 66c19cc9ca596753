//! The table is complete, and the wire form is that of RFC 9457.

use std::collections::BTreeSet;

use super::*;

fn texts(code: ProblemCode) -> [ProblemText; 3] {
    let texts = code.row().texts;
    [texts.ar, texts.fr, texts.en]
}

#[test]
fn every_code_is_unique_and_comes_back() {
    let names: BTreeSet<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), ProblemCode::ALL.len());
    for code in ProblemCode::ALL {
        assert_eq!(ProblemCode::from_name(code.as_str()), Some(*code));
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(code.as_str().chars().all(plain), "{code:?}");
    }
    assert_eq!(ProblemCode::from_name("no_such_code"), None);
}

#[test]
fn every_code_is_a_refusal() {
    for code in ProblemCode::ALL {
        let status = code.status();
        assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
        assert_eq!(status.as_u16(), code.row().status, "{code:?}");
    }
}

#[test]
fn every_language_says_what_is_the_case_and_what_to_do() {
    for code in ProblemCode::ALL {
        for text in texts(*code) {
            assert!(!text.title.trim().is_empty() && !text.title.ends_with('.'), "{code:?}");
            assert!(text.what_to_do.ends_with('.'), "{code:?}: {}", text.what_to_do);
            assert_ne!(text.title, text.what_to_do, "{code:?}");
        }
    }
}

#[test]
fn no_text_serves_two_languages_or_two_codes() {
    let titles: Vec<&str> = ProblemCode::ALL
        .iter()
        .flat_map(|code| texts(*code).map(|text| text.title))
        .collect();
    assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len());
}

#[test]
fn arabic_is_written_in_arabic_and_the_others_are_not() {
    let is_arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06ff}').contains(&c));
    for code in ProblemCode::ALL {
        let [ar, fr, en] = texts(*code);
        assert!(is_arabic(ar.title) && is_arabic(ar.what_to_do), "{code:?}");
        for text in [fr.title, fr.what_to_do, en.title, en.what_to_do] {
            assert!(!is_arabic(text), "{code:?}");
        }
    }
}

#[test]
fn no_clause_is_empty() {
    for code in ProblemCode::ALL {
        assert_ne!(code.row().clause, Some(""), "{code:?}");
    }
    assert_eq!(
        ProblemCode::PurposeNotRegistered.row().clause,
        Some("Law 09-08, article 3")
    );
}

async fn wire(problem: &Problem) -> serde_json::Value {
    let answer = problem.to_response();
    assert_eq!(answer.status(), problem.status);
    assert_eq!(
        answer.headers().get("content-type").unwrap(),
        "application/problem+json"
    );
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[actix_web::test]
async fn a_problem_has_the_members_of_rfc_9457_and_the_three_languages() {
    let problem = Problem::of(ProblemCode::InvalidParameter)
        .with_detail("limit is from 1 to 100")
        .with_check("paging")
        .with_path("limit");
    let text = |text: ProblemText| serde_json::json!({"title": text.title, "what_to_do": text.what_to_do});
    let [ar, fr, en] = texts(ProblemCode::InvalidParameter);
    assert_eq!(
        wire(&problem).await,
        serde_json::json!({
            "type": "urn:mahfada:problem:invalid_parameter",
            "title": "A parameter has a value that is not taken",
            "status": 400,
            "code": "invalid_parameter",
            "detail": "limit is from 1 to 100",
            "check": "paging",
            "clause": "RFC 9110 §15.5.1",
            "path": "limit",
            "texts": {"ar": text(ar), "fr": text(fr), "en": text(en)},
        })
    );
}

#[actix_web::test]
async fn a_code_without_a_row_has_no_texts() {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "over_asking", "asks too much");
    assert_eq!(
        wire(&problem).await,
        serde_json::json!({
            "type": "urn:mahfada:problem:over_asking", "title": "asks too much", "status": 422, "code": "over_asking"
        })
    );
}

#[test]
fn a_code_with_a_row_keeps_the_status_that_was_given_and_the_title_of_the_table() {
    let problem = Problem::unavailable("storage_inconsistent");
    assert_eq!(problem.status, 503);
    assert_eq!(problem.title, "The store contradicts itself");
    assert_eq!(problem.texts(), Some(&ProblemCode::StorageInconsistent.row().texts));
}

#[test]
fn only_a_401_has_a_challenge() {
    for code in ProblemCode::ALL {
        let answer = Problem::of(*code).to_response();
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap());
        // A scheme alone is no challenge (RFC 6750 §3).
        let expected = (*code == ProblemCode::Unauthorized).then_some(r#"Bearer realm="management""#);
        assert_eq!(challenge, expected, "{code:?}");
    }
}

#[test]
fn the_schema_names_every_member() {
    let schema = serde_json::to_value(Problem::schema()).unwrap();
    let members: BTreeSet<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "type", "title", "status", "code", "detail", "check", "clause", "path", "texts",
    ];
    assert_eq!(members, BTreeSet::from(expected));
    assert_eq!(<Problem as ToSchema>::name(), "Problem");
    let mut further = Vec::new();
    <Problem as ToSchema>::schemas(&mut further);
    let names: BTreeSet<&str> = further.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains("ProblemTexts") && names.contains("ProblemText"),
        "{names:?}"
    );
}
