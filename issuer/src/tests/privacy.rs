//! What the issuer keeps, and what its credentials say about each other (TI-41, TI-42; decision D7).

use std::collections::BTreeSet;

use mahfada_base::base64url;
use mahfada_crypto::PublicKey;
use mahfada_storage::{ConfigurationId, IssuerId, Sealed, TokenHash};
use mahfada_web::fault::Fault as _;
use mahfada_web::token::hash_token;
use serde_json::Value;

use super::way_a::{credentials, indexes};
use crate::fixture::agency::redeem;
use crate::fixture::wallet::{json_post, nonce, request_body};
use crate::fixture::{CNSS, PID, Wallet, World, offer, public, stored};
use crate::issuance::subject::SubjectSeal;

fn disclosures(credential: &str) -> impl Iterator<Item = &str> {
    credential.split('~').skip(1).filter(|text| !text.is_empty())
}

fn salt(disclosure: &str) -> String {
    let array: Value = serde_json::from_slice(&base64url::decode(disclosure).unwrap()).unwrap();
    array[0].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn copies_and_issuances_do_not_tell_that_they_belong_together() {
    let world = World::new();
    let app = world.app();
    let mut salts = Vec::new();
    let mut places = Vec::new();
    for seed in ["first", "second"] {
        let wallet = Wallet::new(seed, 10);
        let token = wallet.token(&app).await;
        let answer = wallet.credentials(&app, &token).await;
        let issued = credentials(&world, "pid", &answer);
        for credential in &issued {
            let claims = credential.claims();
            let day = world.now().start_of_day();
            assert_eq!(claims["iat"], day.seconds());
            assert_eq!(claims["nbf"], day.seconds());
            assert_eq!(claims["exp"], day.plus(15 * 86_400).seconds());
            salts.extend(disclosures(credential.as_issued()).map(salt));
        }
        places.extend(indexes(&issued));
        world.clock.advance(7);
    }
    assert!(salts.iter().all(|salt| base64url::decode(salt).unwrap().len() >= 16));
    let distinct: BTreeSet<&String> = salts.iter().collect();
    assert_eq!(distinct.len(), salts.len());
    assert_eq!(salts.len(), 20 * 5);
    assert_scattered(&places);
}

/// Distinct, over the whole list, in no order and at no constant distance.
fn assert_scattered(places: &[u64]) {
    let distinct: BTreeSet<u64> = places.iter().copied().collect();
    assert_eq!(distinct.len(), places.len());
    let (low, high) = (distinct.first().unwrap(), distinct.last().unwrap());
    assert!(high - low > (1 << 20) / 2, "{places:?}");
    assert!(!places.is_sorted(), "{places:?}");
    let steps: BTreeSet<u64> = places.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect();
    assert!(steps.len() > 15, "{places:?}");
}

/// Decision D7: the issuer alone cannot open what it still holds about a citizen.
#[actix_web::test]
async fn a_sealed_subject_opens_with_its_own_token_only() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("sealed", 1);
    let code = wallet.code(&app).await;
    let token = wallet.redeem(&app, &code).await.text("access_token");
    let hash = |text: &str| TokenHash::new(hash_token(text, app.crypto.digest));
    let (code_hash, token_hash) = (hash(&code), hash(&token));
    let (of_code, of_token) = stored(&*app.storage, move |unit| {
        let code = unit.authorization_codes().lookup(&code_hash)?.unwrap();
        let token = unit.access_tokens().lookup(&token_hash)?.unwrap();
        Ok((code.subject, token.subject))
    });
    let (issuer, configuration) = (IssuerId::new(PID), ConfigurationId::new("pid"));
    let opens = |sealed: &Sealed, bearer: &str| {
        SubjectSeal::of(&app)
            .open(sealed, &issuer, &configuration, bearer)
            .is_ok()
    };
    assert!(opens(&of_code, &code) && opens(&of_token, &token));
    assert!(!opens(&of_code, &token) && !opens(&of_token, &code) && !opens(&of_token, ""));
    let elsewhere = SubjectSeal::of(&app).open(&of_token, &IssuerId::new(CNSS), &configuration, &token);
    assert_eq!(elsewhere.unwrap_err().code(), "sealed_value");
}

fn assert_absent(bytes: &[u8], canary: &[u8], what: &str) {
    assert!(canary.len() >= 6, "{what} says too little");
    assert!(
        !bytes
            .windows(canary.len())
            .any(|window| window.eq_ignore_ascii_case(canary)),
        "the database holds {what}"
    );
}

#[actix_web::test]
async fn the_database_holds_no_person_no_secret_and_no_credential() {
    let world = World::new();
    let app = world.app();
    let mut canaries: Vec<(String, Vec<u8>)> = [
        "El Fassi",
        "EL<FASSI",
        "الفاسي",
        "سلمى",
        "BK123456",
        "BE1234567",
        "1990-02-14",
        "900214",
        "Canary",
        "112233",
        "Agadir",
    ]
    .into_iter()
    .map(|text| (text.to_owned(), text.as_bytes().to_vec()))
    .collect();
    let mut keep = |what: &str, text: &str| {
        canaries.push((what.to_owned(), text.as_bytes().to_vec()));
        if let Ok(bytes) = base64url::decode(text) {
            canaries.push((format!("{what}, decoded"), bytes));
        }
    };
    let wallet = Wallet::new("kept", 2);
    let code = wallet.code(&app).await;
    let token = wallet.redeem(&app, &code).await.text("access_token");
    let mut issued = wallet.credentials(&app, &token).await.json();
    keep("an authorization code", &code);
    keep("an access token", &token);
    let offer = offer(&app, "112233", true).await;
    keep("a pre-authorized code", &offer.code());
    keep("a transaction code", offer.tx_code.as_deref().unwrap());
    let answer = redeem(&app, &offer.code(), offer.tx_code.as_deref()).await;
    let bearer = answer.assert_ok().text("access_token");
    let fresh = nonce(&app, CNSS).await;
    keep("a nonce", &fresh);
    let stock = Wallet::at(CNSS, "stock", 1);
    let body = request_body("rights", &stock.proofs(&fresh, world.now()));
    let request = json_post(CNSS, "/credential", &body).insert_header(("authorization", format!("Bearer {bearer}")));
    let rights = public(&app, request).await;
    let issued_list = issued["credentials"].as_array_mut().unwrap();
    issued_list.push(rights.assert_ok().json()["credentials"][0].take());
    for credential in issued_list {
        let text = credential["credential"].as_str().unwrap();
        for part in text.split('~').filter(|part| !part.is_empty()) {
            keep("a part of a credential", part);
        }
        let signature = text.split('~').next().unwrap().rsplit('.').next().unwrap();
        keep("the signature of a credential", signature);
        disclosures(text).for_each(|one| keep("a salt", &salt(one)));
    }
    for key in wallet.credential_keys.iter().chain(&stock.credential_keys) {
        let PublicKey::P256(point) = key.public_key() else {
            panic!("another curve");
        };
        keep("a credential key", &base64url::encode(&point.sec1()[1..33]));
        let thumbprint = mahfada_jose::thumbprint_of(key.public_key(), mahfada_crypto::aws_lc::PROVIDER.digest);
        keep("a thumbprint of a credential key", &base64url::encode(thumbprint.0));
    }
    let mut files = 0;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("issuer.sqlite") {
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            for (what, canary) in &canaries {
                assert_absent(&bytes, canary, &format!("{what} ({name})"));
            }
        }
    }
    // The database, its write-ahead log, the shared memory beside it, the opening lock.
    assert!(files >= 3, "{files} files");
}
