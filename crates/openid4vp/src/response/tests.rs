use mahfada_crypto::ContentEncryption;
use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::JwsBuilder;

use super::*;
use crate::fixture::{agreement_key, key};

fn answer() -> AuthorizationResponse {
    let presentation = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln~WyJzIl0~kb".to_owned();
    AuthorizationResponse {
        vp_token: VpToken::from([("pid".to_owned(), vec![presentation])]),
        state: Some("af0".to_owned()),
    }
}

fn recipient(seed: &str, enc: ContentEncryption) -> ResponseEncryption {
    ResponseEncryption {
        key: *agreement_key(seed).public_key(),
        kid: "k1".to_owned(),
        enc,
    }
}

fn encrypted() -> String {
    let body = answer()
        .encrypt(
            &recipient("right", ContentEncryption::A256Gcm),
            &SeededRandom::new("r"),
            &PROVIDER,
        )
        .unwrap();
    String::from_utf8(body)
        .unwrap()
        .strip_prefix("response=")
        .unwrap()
        .to_owned()
}

fn read(body: &str) -> Result<AuthorizationResponse, ResponseError> {
    UnverifiedResponse::parse_form(body.as_bytes())?.decrypt(&*agreement_key("right"), &PROVIDER)
}

#[test]
fn an_answer_round_trips_with_both_encryptions_and_echoes_the_kid() {
    for enc in [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm] {
        let body = answer()
            .encrypt(&recipient("right", enc), &SeededRandom::new("r"), &PROVIDER)
            .unwrap();
        let response = UnverifiedResponse::parse_form(&body).unwrap();
        assert_eq!(response.kid(), Some("k1"));
        assert_eq!(response.decrypt(&*agreement_key("right"), &PROVIDER).unwrap(), answer());
    }
}

#[test]
fn an_answer_for_another_key_or_damaged_anywhere_is_refused_alike() {
    let other = answer()
        .encrypt(
            &recipient("other", ContentEncryption::A256Gcm),
            &SeededRandom::new("r"),
            &PROVIDER,
        )
        .unwrap();
    assert_eq!(
        read(&String::from_utf8(other).unwrap()).unwrap_err().code(),
        "not_encrypted"
    );

    let jwe = encrypted();
    let parts: Vec<&str> = jwe.split('.').collect();
    let flipped = |part: &str| {
        let first = if part.starts_with('A') { "B" } else { "A" };
        format!("{first}{}", part.get(1..).unwrap_or_default())
    };
    for position in [0, 1, 2, 3, 4] {
        let mut damaged: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        damaged[position] = flipped(&damaged[position]);
        let error = read(&format!("response={}", damaged.join("."))).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            ("not_encrypted", "not encrypted for this request")
        );
    }
    let short_tag = format!("{}.{}", parts[..4].join("."), &parts[4][..16]);
    assert_eq!(
        read(&format!("response={short_tag}")).unwrap_err().code(),
        "not_encrypted"
    );
}

#[test]
fn plain_and_signed_answers_are_refused() {
    let signed = JwsBuilder::new("JWT").sign(&answer(), &*key("wallet")).unwrap();
    for body in [
        "vp_token=%7B%22pid%22%3A%5B%22x%22%5D%7D&state=af0".to_owned(),
        format!("response={signed}"),
        "response=".to_owned(),
        "response=....".to_owned(),
        String::new(),
    ] {
        assert_eq!(read(&body).unwrap_err().code(), "not_encrypted", "{body}");
    }
}

#[test]
fn bodies_are_bounded_and_names_stand_once() {
    let jwe = encrypted();
    assert_eq!(
        read(&format!("response={jwe}&response={jwe}")).unwrap_err().code(),
        "invalid_request"
    );
    let long = format!("response={}", "A".repeat(MAX_RESPONSE_BYTES));
    assert_eq!(read(&long).unwrap_err().code(), "invalid_request");
}

#[test]
fn what_was_decrypted_must_be_an_answer() {
    for plaintext in [
        r#"{"state":"af0"}"#,
        r#"{"vp_token":{"pid":"not a list"}}"#,
        r#"{"vp_token":"x"}"#,
        r#"{"vp_token":{},"vp_token":{}}"#,
        "eyJ.x.y",
    ] {
        let recipient = recipient("right", ContentEncryption::A128Gcm);
        let recipient = JweRecipient {
            key: &recipient.key,
            kid: None,
            enc: recipient.enc,
            apu: None,
            apv: None,
        };
        let jwe = encrypt(&recipient, plaintext.as_bytes(), &SeededRandom::new("r"), &PROVIDER).unwrap();
        let error = read(&format!("response={jwe}")).unwrap_err();
        assert!(matches!(error, ResponseError::Malformed(_)), "{plaintext}");
        assert_eq!(error.code(), "invalid_request");
    }
}

#[test]
fn a_refusal_and_having_nothing_look_the_same() {
    let refusal = AuthorizationErrorResponse::access_denied(Some("a f"));
    assert_eq!(refusal.to_form(), b"error=access_denied&state=a+f");
    let ResponseError::Declined(read) = UnverifiedResponse::parse_form(&refusal.to_form()).unwrap_err() else {
        panic!()
    };
    assert_eq!(read, refusal);
    assert_eq!(
        AuthorizationErrorResponse::access_denied(None).to_form(),
        b"error=access_denied"
    );
}

#[test]
fn nothing_leaves_without_randomness() {
    let failed = answer().encrypt(
        &recipient("right", ContentEncryption::A128Gcm),
        &FailingRandom,
        &PROVIDER,
    );
    assert!(matches!(failed, Err(JweError::Random(_))));
}

/// What a wallet sends is personal data even where it is no answer.
#[test]
fn neither_errors_nor_debug_show_a_presentation() {
    let canary = "eyJhbGciOiJFUzI1NiJ9.Q2FuYXJp.c2ln~WyJzIl0~";
    let answer = AuthorizationResponse {
        vp_token: VpToken::from([("pid".to_owned(), vec![canary.to_owned()])]),
        state: None,
    };
    let shown = format!("{answer:?} {answer:#?}");
    assert!(!shown.contains("Q2FuYXJp") && shown.contains("\"pid\": 1"), "{shown}");
    for plaintext in [
        format!(r#"{{"vp_token":{{"pid":"{canary}"}}}}"#),
        format!(r#"{{"vp_token":"{canary}"}}"#),
        format!(r#""{canary}""#),
        format!(r#"{{"{canary}":1,"{canary}":2}}"#),
        canary.to_owned(),
    ] {
        let recipient = recipient("right", ContentEncryption::A128Gcm);
        let recipient = JweRecipient {
            key: &recipient.key,
            kid: None,
            enc: recipient.enc,
            apu: None,
            apv: None,
        };
        let jwe = encrypt(&recipient, plaintext.as_bytes(), &SeededRandom::new("r"), &PROVIDER).unwrap();
        let response = UnverifiedResponse::parse_form(format!("response={jwe}").as_bytes()).unwrap();
        assert!(!format!("{response:?}").contains(jwe.split('.').nth(3).unwrap()));
        let error = response.decrypt(&*agreement_key("right"), &PROVIDER).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut next = std::error::Error::source(&error);
        while let Some(source) = next {
            shown = format!("{shown} {source} {source:?}");
            next = source.source();
        }
        assert!(!shown.contains("Q2FuYXJp"), "{shown}");
    }
}

#[test]
fn an_error_code_is_short_printable_ascii() {
    let declined = |body: String| match UnverifiedResponse::parse_form(body.as_bytes()) {
        Err(ResponseError::Declined(declined)) => Ok(declined.error),
        Err(error) => Err(error.code()),
        Ok(_) => panic!("an answer"),
    };
    let long = "a".repeat(MAX_RESPONSE_BYTES - 100);
    assert_eq!(declined(format!("error={long}")), Ok("a".repeat(64)));
    assert_eq!(
        declined("error=access_denied&state=s".to_owned()),
        Ok("access_denied".to_owned())
    );
    for fault in ["", "a%0Ab", "a%1Bb", "a%7Fb", "caf%C3%A9", "%E2%80%AEa"] {
        assert_eq!(declined(format!("error={fault}")), Err("invalid_request"), "{fault}");
    }
}
