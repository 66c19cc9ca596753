//! `OpenID` messages with a proof: requests, answers, key proofs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use mahfada_base::json;
use mahfada_credential::{Claims, CredentialFormat, CredentialType};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{AgreementKey, ContentEncryption};
use mahfada_jose::{JweRecipient, Jwk, JwsBuilder, encrypt};
use mahfada_oauth2::{DPOP_TYP, DpopExpectation, UnverifiedDpop, encode_form};
use mahfada_openid4vci::{NonceRule, PROOF_TYP, ProofExpectation, UnverifiedProof};
use mahfada_openid4vp::{
    AuthorizationResponse, DcqlQuery, ResponseError, UnverifiedRequest, UnverifiedResponse, exceeds_registration,
    match_query, satisfied_by,
};
use serde_json::Value;

use crate::Reached;
use crate::country::{COUNTRY, HOLDER, NOW, PID, claims};
use crate::message::{FORGED, Message, genuine, sign};

const NONCE: &str = "n-0S6_WzA2Mj-0S6_WzA2Mj";
const ISSUER: &str = "https://issuer.example";
const URL: &str = "https://issuer.example/token";
const ACCESS_TOKEN: &str = "token";

static REQUEST_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::request_object()));
static PROOF_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::proof()));
static DPOP_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::dpop()));
static RESPONSE_GENUINE: LazyLock<BTreeSet<Vec<u8>>> =
    LazyLock::new(|| seeds::response().into_iter().map(|seed| seed.bytes).collect());
static RECIPIENT: LazyLock<Box<dyn AgreementKey>> =
    LazyLock::new(|| PROVIDER.agreement.generate(&SeededRandom::new("response")).unwrap());
static HELD: LazyLock<(CredentialType, Value)> = LazyLock::new(|| (CredentialType::new(PID), claims()));

fn held() -> Claims<'static> {
    Claims {
        format: CredentialFormat::DcSdJwt,
        credential_type: &HELD.0,
        value: &HELD.1,
    }
}

/// Takes a query and answers it from a wallet with one credential; an answer that satisfies it counts as proved.
pub fn dcql(data: &[u8]) -> Reached {
    let Ok(Ok(query)) = json::parse(data).map(|value| DcqlQuery::parse(&value)) else {
        return Reached::Refused;
    };
    if answer(&query) {
        Reached::Verified
    } else {
        Reached::Parsed
    }
}

fn answer(query: &DcqlQuery) -> bool {
    let value = query.to_value().unwrap();
    assert_eq!(
        DcqlQuery::parse(&value).as_ref().ok(),
        Some(query),
        "a query reads as it writes"
    );
    let askable = query.check_askable().is_ok();
    let Ok(found) = match_query(query, &[(0, held())]) else {
        return false;
    };
    let preferred = found.preferred();
    assert!(found.is_complete(&preferred), "the preferred answer is one");
    let mut presented = BTreeMap::new();
    for id in &preferred {
        for candidate in found.candidates(id) {
            for path in &candidate.paths {
                assert!(path.select(&HELD.1).is_ok(), "a claim that is asked for is there");
            }
        }
        presented.insert((*id).to_owned(), vec![held()]);
    }
    // Our verifier takes no answer to a claim by its position, and asks for none.
    if askable {
        assert_eq!(
            satisfied_by(query, &presented),
            Ok(()),
            "wallet and verifier agree on what answers a query"
        );
    }
    true
}

/// Takes a request object, or its claims.
pub fn request_object(data: &[u8]) -> Reached {
    let access = &COUNTRY.access;
    let builder = JwsBuilder::new("oauth-authz-req+jwt").x5c(&access.chain);
    let Some(message) = Message::read(data, |claims| sign(&builder, claims, &*access.signer)) else {
        return Reached::Refused;
    };
    let Ok(request) = UnverifiedRequest::parse(message.text()) else {
        return Reached::Refused;
    };
    let client_id = COUNTRY.client_id();
    let Ok(request) = request.verify(&client_id, None, &COUNTRY.store, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&REQUEST_GENUINE);
    assert_eq!(request.client_id(), client_id);
    assert_eq!(request.relying_party().client_id(), client_id);
    assert_eq!(request.response_uri().scheme(), "https");
    assert!(!request.nonce().is_empty());
    assert_eq!(
        exceeds_registration(request.query(), request.registration()),
        [],
        "more than registered"
    );
    answer(request.query());
    Reached::Verified
}

/// Takes the form of an answer, or the answer in clear.
pub fn response(data: &[u8]) -> Reached {
    let body = if data.starts_with(b"{") {
        sealed(data)
    } else {
        data.to_vec()
    };
    let response = match UnverifiedResponse::parse_form(&body) {
        Ok(response) => response,
        Err(ResponseError::Declined(_)) => return Reached::Parsed,
        Err(_) => return Reached::Refused,
    };
    let _ = response.kid();
    let Ok(response) = response.decrypt(&**RECIPIENT, &PROVIDER) else {
        return Reached::Parsed;
    };
    if !data.starts_with(b"{") {
        let known = RESPONSE_GENUINE
            .iter()
            .any(|known| form_value(known) == form_value(data));
        assert!(known, "{FORGED}");
    }
    let written = serde_json::to_vec(&response).unwrap();
    let again: AuthorizationResponse = json::from_slice(&written).unwrap();
    assert!(again == response, "an answer reads as it writes");
    Reached::Verified
}

/// Returns the JWE of a form, however its parameters are ordered and escaped.
fn form_value(body: &[u8]) -> Option<String> {
    let form = mahfada_oauth2::Form::parse(body).ok()?;
    form.get("response").map(str::to_owned)
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let recipient = JweRecipient {
        key: RECIPIENT.public_key(),
        kid: Some("1"),
        enc: ContentEncryption::A128Gcm,
        apu: None,
        apv: None,
    };
    let jwe = encrypt(&recipient, plain, &SeededRandom::new("seal"), &PROVIDER).unwrap();
    encode_form([("response", jwe.as_str())]).into()
}

/// Takes a key proof, or its claims.
pub fn proof(data: &[u8]) -> Reached {
    let holder = &*HOLDER;
    let jwk = Jwk::from_public_key(holder.public_key());
    let builder = JwsBuilder::new(PROOF_TYP).jwk(&jwk);
    let Some(message) = Message::read(data, |claims| sign(&builder, claims, &**holder)) else {
        return Reached::Refused;
    };
    let Ok(proof) = UnverifiedProof::parse(message.text()) else {
        return Reached::Refused;
    };
    let expectation = ProofExpectation {
        audience: ISSUER,
        nonce: NonceRule::Equals(NONCE),
        client_id: Some("wallet"),
    };
    let Ok(proof) = proof.verify(&expectation, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&PROOF_GENUINE);
    assert_eq!(proof.nonce(), NONCE);
    assert_eq!(proof.thumbprint(), jwk.thumbprint(PROVIDER.digest));
    Reached::Verified
}

/// Takes a `DPoP` proof, or its claims.
pub fn dpop(data: &[u8]) -> Reached {
    let holder = &*HOLDER;
    let jwk = Jwk::from_public_key(holder.public_key());
    let builder = JwsBuilder::new(DPOP_TYP).jwk(&jwk);
    let Some(message) = Message::read(data, |claims| sign(&builder, claims, &**holder)) else {
        return Reached::Refused;
    };
    let Ok(proof) = UnverifiedDpop::parse(message.text()) else {
        return Reached::Refused;
    };
    let expectation = DpopExpectation {
        method: "POST",
        url: URL,
        access_token: Some(ACCESS_TOKEN),
    };
    let Ok(proof) = proof.verify(&expectation, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&DPOP_GENUINE);
    proof
        .require_key(&jwk.thumbprint(PROVIDER.digest))
        .expect("a proof of its own key");
    assert!(proof.expires_at() >= NOW, "a proof is forgotten while it counts");
    Reached::Verified
}

pub(crate) mod seeds {
    use mahfada_oauth2::dpop_signing_input;
    use mahfada_openid4vci::proof_signing_input;
    use mahfada_openid4vp::{AuthorizationErrorResponse, ClientMetadata, RequestObject, VerifierInfo};
    use serde_json::json;

    use super::{
        ACCESS_TOKEN, COUNTRY, DcqlQuery, HOLDER, ISSUER, Jwk, NONCE, NOW, PID, PROVIDER, RECIPIENT, URL, Value, sealed,
    };
    use crate::Seed;
    use crate::country::registration;
    use crate::message::text_and_claims;

    fn query() -> Value {
        json!({"credentials": [{
            "id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
            "claims": [{"path": ["family_name"]}, {"path": ["address", "locality"]}]
        }]})
    }

    pub(crate) fn dcql() -> Vec<Seed> {
        let choices = json!({
            "credentials": [
                {"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID, "other"]}, "multiple": true,
                 "trusted_authorities": [{"type": "aki", "values": ["AQ"]}],
                 "claims": [{"id": "a", "path": ["nationalities", null], "values": ["MA"]},
                            {"id": "b", "path": ["age"], "values": [36, 37]}, {"id": "c", "path": ["adult"], "values": [true]},
                            {"id": "d", "path": ["no_such_claim"]}],
                 "claim_sets": [["d"], ["a", "b", "c"]]},
                {"id": "no", "format": "mso_mdoc", "meta": {"doctype_value": "x"}, "require_cryptographic_holder_binding": false}
            ],
            "credential_sets": [{"options": [["no"], ["pid"]]}, {"options": [["no"]], "required": false}]
        });
        let index = json!({"credentials": [{"id": "pid", "format": "dc+sd-jwt", "meta": {},
            "claims": [{"path": ["nationalities", 0]}]}]});
        vec![
            Seed::new("plain", query().to_string()),
            Seed::new("choices", choices.to_string()),
            Seed::new("index", index.to_string()),
        ]
    }

    pub(crate) fn request_object() -> Vec<Seed> {
        let registrar = &COUNTRY.registrar;
        let certificate = registration().sign(&registrar.chain, &*registrar.signer).unwrap();
        let request = RequestObject {
            client_id: COUNTRY.client_id(),
            response_uri: "https://verifier.example/responses/1".to_owned(),
            nonce: NONCE.to_owned(),
            state: Some("af0ifjsldkj".to_owned()),
            dcql_query: DcqlQuery::parse(&query()).unwrap(),
            client_metadata: ClientMetadata::new(*RECIPIENT.public_key(), "1"),
            verifier_info: vec![VerifierInfo::registration(certificate)],
            wallet_nonce: None,
            iat: NOW,
            exp: NOW.plus(120),
        };
        text_and_claims(request.sign(&COUNTRY.access.chain, &*COUNTRY.access.signer).unwrap())
    }

    pub(crate) fn response() -> Vec<Seed> {
        let plain = json!({"vp_token": {"pid": ["a~b~c"]}, "state": "s"}).to_string();
        vec![
            Seed::new("form", sealed(plain.as_bytes())),
            Seed::new("plain", plain),
            Seed::new("error", AuthorizationErrorResponse::access_denied(Some("s")).to_form()),
        ]
    }

    pub(crate) fn proof() -> Vec<Seed> {
        let holder = &*HOLDER;
        let jwk = Jwk::from_public_key(holder.public_key());
        let input = proof_signing_input(&jwk, ISSUER, NOW, NONCE, Some("wallet")).unwrap();
        text_and_claims(input.with_signature(&holder.sign(input.as_bytes()).unwrap()))
    }

    pub(crate) fn dpop() -> Vec<Seed> {
        let holder = &*HOLDER;
        let jwk = Jwk::from_public_key(holder.public_key());
        let token = Some(ACCESS_TOKEN);
        let input = dpop_signing_input(&jwk, "POST", URL, "jti-1", NOW, token, Some("n"), PROVIDER.digest).unwrap();
        text_and_claims(input.with_signature(&holder.sign(input.as_bytes()).unwrap()))
    }
}
