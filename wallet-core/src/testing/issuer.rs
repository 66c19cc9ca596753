//! An issuer as a script: it checks what a real one checks, and can be told to misbehave in one thing at a time.

use std::sync::Arc;

use http::Response;
use mahfada_base::{ClaimsPath, Secret};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, Signer};
use mahfada_eid::{
    CARD_CHALLENGE_TYP, CARD_EVIDENCE_TYP, CardAnchors, CardChallenge, CardEvidence, CardFile, CardPolicy, Evidence,
    ExpectedChallenge, commits_to, verify,
};
use mahfada_jose::{Expectation, Jwk, JwsBuilder, UnverifiedJws};
use mahfada_oauth2::{
    AccessToken, AuthorizationChallengeRequest, AuthorizationChallengeResponse, AuthorizationServerMetadata,
    CodeChallenge, DpopExpectation, ErrorCode, OAuthError, TokenRequest, TokenResponse, TokenType, UnverifiedDpop,
};
use mahfada_openid4vci::{
    BatchCredentialIssuance, CNonce, ClaimDescription, CredentialConfiguration, CredentialIssuerMetadata,
    CredentialMetadata, CredentialOffer, CredentialOfferUri, CredentialRequest, CredentialResponse, Display, Grants,
    NonceResponse, NonceRule, PreAuthorizedCodeGrant, ProofExpectation, TxCode, UnverifiedCNonce, VerifiedProof,
};
use mahfada_sd_jwt::{Disclosure, SdJwtIssuance};
use serde_json::{Value, json};

use super::{DGSN, Leaf, NOW, PID, Request, credential_signer, reply};

pub(crate) const ISSUER: &str = "https://issuer.example/pid";
pub(crate) const CONFIGURATION: &str = "pid";
pub(crate) const TX_CODE: &str = "493536";
const CODE: &str = "code-of-the-card";
const PRE_AUTHORIZED: &str = "code-of-the-offer";
const TOKEN: &str = "access-token";

pub(crate) struct ScriptedIssuer {
    /// The identifier in the metadata.
    pub(crate) identifier: String,
    /// The organization that signs metadata, challenges and credentials.
    pub(crate) leaf: Leaf,
    pub(crate) anchors: Option<CardAnchors>,
    pub(crate) tx_code: Option<&'static str>,
    pub(crate) anonymous: bool,
    /// The type that the metadata announce.
    pub(crate) announced_vct: String,
    pub(crate) metadata_in_clear: bool,
    /// The nonce that proofs at the token and credential endpoints must hold.
    pub(crate) dpop_nonce: Option<&'static str>,
    pub(crate) token_type: TokenType,
    pub(crate) challenge: Box<dyn Fn(&mut CardChallenge)>,
    pub(crate) issue: Issue,
    commitment: Option<[u8; 32]>,
    jwk: Option<Jwk>,
    code_challenge: Option<CodeChallenge>,
}

/// What the credentials look like.
#[derive(Clone)]
pub(crate) struct Issue {
    pub(crate) leaf: Leaf,
    pub(crate) vct: String,
    pub(crate) other_key: Option<Arc<dyn Signer>>,
    pub(crate) held_back: Option<&'static str>,
    pub(crate) reversed: bool,
    pub(crate) one_key_for_all: bool,
    pub(crate) key_binding: bool,
    pub(crate) names: [&'static str; 2],
    /// Whether the parts of the address are disclosed one by one, or `None` without an address.
    pub(crate) address_in_parts: Option<bool>,
    pub(crate) status_uri: &'static str,
}

impl ScriptedIssuer {
    pub(crate) fn new() -> Self {
        let leaf = credential_signer(DGSN);
        let issue = Issue {
            leaf: leaf.clone(),
            vct: PID.to_owned(),
            other_key: None,
            held_back: None,
            reversed: false,
            one_key_for_all: false,
            key_binding: false,
            names: ["Salma", "Salma"],
            address_in_parts: None,
            status_uri: "https://issuer.example/pid/status/1",
        };
        Self {
            identifier: ISSUER.to_owned(),
            leaf,
            anchors: None,
            tx_code: None,
            anonymous: false,
            announced_vct: PID.to_owned(),
            metadata_in_clear: false,
            dpop_nonce: None,
            token_type: TokenType::Dpop,
            challenge: Box::new(|_| {}),
            issue,
            commitment: None,
            jwk: None,
            code_challenge: None,
        }
    }

    pub(crate) fn offer(&self) -> CredentialOffer {
        let grant = PreAuthorizedCodeGrant {
            pre_authorized_code: PRE_AUTHORIZED.to_owned(),
            tx_code: self.tx_code.map(|code| TxCode {
                length: u32::try_from(code.len()).ok(),
                ..TxCode::default()
            }),
            authorization_server: None,
        };
        CredentialOffer {
            credential_issuer: ISSUER.to_owned(),
            credential_configuration_ids: vec![CONFIGURATION.to_owned()],
            grants: Some(Grants {
                authorization_code: None,
                pre_authorized_code: Some(grant),
            }),
        }
    }

    pub(crate) fn offer_link(&self) -> String {
        CredentialOfferUri::ByValue(self.offer()).to_uri()
    }

    pub(crate) fn metadata(&self) -> CredentialIssuerMetadata {
        let claim = |name: &str, mandatory| ClaimDescription {
            path: ClaimsPath::name(name),
            mandatory,
            display: vec![Display::named(name, "en")],
        };
        let configuration = CredentialConfiguration {
            credential_metadata: Some(CredentialMetadata {
                display: vec![Display::named("Identité", "fr")],
                claims: vec![claim("given_name", true), claim("email", false)],
            }),
            ..CredentialConfiguration::sd_jwt_vc(&self.announced_vct, "pid")
        };
        CredentialIssuerMetadata {
            credential_issuer: self.identifier.clone(),
            authorization_servers: None,
            credential_endpoint: format!("{ISSUER}/credential"),
            nonce_endpoint: Some(format!("{ISSUER}/nonce")),
            notification_endpoint: None,
            credential_request_encryption: None,
            credential_response_encryption: None,
            batch_credential_issuance: Some(BatchCredentialIssuance { batch_size: 3 }),
            display: Vec::new(),
            credential_configurations_supported: [(CONFIGURATION.to_owned(), configuration)].into(),
        }
    }

    pub(crate) fn signed_metadata(&self) -> String {
        let mut claims = json!(self.metadata());
        claims["sub"] = json!(self.identifier);
        claims["iat"] = json!(NOW);
        JwsBuilder::new("openidvci-issuer-metadata+jwt")
            .x5c(&self.leaf.chain)
            .sign(&claims, &*self.leaf.signer)
            .unwrap()
    }

    /// Answers as an issuer does.
    pub(crate) fn answer(&mut self, request: &Request) -> Response<Vec<u8>> {
        assert_eq!(request.headers()["user-agent"], crate::USER_AGENT);
        assert!(request.headers().get("cookie").is_none());
        match request.uri().path() {
            "/.well-known/openid-credential-issuer/pid" if self.metadata_in_clear => {
                reply(200, "application/json", self.metadata().to_json())
            }
            "/.well-known/openid-credential-issuer/pid" => {
                assert!(
                    request.headers()["accept"]
                        .to_str()
                        .unwrap()
                        .starts_with("application/jwt")
                );
                reply(200, "application/jwt", self.signed_metadata())
            }
            "/.well-known/oauth-authorization-server/pid" => {
                reply(200, "application/json", self.server_metadata().to_json())
            }
            "/pid/offers/1" => reply(200, "application/json", self.offer().to_json()),
            "/pid/authorization-challenge" => self.authorize(request),
            "/pid/token" | "/pid/credential" if self.lacks_nonce(request) => use_dpop_nonce(request),
            "/pid/token" => self.token(request),
            "/pid/nonce" => reply(200, "application/json", NonceResponse::new(&nonce()).to_json()),
            "/pid/credential" => self.credential(request),
            path => panic!("nobody asked for {path}"),
        }
    }

    fn server_metadata(&self) -> AuthorizationServerMetadata {
        AuthorizationServerMetadata {
            issuer: ISSUER.to_owned(),
            token_endpoint: format!("{ISSUER}/token"),
            authorization_challenge_endpoint: Some(format!("{ISSUER}/authorization-challenge")),
            response_types_supported: vec!["code".to_owned()],
            grant_types_supported: Vec::new(),
            code_challenge_methods_supported: vec!["S256".to_owned()],
            dpop_signing_alg_values_supported: vec!["ES256".to_owned()],
            pre_authorized_grant_anonymous_access_supported: self.anonymous,
        }
    }

    /// Verifies the proof and that all requests are by one key.
    fn dpop(&mut self, request: &Request, token: Option<&str>) -> PublicKey {
        let text = request.headers()["dpop"].to_str().unwrap();
        let url = request.uri().to_string();
        let expect = DpopExpectation {
            method: "POST",
            url: &url,
            access_token: token,
        };
        let proof = UnverifiedDpop::parse(text)
            .unwrap()
            .verify(&expect, NOW, &PROVIDER)
            .unwrap();
        let jwk = self.jwk.get_or_insert_with(|| proof.jwk().clone());
        assert_eq!(jwk, proof.jwk());
        jwk.to_public_key(&PROVIDER).unwrap()
    }

    fn authorize(&mut self, request: &Request) -> Response<Vec<u8>> {
        let wallet = self.dpop(request, None);
        match AuthorizationChallengeRequest::parse_form(request.body()).unwrap() {
            AuthorizationChallengeRequest::Initial {
                client_id,
                key_commitment,
                code_challenge,
                ..
            } => {
                let jkt = mahfada_jose::thumbprint_of(&wallet, PROVIDER.digest);
                self.commitment = Some(mahfada_eid::key_commitment(PROVIDER.digest, &jkt, &key_commitment.0));
                self.code_challenge = Some(code_challenge);
                let answer =
                    AuthorizationChallengeResponse::card_challenge("auth-session", self.card_challenge(client_id));
                reply(answer.status(), "application/json", answer.to_json())
            }
            AuthorizationChallengeRequest::Continue { auth_session, evidence } => {
                assert_eq!(auth_session.expose(), "auth-session");
                let expect = Expectation::es256(&[CARD_EVIDENCE_TYP]);
                let jws = UnverifiedJws::parse(&evidence).unwrap();
                let jws = jws.verify(&wallet, &expect, &PROVIDER).unwrap();
                self.prove(&CardEvidence::parse(jws.payload()).unwrap())
            }
            _ => panic!("an unknown request"),
        }
    }

    fn lacks_nonce(&self, request: &Request) -> bool {
        let jws = UnverifiedJws::parse(request.headers()["dpop"].to_str().unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(jws.unverified_payload()).unwrap();
        claims.get("nonce").and_then(Value::as_str) != self.dpop_nonce
    }

    fn expected(&self) -> ExpectedChallenge {
        let commitment = self.commitment.as_ref().unwrap();
        ExpectedChallenge::derive(PROVIDER.mac, b"K_chal", "session", "nonce", commitment)
    }

    fn card_challenge(&self, client_id: String) -> String {
        let mut challenge = CardChallenge {
            iss: ISSUER.to_owned(),
            aud: client_id,
            exp: NOW.plus(120),
            iat: NOW,
            session: "session".to_owned(),
            nonce: "nonce".to_owned(),
            commitment: self.commitment.unwrap(),
            rnd_ifd: self.expected().rnd_ifd(),
            files: ["sod", "dg1", "dg2", "dg11", "dg12", "dg14", "dg15"]
                .into_iter()
                .filter_map(CardFile::from_name)
                .collect(),
        };
        (self.challenge)(&mut challenge);
        let builder = JwsBuilder::new(CARD_CHALLENGE_TYP).x5c(&self.leaf.chain);
        builder.sign(&challenge, &*self.leaf.signer).unwrap()
    }

    fn prove(&self, evidence: &CardEvidence) -> Response<Vec<u8>> {
        assert_eq!(
            (evidence.session.as_str(), evidence.nonce.as_str()),
            ("session", "nonce")
        );
        let files = Evidence {
            sod: &evidence.sod,
            dgs: &evidence.dgs,
            aa: evidence.aa.as_deref(),
        };
        let anchors = self.anchors.as_ref().unwrap();
        let policy = CardPolicy::default();
        let verdict = verify(&files, &self.expected(), anchors, &policy, NOW, PROVIDER.digest);
        match verdict.accepted() {
            Ok(_) => {
                let code = AuthorizationChallengeResponse::Authorized {
                    authorization_code: Secret::new(CODE.to_owned()),
                };
                reply(200, "application/json", code.to_json())
            }
            Err(code) => refuse(&OAuthError::described(ErrorCode::AccessDenied, code)),
        }
    }

    fn token(&mut self, request: &Request) -> Response<Vec<u8>> {
        self.dpop(request, None);
        match TokenRequest::parse_form(request.body()).unwrap() {
            TokenRequest::AuthorizationCode {
                code, code_verifier, ..
            } => {
                assert_eq!(code.expose(), CODE);
                let challenge = self.code_challenge.as_ref().unwrap();
                assert!(challenge.matches(&code_verifier, PROVIDER.digest));
            }
            TokenRequest::PreAuthorizedCode {
                pre_authorized_code,
                tx_code,
                client_id,
            } => {
                assert_eq!(pre_authorized_code.expose(), PRE_AUTHORIZED);
                assert_eq!(client_id.is_none(), self.anonymous);
                if tx_code.as_ref().map(|code| code.expose().as_str()) != self.tx_code {
                    return refuse(&OAuthError::new(ErrorCode::InvalidGrant));
                }
            }
            _ => panic!("an unknown grant"),
        }
        let response = TokenResponse {
            access_token: AccessToken::new(TOKEN),
            token_type: self.token_type,
            expires_in: 300,
            authorization_details: None,
        };
        reply(200, "application/json", response.to_json())
    }

    fn credential(&mut self, request: &Request) -> Response<Vec<u8>> {
        let wallet = self.dpop(request, Some(TOKEN));
        assert_eq!(request.headers()["authorization"], format!("DPoP {TOKEN}"));
        let parsed = CredentialRequest::parse(request.body()).unwrap();
        let client = (!self.anonymous).then_some(crate::CLIENT_ID);
        let expect = ProofExpectation {
            audience: ISSUER,
            nonce: NonceRule::Present,
            client_id: client,
        };
        let proofs = parsed.require_proofs().unwrap();
        let proofs = proofs.verify_all(&expect, 3, NOW, &PROVIDER).unwrap();
        let nonce = UnverifiedCNonce::parse(proofs.nonce());
        let _ = nonce.verify(&nonce_key(), ISSUER, NOW, PROVIDER.mac).unwrap();
        if let Some(commitment) = &self.commitment {
            let jkt = mahfada_jose::thumbprint_of(&wallet, PROVIDER.digest);
            let keys: Vec<_> = proofs.proofs().iter().map(VerifiedProof::thumbprint).collect();
            assert!(commits_to(PROVIDER.digest, commitment, &jkt, &keys));
        }
        let keys: Vec<&Jwk> = proofs.keys().collect();
        let mut texts: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(n, key)| self.issue.credential(n, key, &keys))
            .collect();
        if self.issue.reversed {
            texts.reverse();
        }
        reply(200, "application/json", CredentialResponse::new(texts).to_json())
    }
}

impl Issue {
    fn credential(&self, n: usize, key: &Jwk, all: &[&Jwk]) -> String {
        let other = self
            .other_key
            .as_ref()
            .map(|key| Jwk::from_public_key(key.public_key()));
        let key = if self.one_key_for_all {
            all[0]
        } else {
            other.as_ref().unwrap_or(key)
        };
        let Value::Object(mut payload) = json!({
            "vct": self.vct,
            "iat": NOW.start_of_day(),
            "exp": NOW.plus(30 * super::DAY),
            "cnf": {"jwk": key.to_value()},
            "status": {"status_list": {"uri": self.status_uri, "idx": n}},
            "issuing_country": "MA",
            "given_name": self.names[n.min(1)],
            "family_name": "El Fassi",
            "birthdate": "1990-02-14",
            "email": "salma@example.ma",
        }) else {
            panic!("an object")
        };
        let names = ["given_name", "family_name", "birthdate", "email"];
        let mut selectively_disclosable: Vec<ClaimsPath> = names.map(ClaimsPath::name).into();
        if let Some(in_parts) = self.address_in_parts {
            payload.insert("address".to_owned(), json!({"locality": "Rabat", "street": "Rue 1"}));
            let part = |name| ClaimsPath::names(["address", name]).unwrap();
            selectively_disclosable.extend(if in_parts {
                vec![part("locality"), part("street")]
            } else {
                vec![ClaimsPath::name("address")]
            });
        }
        let issuance = SdJwtIssuance {
            payload,
            selectively_disclosable,
            decoys: 2,
        };
        let builder = JwsBuilder::new("dc+sd-jwt").x5c(&self.leaf.chain);
        let random = SeededRandom::new(format!("salts {n}"));
        let text = issuance
            .sign(builder, &*self.leaf.signer, &random, PROVIDER.digest)
            .unwrap();
        let mut text = self.hold_back(&text);
        if self.key_binding {
            text.push_str(&JwsBuilder::new("kb+jwt").sign(&json!({}), &*super::key("kb")).unwrap());
        }
        text
    }

    fn hold_back(&self, text: &str) -> String {
        let kept = |part: &&str| Disclosure::parse(part).map_or(true, |disclosure| disclosure.name() != self.held_back);
        let parts: Vec<&str> = match self.held_back {
            None => return text.to_owned(),
            Some(_) => text.split('~').filter(kept).collect(),
        };
        parts.join("~")
    }
}

fn use_dpop_nonce(request: &Request) -> Response<Vec<u8>> {
    let at_token = request.uri().path().ends_with("token");
    let mut answer = reply(if at_token { 400 } else { 401 }, "application/json", "{}");
    if at_token {
        *answer.body_mut() = OAuthError::new(ErrorCode::UseDpopNonce).to_json().into_bytes();
    } else {
        let challenge = r#"DPoP error="use_dpop_nonce""#;
        answer
            .headers_mut()
            .insert("www-authenticate", challenge.parse().unwrap());
    }
    answer.headers_mut().insert("dpop-nonce", "n-1".parse().unwrap());
    answer
}

fn refuse(error: &OAuthError) -> Response<Vec<u8>> {
    reply(error.status(), "application/json", error.to_json())
}

fn nonce_key() -> Secret<[u8; 32]> {
    Secret::new([7; 32])
}

fn nonce() -> CNonce {
    let random = SeededRandom::new("nonce");
    CNonce::mint(&nonce_key(), ISSUER, NOW, &random, PROVIDER.mac).unwrap()
}
