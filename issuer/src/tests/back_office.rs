//! What the agency's back office sees of its offers and issuances, and of nobody else's (TS-08).

use actix_web::web::Data;
use mahfada_storage::{Event, TenantId};
use mahfada_web::problem::ProblemCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::fixture::agency::redeem;
use crate::fixture::wallet::{json_post, nonce, request_body};
use crate::fixture::{
    Answer, CNSS, CNSS_API_KEY, Offer, PID_API_KEY, Wallet, World, manage, offer, public, show, stored,
};

async fn view(app: &Data<App>, offer: &Offer) -> Value {
    let answer = show(app, &format!("/v1/offers/{}", offer.id), CNSS_API_KEY).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer.assert_ok().json()
}

/// Redeems an offer and has one credential issued for it.
async fn issue(app: &Data<App>, offer: &Offer, seed: &str) -> Answer {
    let answer = redeem(app, &offer.code(), offer.tx_code.as_deref()).await;
    let token = answer.assert_ok().text("access_token");
    let wallet = Wallet::at(CNSS, seed, 1);
    let nonce = nonce(app, CNSS).await;
    let body = request_body("rights", &wallet.proofs(&nonce, app.clock.now()));
    let request = json_post(CNSS, "/credential", &body).insert_header(("authorization", format!("Bearer {token}")));
    public(app, request).await
}

fn events(app: &Data<App>, tenant: &str) -> Vec<Event> {
    let tenant = TenantId::new(tenant);
    stored(&*app.storage, move |unit| unit.events().after(&tenant, None, 1_000))
}

fn told(app: &Data<App>, tenant: &str) -> Vec<(String, String, Option<String>)> {
    let events = events(app, tenant).into_iter();
    events
        .map(|event| (event.kind, event.object_id, event.outcome))
        .collect()
}

#[actix_web::test]
async fn an_offer_says_what_became_of_it() {
    let world = World::new();
    let app = world.app();
    let offered = offer(&app, "112233", true).await;
    let expected = json!({ "offer_id": offered.id, "credential_configuration_id": "rights", "state": "open",
        "wrong_tx_codes": 0, "expires_at": world.now().plus(600) });
    assert_eq!(view(&app, &offered).await, expected);
    redeem(&app, &offered.code(), Some(offered.wrong_tx_code())).await;
    assert_eq!(view(&app, &offered).await["wrong_tx_codes"], 1);
    issue(&app, &offered, "became").await.assert_ok();
    let redeemed = view(&app, &offered).await;
    assert_eq!(redeemed["state"], "redeemed");
    let id = redeemed["issuance_id"].as_str().unwrap();
    let issuance = show(&app, &format!("/v1/issuances/{id}"), CNSS_API_KEY).await;
    assert_eq!(issuance.assert_ok().json()["state"], "valid");

    let burnt = offer(&app, "112233", true).await;
    for _ in 0..5 {
        redeem(&app, &burnt.code(), Some(burnt.wrong_tx_code())).await;
    }
    assert_eq!(view(&app, &burnt).await["state"], "burnt");
    let expired = offer(&app, "112233", false).await;
    world.clock.advance(601);
    assert_eq!(view(&app, &expired).await["state"], "expired");

    let (offered, burnt, id) = (offered.id, burnt.id, id.to_owned());
    let expected = [
        ("offer.redeemed".to_owned(), offered, None),
        ("credential.issued".to_owned(), id, None),
        ("offer.burnt".to_owned(), burnt, Some("tx_code_wrong".to_owned())),
    ];
    assert_eq!(told(&app, "cnss"), expected);
    assert_eq!(told(&app, "pid"), []);
}

#[actix_web::test]
async fn the_link_of_an_open_offer_is_drawn() {
    let world = World::new();
    let app = world.app();
    let body = json!({ "credential_configuration_id": "rights", "subject": "112233" });
    let made = manage(&app, "/v1/offers", CNSS_API_KEY, &body).await;
    let path = format!("/v1/offers/{}/qr", made.text("offer_id"));
    let drawn = show(&app, &path, CNSS_API_KEY).await;
    assert_eq!(drawn.assert_ok().headers["content-type"], "image/svg+xml");
    assert_eq!(drawn.headers["cache-control"], "no-store");
    let svg = String::from_utf8(drawn.body).unwrap();
    assert!(svg.contains("<svg ") && svg.ends_with("</svg>"), "{svg}");
    assert_eq!(made.text("qr"), svg);
    assert_eq!(mahfada_web::qr::svg(&made.text("offer_uri_by_reference")).unwrap(), svg);
    world.clock.advance(601);
    let late = show(&app, &path, CNSS_API_KEY).await;
    assert_eq!((late.status, late.text("code").as_str()), (409, "state_conflict"));
}

#[actix_web::test]
async fn a_change_is_told_once_and_with_its_reason() {
    let world = World::new();
    let app = world.app();
    let offer = offer(&app, "112233", false).await;
    issue(&app, &offer, "changes").await.assert_ok();
    let id = view(&app, &offer).await["issuance_id"].as_str().unwrap().to_owned();
    for action in ["suspend", "suspend", "reinstate", "reinstate", "revoke", "revoke"] {
        let path = format!("/v1/issuances/{id}/{action}");
        let answer = manage(&app, &path, CNSS_API_KEY, &json!({ "reason": "holder_request" })).await;
        answer.assert_ok();
    }
    let reason = || Some("holder_request".to_owned());
    let changes = [
        ("issuance.suspended".to_owned(), id.clone(), reason()),
        ("issuance.reinstated".to_owned(), id.clone(), reason()),
        ("issuance.revoked".to_owned(), id, reason()),
    ];
    assert_eq!(told(&app, "cnss")[2..], changes);
    let audit = stored(&*app.storage, |unit| {
        unit.audit().list(mahfada_storage::AuditSequence::START, 100)
    });
    let outcomes: Vec<_> = audit
        .iter()
        .filter(|entry| entry.record.action.starts_with("issuance."))
        .map(|entry| entry.record.outcome.as_str())
        .collect();
    assert_eq!(
        outcomes,
        ["done", "unchanged", "done", "unchanged", "done", "unchanged"]
    );
}

#[actix_web::test]
async fn a_set_that_was_not_delivered_is_told_as_revoked() {
    let app = World::new().app();
    let wallet = Wallet::new("undelivered", 1);
    let token = wallet.token(&app).await;
    wallet.credentials(&app, &token).await.assert_ok();
    wallet.credentials(&app, &token).await.assert_ok();
    let told = told(&app, "pid");
    let kinds: Vec<_> = told.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(kinds, ["credential.issued", "issuance.revoked", "credential.issued"]);
    assert_eq!((&told[0].1, told[1].2.as_deref()), (&told[1].1, Some("undelivered")));
}

/// TS-08: every id of one agency, with the key of another, is answered exactly as an id that never was.
#[actix_web::test]
async fn what_belongs_to_another_agency_does_not_exist() {
    let app = World::new().app();
    let open = offer(&app, "445566", true).await;
    let redeemed = offer(&app, "112233", false).await;
    issue(&app, &redeemed, "isolated").await.assert_ok();
    let issuance = view(&app, &redeemed).await["issuance_id"].as_str().unwrap().to_owned();
    let body = json!({ "reason": "curiosity" });
    let ask = |pattern: &'static str, id: String, key: &'static str| {
        let (app, body) = (app.clone(), body.clone());
        async move {
            let path = pattern.replace("{id}", &id);
            if let Some(action) = path.strip_suffix("!") {
                return manage(&app, action, key, &body).await;
            }
            show(&app, &path, key).await
        }
    };
    for pattern in [
        "/v1/offers/{id}",
        "/v1/offers/{id}/qr",
        "/v1/issuances/{id}",
        "/v1/issuances/{id}/revoke!",
        "/v1/issuances/{id}/suspend!",
        "/v1/issuances/{id}/reinstate!",
    ] {
        let unknown = ask(pattern, "never-was".to_owned(), PID_API_KEY).await;
        assert_eq!((unknown.status, unknown.text("code").as_str()), (404, "not_found"));
        for id in [&open.id, &redeemed.id, &issuance] {
            let answer = ask(pattern, id.clone(), PID_API_KEY).await;
            assert_eq!(
                (answer.status, &answer.headers, &answer.body),
                (unknown.status, &unknown.headers, &unknown.body),
                "{pattern}"
            );
        }
    }
    assert_eq!(show(&app, "/v1/issuances", PID_API_KEY).await.json(), json!([]));
    assert_eq!(told(&app, "pid"), []);
    assert_eq!(view(&app, &open).await["state"], "open");
    let own = show(&app, &format!("/v1/issuances/{issuance}"), CNSS_API_KEY).await;
    assert_eq!(own.json()["state"], "valid");
    assert_eq!(
        show(&app, "/v1/issuances", CNSS_API_KEY).await.json(),
        json!([own.json()])
    );
}

#[actix_web::test]
async fn a_refusal_says_in_three_languages_what_to_do_and_repeats_no_value() {
    let app = World::new().app();
    let body = json!({ "credential_configuration_id": "rights", "subject": ["Canary Salma"] });
    let answer = manage(&app, "/v1/offers", CNSS_API_KEY, &body).await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], "malformed");
    let texts = serde_json::to_value(ProblemCode::Malformed.row().texts).unwrap();
    assert_eq!(problem["texts"], texts);
    assert!(!problem.to_string().contains("Canary"), "{problem}");
}
