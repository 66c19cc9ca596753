//! TV-09, TV-10 for the issuer, TV-12, TV-14, TV-30, and times.

use mahfada_base::base64url;
use mahfada_jose::Jwk;
use mahfada_trust::{ListBuilder, ServiceStatus, TrustRole};
use mahfada_x509::eku;

use super::*;
use crate::tests::fixture::{Authority, CNSS, DAY, DGSN, PID, RIGHTS, key};

fn hand_made(change: Value, disclosures: &[String]) -> String {
    let country = Country::new();
    let payload = country.payload(change);
    code(&judge(&by_hand(&country, &payload, disclosures, &country.issuer())))
}

fn signed_by(issuer: &Leaf) -> FiledVerdict {
    let country = Country::new();
    judge(&by_hand(&country, &country.payload(json!({})), &[], issuer))
}

#[test]
fn tv_09_a_corrupted_issuer_signature_is_refused() {
    let presentation = good();
    let (jwt, rest) = presentation.split_once('~').unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    signature[40] ^= 1;
    let jwt = format!("{signed}.{}", base64url::encode(signature));
    let sd_jwt = unbound(&format!("{jwt}~{rest}"));
    let verdict = judge(&bind(&Country::new(), &sd_jwt, json!({}), "kb+jwt", &*holder()));
    assert_eq!(code(&verdict), "issuer_sig");
}

#[test]
fn tv_09_a_key_from_the_header_is_never_believed() {
    let country = Country::new();
    let thief = key("thief");
    let jwk = Jwk::from_public_key(thief.public_key());
    let payload = country.payload(json!({}));
    // The thief's key in `jwk` beside the issuer's chain; then no chain at all.
    let beside = JwsBuilder::new("dc+sd-jwt").jwk(&jwk).x5c(&country.issuer().chain);
    let alone = JwsBuilder::new("dc+sd-jwt").jwk(&jwk);
    for (builder, expected) in [(beside, "issuer_sig"), (alone, "x5c_missing")] {
        let sd_jwt = format!("{}~", builder.sign(&payload, &*thief).unwrap());
        let verdict = judge(&bind(&country, &sd_jwt, json!({}), "kb+jwt", &*holder()));
        assert_eq!(code(&verdict), expected);
    }
}

#[test]
fn tv_09_a_chain_outside_the_lists_is_refused() {
    let country = Country::new();
    let stranger = Authority::new("Stranger CA", country.now);
    let issuer = stranger.leaf(eku::CREDENTIAL_SIGNING, "DGSN", Some(DGSN));
    assert_eq!(code(&signed_by(&issuer)), "issuer_untrusted");
}

#[test]
fn a_leaf_for_another_purpose_signs_no_credential() {
    let country = Country::new();
    for purpose in [eku::STATUS_SIGNING, eku::ACCESS, eku::SERVER_AUTH] {
        let issuer = country.dgsn_leaf(purpose, "DGSN", DGSN);
        let reason = code(&signed_by(&issuer));
        assert!(reason.starts_with("x509_"), "{reason}");
    }
}

#[test]
fn tv_10_an_issuer_jwt_under_another_algorithm_is_refused() {
    let country = Country::new();
    let issuer = country.issuer();
    let payload = base64url::encode(country.payload(json!({})).to_string());
    let x5c = [base64url::encode_standard(issuer.chain[0].der())];
    for alg in ["none", "NONE", "nOnE", "HS256", "RS256", "PS256", ""] {
        let header = json!({"alg": alg, "typ": "dc+sd-jwt", "x5c": x5c});
        let input = format!("{}.{payload}", base64url::encode(header.to_string()));
        let mac = PROVIDER.mac.hmac_sha256(issuer.chain[0].der(), input.as_bytes());
        for signature in [String::new(), base64url::encode(mac), base64url::encode([1; 64])] {
            let verdict = judge(&bind(
                &country,
                &format!("{input}.{signature}~"),
                json!({}),
                "kb+jwt",
                &*holder(),
            ));
            assert_eq!(code(&verdict), "alg_not_allowed", "{alg:?} {signature:?}");
        }
    }
    let missing = base64url::encode(json!({"typ": "dc+sd-jwt", "x5c": x5c}).to_string());
    let text = format!("{missing}.{payload}.{}~", base64url::encode([1; 64]));
    assert_ne!(
        code(&judge(&bind(&country, &text, json!({}), "kb+jwt", &*holder()))),
        "accepted"
    );
}

fn disclosure(content: &Value) -> String {
    base64url::encode(content.to_string())
}

fn digest(disclosure: &str) -> String {
    HashAlgorithm::Sha256.digest(disclosure, PROVIDER.digest)
}

#[test]
fn tv_12_disclosures_and_digests_must_fit() {
    let plain = disclosure(&json!(["salt", "middle_name", "Zahra"]));
    let overwriting = disclosure(&json!(["salt", "family_name", "Other"]));
    let reserved = disclosure(&json!(["salt", "_sd", ["x"]]));
    let element = disclosure(&json!(["salt", "Zahra"]));
    let table: [(Value, Vec<String>, &str); 6] = [
        (
            json!({"_sd": [digest(&plain), digest(&plain)]}),
            vec![plain.clone()],
            "sd_dup_digest",
        ),
        (json!({}), vec![plain.clone()], "sd_unreferenced"),
        (json!({"_sd": [digest(&reserved)]}), vec![reserved], "sd_reserved_name"),
        (json!({"_sd": [digest(&element)]}), vec![element], "sd_arity"),
        (
            json!({"_sd": [digest(&overwriting)]}),
            vec![overwriting],
            "sd_overwrite",
        ),
        (
            json!({"_sd": [digest(&plain)], "_sd_alg": "md5"}),
            vec![plain],
            "sd_alg",
        ),
    ];
    for (change, disclosures, expected) in table {
        assert_eq!(hand_made(change, &disclosures), expected);
    }
}

#[test]
fn a_claim_that_every_verifier_must_see_may_not_be_hidden() {
    let hidden = disclosure(&json!(["salt", "status", {"status_list": {"uri": "https://a.example", "idx": 1}}]));
    assert_eq!(
        hand_made(json!({"_sd": [digest(&hidden)]}), &[hidden]),
        "sd_forbidden_claim"
    );
}

#[test]
fn tv_14_what_is_trusted_is_what_was_signed() {
    let country = Country::new();
    let presentation = good();
    let (jwt, rest) = presentation.split_once('~').unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    // Another payload under the old signature; then one that two parsers read differently.
    let mut payload: Value = serde_json::from_slice(&base64url::decode(parts[1]).unwrap()).unwrap();
    payload["exp"] = json!(country.now.plus(900 * DAY));
    let changed = format!(
        "{}.{}.{}~{rest}",
        parts[0],
        base64url::encode(payload.to_string()),
        parts[2]
    );
    let rebound = bind(&country, &unbound(&changed), json!({}), "kb+jwt", &*holder());
    assert_eq!(code(&judge(&rebound)), "issuer_sig");

    let issuer = country.issuer();
    let twice = country
        .payload(json!({}))
        .to_string()
        .replacen('{', r#"{"vct":"urn:mahfada:cnss-rights:1","#, 1);
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(&issuer.chain);
    let jwt = builder.sign_bytes(twice.as_bytes(), &*issuer.signer).unwrap();
    let presentation = bind(&country, &format!("{jwt}~"), json!({}), "kb+jwt", &*holder());
    assert_eq!(code(&judge(&presentation)), "sd_malformed");
}

#[test]
fn tv_30_an_issuer_is_trusted_only_with_its_own_types() {
    let country = Country::new();
    // The fund signs an identity credential; the police signs one of the fund.
    assert_eq!(code(&signed_by(&country.other_issuer())), "issuer_not_entitled");
    let mut query = pid_query();
    query["credentials"][0]["meta"]["vct_values"] = json!([PID, RIGHTS]);
    let payload = country.payload(json!({"vct": RIGHTS}));
    let vp_token = token(&[("pid", &by_hand(&country, &payload, &[], &country.issuer()))]);
    let verdict = judge_with(&country, &country.store(), &query, &vp_token, &BTreeMap::new());
    assert_eq!(code(&verdict), "issuer_not_entitled");
}

#[test]
fn tv_30_a_leaf_that_names_another_organization_is_refused() {
    let issuer = Country::new().dgsn_leaf(eku::CREDENTIAL_SIGNING, "CNSS", CNSS);
    assert_eq!(code(&signed_by(&issuer)), "issuer_untrusted");
}

#[test]
fn tv_30_a_suspended_issuer_is_refused() {
    for status in [ServiceStatus::Suspended, ServiceStatus::Withdrawn] {
        let country = Country::new();
        let store = country.store_with(|list: &mut ListBuilder| {
            if list.role == TrustRole::PidIssuers {
                list.entities[0].services[0].status = status;
            }
        });
        let verdict = judge_with(
            &country,
            &store,
            &pid_query(),
            &token(&[("pid", &good())]),
            &BTreeMap::new(),
        );
        assert_eq!(code(&verdict), "issuer_suspended");
    }
}

#[test]
fn an_expired_list_trusts_nobody() {
    let country = Country::new();
    let query = parse_query(&pid_query());
    let now = country.now.plus(2 * DAY);
    let expected = Expected {
        client_id: CLIENT,
        nonce: NONCE,
        query: &query,
        max_age: 120,
        now,
    };
    let vp_token = token(&[("pid", &good())]);
    let examined = examine(&vp_token, expected, &country.store(), &PROVIDER);
    let verdict = examined.conclude(&BTreeMap::new()).file().unwrap();
    assert_eq!(code(&verdict), "list_expired");
}

#[test]
fn a_credential_counts_only_in_its_time() {
    let now = Country::new().now;
    assert_eq!(hand_made(json!({"exp": now.minus(61)}), &[]), "expired");
    assert_eq!(hand_made(json!({"nbf": now.plus(61)}), &[]), "not_yet_valid");
    // Within the difference that honest clocks may have.
    assert_eq!(
        hand_made(json!({"exp": now.minus(59), "nbf": now.plus(59)}), &[]),
        "accepted"
    );
}

#[test]
fn a_text_that_is_no_credential_is_refused_by_its_format() {
    for text in ["", "~", "a.b.c", "not a credential~", "{}"] {
        let verdict = judge(text);
        assert_eq!(verdict.decision, Decision::Rejected, "{text}");
        assert!(verdict.claims.is_empty());
    }
    assert_eq!(code(&judge("no token")), "sd_malformed");
}

#[test]
fn tv_30_what_was_issued_before_the_entitlement_or_by_another_name_fails_the_trust_in_its_issuer() {
    let country = Country::new();
    let failed_after = |change: Value| {
        let verdict = judge(&by_hand(&country, &country.payload(change), &[], &country.issuer()));
        let line = lines(&verdict)
            .into_iter()
            .position(|(_, status)| status == "failed")
            .unwrap();
        (code(&verdict), line)
    };
    // The list grants the service since ten days ago.
    let before = country.now.minus(11 * DAY);
    assert_eq!(
        failed_after(json!({"iat": before})),
        ("issued_before_entitlement".to_owned(), 2)
    );
    assert_eq!(
        failed_after(json!({"iss": "https://other.example"})),
        ("iss".to_owned(), 2)
    );
    assert_eq!(
        failed_after(json!({"iat": country.now.plus(61)})),
        ("iat".to_owned(), 4)
    );
    assert_eq!(hand_made(json!({"iat": country.now.minus(10 * DAY)}), &[]), "accepted");
}
