//! The endpoints of the cross-device flow.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use mahfada_base::{base64url, json};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_jose::{JweRecipient, JwsBuilder, UnverifiedJws, encrypt as encrypt_jwe};
use mahfada_openid4vp::{AuthorizationErrorResponse, AuthorizationRequestUri, RequestUriMethod, VerifiedRequest};
use mahfada_storage::{AuditSequence, Outcome, StorageError, UnitOfWork};
use serde_json::{Value, json};

use super::fixture::{PID, key, pid_query};
use super::scene::{Created, FORM, Scene, encrypt};
use crate::app::RegistrationCheck;

#[actix_web::test]
async fn a_presentation_goes_from_question_to_verdict() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    assert_eq!(scene.view(&created).await["state"], "open");
    assert_eq!(created.0.get("start_url"), None);
    let link = AuthorizationRequestUri::parse(created.text("deep_link")).unwrap();
    assert_eq!(
        (link.request_uri.as_str(), link.method),
        (created.text("request_uri"), RequestUriMethod::Post)
    );

    let request = scene.request(&created).await;
    assert_eq!(link.client_id, request.client_id());
    let answer = scene.post(&request, scene.good_answer(&request)).await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, b"{}".as_slice())
    );

    let view = scene.view(&created).await;
    assert_eq!((&view["state"], &view["accepted"]), (&json!("answered"), &json!(true)));
    assert_eq!(view["claims"], json!({"pid": [{"vct": PID, "family_name": "Alami"}]}));
    assert_eq!(view["flow"], "cross_device");
    assert_eq!(view["verdict"].as_array().unwrap().len(), 8);
    assert_eq!(view.get("reason"), None);
}

#[actix_web::test]
async fn the_ids_of_agency_and_wallet_are_independent() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    assert!(!created.text("request_uri").contains(created.text("presentation_id")));
    let by_agency_id = format!("/requests/{}", created.text("presentation_id"));
    assert_eq!(
        scene.public(TestRequest::get().uri(&by_agency_id)).await.status,
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn tv_01_a_second_answer_is_refused() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    let body = scene.good_answer(&request);
    assert_eq!(scene.post(&request, body.clone()).await.status, StatusCode::OK);
    scene.post(&request, body).await.refused_with("session_consumed");
    scene
        .post(&request, scene.good_answer(&request))
        .await
        .refused_with("session_consumed");
    let again = scene.public(TestRequest::get().uri(created.request_path())).await;
    assert_eq!(
        again.status,
        StatusCode::NOT_FOUND,
        "an answered request is not served again"
    );
}

#[actix_web::test]
async fn tv_02_of_200_answers_at_once_one_counts() {
    let scene = Rc::new(Scene::new());
    let created = scene.create("cross_device").await;
    let request = Rc::new(scene.request(&created).await);
    let body = scene.good_answer(&request);
    let posts: Vec<_> = (0..200)
        .map(|_| {
            let (scene, request, body) = (Rc::clone(&scene), Rc::clone(&request), body.clone());
            actix_web::rt::spawn(async move { scene.post(&request, body).await })
        })
        .collect();
    let mut accepted = 0;
    for post in posts {
        let answer = post.await.unwrap();
        if answer.status == StatusCode::OK {
            accepted += 1;
        } else {
            answer.refused_with("session_consumed");
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(scene.view(&created).await["accepted"], true);
}

#[actix_web::test]
async fn tv_16_an_answer_that_is_not_encrypted_for_the_request_is_refused_and_spends_nothing() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    let other = scene.request(&scene.create("cross_device").await).await;
    let claims = json!({"vp_token": {"pid": [scene.presentation(&request)]}, "state": request.state()});
    let signed = JwsBuilder::new("jwt").sign(&claims, &*key("holder")).unwrap();
    let plain = format!("vp_token={}&state={}", claims["vp_token"], request.state().unwrap());
    let bodies = [
        encrypt(&other, &scene.presentation(&request), request.state()),
        format!("response={signed}").into_bytes(),
        format!("response={}", base64url::encode(claims.to_string())).into_bytes(),
        plain.into_bytes(),
        Vec::new(),
    ];
    for body in bodies {
        scene.post(&request, body).await.refused_with("not_encrypted");
    }
    assert_eq!(scene.view(&created).await["state"], "open");
    assert_eq!(
        scene.post(&request, scene.good_answer(&request)).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn tv_17_a_damaged_jwe_gets_one_generic_refusal_and_spends_nothing() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    let body = String::from_utf8(scene.good_answer(&request)).unwrap();
    let jwe = body.strip_prefix("response=").unwrap();
    let parts: Vec<&str> = jwe.split('.').collect();
    let with = |index: usize, part: &str| {
        let mut parts = parts.clone();
        parts[index] = part;
        parts.join(".")
    };
    let header: Value = serde_json::from_slice(&base64url::decode(parts[0]).unwrap()).unwrap();
    let header_with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        with(0, &base64url::encode(header.to_string()))
    };
    let damaged = [
        with(4, &base64url::encode([0; 4])),
        with(4, &base64url::encode([0; 16])),
        with(4, ""),
        with(2, &base64url::encode([0; 8])),
        with(2, ""),
        with(3, ""),
        with(1, "AAAA"),
        header_with("zip", json!("DEF")),
        header_with("alg", json!("dir")),
        header_with("enc", json!("A128CBC-HS256")),
        header_with("epk", json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})),
        header_with("crit", json!(["zip"])),
        format!("{jwe}.AA"),
        "....".to_owned(),
        parts[..3].join("."),
    ];
    for jwe in damaged {
        scene
            .post(&request, format!("response={jwe}").into_bytes())
            .await
            .refused_with("not_encrypted");
    }
    let long = vec![b'a'; mahfada_openid4vp::MAX_RESPONSE_BYTES + 1];
    assert_eq!(scene.post(&request, long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(scene.view(&created).await["state"], "open");
}

#[actix_web::test]
async fn what_decrypts_to_something_else_spends_nothing() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    for plaintext in [
        "{}",
        "[]",
        r#"{"vp_token":{"pid":"not a list"}}"#,
        r#"{"vp_token":{},"vp_token":{}}"#,
    ] {
        scene
            .post(&request, jwe(&request, plaintext))
            .await
            .refused_with("invalid_request");
    }
    assert_eq!(scene.view(&created).await["state"], "open");
}

#[actix_web::test]
async fn tv_33_the_presentation_of_another_agency_does_not_exist() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let path = format!("/v1/presentations/{}", created.text("presentation_id"));
    let theirs = scene.management(TestRequest::get().uri(&path), "town-key").await;
    let unknown = scene
        .management(TestRequest::get().uri("/v1/presentations/unknown"), "town-key")
        .await;
    assert_eq!((theirs.status, theirs.body), (StatusCode::NOT_FOUND, unknown.body));
    let nobody = scene.management(TestRequest::get().uri(&path), "guessed").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn tv_34_another_state_and_a_late_answer_are_refused() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    for state in [None, Some(""), Some("another")] {
        let body = encrypt(&request, &scene.presentation(&request), state);
        scene.post(&request, body).await.refused_with("state");
    }
    assert_eq!(scene.view(&created).await["state"], "open");
    scene.clock.advance(121);
    scene
        .post(&request, scene.good_answer(&request))
        .await
        .refused_with("expired");
    assert_eq!(scene.view(&created).await["state"], "expired");
    let late = scene.public(TestRequest::get().uri(created.request_path())).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_request_lives_to_its_last_second() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    scene.clock.advance(120);
    assert_eq!(
        scene.post(&request, scene.good_answer(&request)).await.status,
        StatusCode::OK
    );
    assert_eq!(scene.view(&created).await["accepted"], true);
}

#[actix_web::test]
async fn tv_35_every_fetch_gives_the_same_nonce_and_key_and_echoes_the_wallet_s_nonce() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let fetched = scene.public(TestRequest::get().uri(created.request_path())).await;
    let by_get = scene.verify(&fetched, None);
    let by_post = scene.request(&created).await;
    assert_eq!(by_get.nonce(), by_post.nonce());
    assert_eq!(by_get.state(), by_post.state());
    assert_eq!(by_get.encryption(), by_post.encryption());
    let claims: Value = json::parse(
        UnverifiedJws::parse(std::str::from_utf8(&fetched.body).unwrap())
            .unwrap()
            .unverified_payload(),
    )
    .unwrap();
    assert_eq!(claims.get("wallet_nonce"), None);
    let encryptions = &claims["client_metadata"]["encrypted_response_enc_values_supported"];
    assert_eq!(*encryptions, json!(["A128GCM", "A256GCM"]));
    let key = &claims["client_metadata"]["jwks"]["keys"][0];
    assert_eq!((&key["use"], &key["alg"]), (&json!("enc"), &json!("ECDH-ES")));
    assert!(key["kid"].is_string());
    // Two presentations share neither.
    let other = scene.request(&scene.create("cross_device").await).await;
    assert_ne!(other.nonce(), by_get.nonce());
    assert_ne!(other.encryption().key, by_get.encryption().key);
}

#[actix_web::test]
async fn a_wallet_nonce_that_stands_twice_or_is_too_long_is_refused() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let long = format!("wallet_nonce={}", "a".repeat(513));
    for form in ["wallet_nonce=a&wallet_nonce=b", "wallet_nonce=", &long] {
        let post = TestRequest::post()
            .uri(created.request_path())
            .insert_header(("content-type", FORM));
        let answer = scene.public(post.set_payload(form.to_owned())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
    }
}

fn greedy_query() -> Value {
    let mut query = pid_query();
    let claims = query["credentials"][0]["claims"].as_array_mut().unwrap();
    claims.extend([
        json!({"path": ["given_name"]}),
        json!({"path": ["address", "locality"]}),
    ]);
    query
}

#[actix_web::test]
async fn tv_37_a_question_beyond_the_registration_is_not_asked() {
    let scene = Scene::new();
    let answer = scene.ask(&greedy_query(), "cross_device").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let problem = answer.json();
    assert_eq!(problem["code"], "purpose_not_registered");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("pid") && detail.contains("given_name"), "{detail}");
    assert!(
        !detail.contains("family_name") && !detail.contains("locality"),
        "{detail}"
    );

    let mut other_type = pid_query();
    other_type["credentials"][0]["meta"]["vct_values"] = json!(["urn:mahfada:cnss-rights:1"]);
    assert_eq!(
        scene.ask(&other_type, "cross_device").await.json()["code"],
        "purpose_not_registered"
    );
}

#[actix_web::test]
async fn a_registration_of_another_organization_is_none() {
    let scene = Scene::new();
    let body = json!({"query": pid_query(), "flow": "cross_device"});
    let request = TestRequest::post().uri("/v1/presentations").set_json(body);
    let answer = scene.management(request, "town-key").await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (StatusCode::FORBIDDEN, &json!("registration_subject"))
    );
}

#[actix_web::test]
async fn only_the_demonstration_asks_beyond_the_registration() {
    let scene = Scene::with(RegistrationCheck::SkippedByDemo);
    let answer = scene.ask(&greedy_query(), "cross_device").await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[actix_web::test]
async fn questions_that_cannot_be_asked_are_refused() {
    let scene = Scene::new();
    let mut unknown_format = pid_query();
    unknown_format["credentials"][0]["format"] = json!("mso_mdoc");
    for (query, code) in [
        (json!({}), "invalid_query"),
        (json!({"credentials": []}), "invalid_query"),
        (unknown_format, "vp_formats_not_supported"),
    ] {
        let answer = scene.ask(&query, "cross_device").await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!(code))
        );
    }
    assert_eq!(scene.ask(&pid_query(), "by_post").await.json()["code"], "malformed");
}

#[actix_web::test]
async fn tv_40_the_wallet_cannot_tell_one_verdict_from_another() {
    let scene = Scene::new();
    let issuer = scene.country.issuer();
    let stranger = super::fixture::Authority::new("Stranger CA", scene.country.now).leaf(
        mahfada_x509::eku::CREDENTIAL_SIGNING,
        "DGSN",
        Some(super::fixture::DGSN),
    );
    let forged = super::fixture::Leaf {
        chain: issuer.chain.clone(),
        signer: stranger.signer.clone(),
    };
    let mut answers = Vec::new();
    for (signer, nonce, expected) in [
        (&issuer, None, "accepted"),
        (&stranger, None, "issuer_untrusted"),
        (&forged, None, "issuer_sig"),
        (&issuer, Some("another-nonce-of-128-bits"), "kb_nonce"),
    ] {
        let created = scene.create("cross_device").await;
        let request = scene.request(&created).await;
        let held = scene.country.held(&scene.country.issue(json!({}), signer), signer);
        let nonce = nonce.unwrap_or_else(|| request.nonce());
        let presentation = scene
            .country
            .present_held(&held, &["family_name"], request.client_id(), nonce);
        answers.push(
            scene
                .post(&request, encrypt(&request, &presentation, request.state()))
                .await,
        );
        let view = scene.view(&created).await;
        assert_eq!(view["reason"].as_str().unwrap_or("accepted"), expected);
        assert_eq!(view["accepted"], expected == "accepted");
        assert_eq!(view.get("claims").is_some(), expected == "accepted");
    }
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (StatusCode::OK, b"{}".as_slice())
        );
        let names = |headers: &actix_web::http::header::HeaderMap| format!("{headers:?}");
        assert_eq!(names(&answer.headers), names(&answers[0].headers));
    }
}

#[actix_web::test]
async fn a_wallet_that_gives_nothing_closes_the_presentation() {
    let scene = Scene::new();
    for encrypted in [false, true] {
        let created = scene.create("cross_device").await;
        let request = scene.request(&created).await;
        let body = |state: Option<&str>| {
            if encrypted {
                jwe(&request, &json!({"error": "access_denied", "state": state}).to_string())
            } else {
                AuthorizationErrorResponse::access_denied(state).to_form()
            }
        };
        // Without the state anybody could close it.
        scene.post(&request, body(Some("guessed"))).await.refused_with("state");
        assert_eq!(scene.post(&request, body(request.state())).await.body, b"{}");
        let view = scene.view(&created).await;
        assert_eq!((&view["state"], &view["accepted"]), (&json!("refused"), &json!(false)));
        assert_eq!(view["reason"], "access_denied");
        scene
            .post(&request, scene.good_answer(&request))
            .await
            .refused_with("session_consumed");
    }
}

#[actix_web::test]
async fn the_store_and_the_audit_trail_hold_no_claim_in_clear() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    scene.post(&request, scene.good_answer(&request)).await;
    let id = mahfada_storage::PresentationId::new(created.text("presentation_id"));
    let (record, trail) = scene
        .app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                let record = unit.presentations().lookup(&id)?.unwrap();
                Ok(Outcome::Commit((record, unit.audit().list(AuditSequence::START, 10)?)))
            },
        )
        .await
        .unwrap()
        .unwrap();
    let sealed = record.verdict.unwrap();
    assert!(!sealed.as_bytes().windows(5).any(|window| window == b"Alami"));
    let trail: Vec<_> = trail.into_iter().map(|entry| entry.record).collect();
    let outcomes: Vec<_> = trail
        .iter()
        .map(|record| (record.action.as_str(), record.outcome.as_str()))
        .collect();
    assert_eq!(
        outcomes,
        [("presentation.create", "created"), ("presentation.answer", "accepted")]
    );
    assert!(!format!("{trail:?}").contains("Alami"));
}

#[actix_web::test]
async fn a_wrong_method_says_so() {
    let scene = Scene::new();
    let created: Created = scene.create("cross_device").await;
    let answer = scene.public(TestRequest::delete().uri(created.request_path())).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        scene.public(TestRequest::get().uri("/v1/presentations")).await.status,
        StatusCode::NOT_FOUND
    );
}

fn jwe(request: &VerifiedRequest, plaintext: &str) -> Vec<u8> {
    let encryption = request.encryption();
    let recipient = JweRecipient {
        key: &encryption.key,
        kid: Some(&encryption.kid),
        enc: encryption.enc,
        apu: None,
        apv: None,
    };
    let text = encrypt_jwe(&recipient, plaintext.as_bytes(), &SystemRandom, &PROVIDER).unwrap();
    format!("response={text}").into_bytes()
}
