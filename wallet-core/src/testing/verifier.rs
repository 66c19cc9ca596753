//! A verifier as a script.

use std::sync::Arc;

use http::Response;
use mahfada_base::ClaimsPath;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{AgreementKey, Signer};
use mahfada_jose::{JwsBuilder, UnverifiedJws};
use mahfada_openid4vp::{
    AuthorizationRequestUri, AuthorizationResponse, ClientMetadata, DcqlQuery, RequestObject, RequestUriMethod,
    ResponseError, UnverifiedResponse, VerifierInfo,
};
use mahfada_trust::{LocalizedText, RegisteredClaim, RegisteredCredential, RegisteredMeta, RegistrationCertificate};
use mahfada_x509::eku;
use serde_json::{Value, json};
use url::Url;

use super::{DAY, Leaf, NOW, PID, Request, leaf, reply};

pub(crate) const BANK: &str = "NTRMA-BANK";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj5jQ0nZ1xWg";

pub(crate) struct ScriptedVerifier {
    pub(crate) leaf: Leaf,
    pub(crate) query: Value,
    /// What the registry lets it ask for.
    pub(crate) registered: Vec<ClaimsPath>,
    /// Whether the request encloses a registration certificate.
    pub(crate) encloses_registration: bool,
    pub(crate) client_id: Option<String>,
    pub(crate) signer: Option<Arc<dyn Signer>>,
    /// What the request says in the end; it is signed after this.
    pub(crate) tamper: Box<dyn Fn(&mut Value)>,
    /// What the signed text becomes on its way.
    pub(crate) damage: Box<dyn Fn(String) -> String>,
    pub(crate) answer: Box<dyn Fn() -> Response<Vec<u8>>>,
    key: Box<dyn AgreementKey>,
}

impl ScriptedVerifier {
    pub(crate) fn new() -> Self {
        Self {
            leaf: leaf("Access CA", eku::ACCESS, BANK),
            query: json!({"credentials": [{
                "id": "id", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
                "claims": [{"path": ["given_name"]}, {"path": ["birthdate"]}],
            }]}),
            registered: ["given_name", "birthdate"].map(ClaimsPath::name).into(),
            encloses_registration: true,
            client_id: None,
            signer: None,
            tamper: Box::new(|_| {}),
            damage: Box::new(|text| text),
            answer: Box::new(|| reply(200, "application/json", "{}")),
            key: PROVIDER.agreement.generate(&SeededRandom::new("verifier")).unwrap(),
        }
    }

    pub(crate) fn client_id(&self) -> String {
        if let Some(client_id) = &self.client_id {
            return client_id.clone();
        }
        let hash = self.leaf.chain[0].sha256(PROVIDER.digest);
        format!("x509_hash:{}", mahfada_base::base64url::encode(hash))
    }

    pub(crate) fn link(&self) -> String {
        let url = Url::parse("https://verifier.example/requests/1").unwrap();
        AuthorizationRequestUri::new(self.client_id(), url, RequestUriMethod::Post).to_uri()
    }

    fn registration(&self) -> String {
        let claims = self.registered.iter().cloned().map(|path| RegisteredClaim { path });
        let certificate = RegistrationCertificate {
            name: "Banque".to_owned(),
            sub: BANK.to_owned(),
            country: "MA".to_owned(),
            registry_uri: "https://registry.example".to_owned(),
            srv_description: LocalizedText::new("fr", "Ouverture de compte"),
            entitlements: Vec::new(),
            privacy_policy: "https://bank.example/privacy".to_owned(),
            support_uri: "https://bank.example/help".to_owned(),
            supervisory_authority: None,
            purpose: LocalizedText::new("fr", "Vérifier votre identité"),
            credentials: vec![RegisteredCredential {
                format: "dc+sd-jwt".to_owned(),
                meta: RegisteredMeta {
                    vct_values: vec![PID.to_owned()],
                },
                claim: claims.collect(),
            }],
            intended_use_id: None,
            iat: NOW.minus(DAY),
            exp: NOW.plus(30 * DAY),
        };
        let registrar = leaf("Registrar CA", eku::REGISTRATION_SIGNING, "NTRMA-REGISTRAR");
        certificate.sign(&registrar.chain, &*registrar.signer).unwrap()
    }

    fn request_object(&self, wallet_nonce: Option<String>) -> String {
        let registration = self
            .encloses_registration
            .then(|| VerifierInfo::registration(self.registration()));
        let request = RequestObject {
            client_id: self.client_id(),
            response_uri: "https://verifier.example/responses/1".to_owned(),
            nonce: NONCE.to_owned(),
            state: Some("state".to_owned()),
            dcql_query: DcqlQuery::parse(&self.query).unwrap(),
            client_metadata: ClientMetadata::new(*self.key.public_key(), "key-1"),
            verifier_info: registration.into_iter().collect(),
            wallet_nonce,
            iat: NOW,
            exp: NOW.plus(120),
        };
        let text = request.sign(&self.leaf.chain, &*self.leaf.signer).unwrap();
        let jws = UnverifiedJws::parse(&text).unwrap();
        let mut claims: Value = serde_json::from_slice(jws.unverified_payload()).unwrap();
        (self.tamper)(&mut claims);
        let builder = JwsBuilder::new("oauth-authz-req+jwt").x5c(&self.leaf.chain);
        let signer = self.signer.as_ref().unwrap_or(&self.leaf.signer);
        (self.damage)(builder.sign(&claims, &**signer).unwrap())
    }

    pub(crate) fn answer(&self, request: &Request) -> Response<Vec<u8>> {
        match request.uri().path() {
            "/requests/1" => {
                let form = mahfada_oauth2::Form::parse(request.body()).unwrap();
                let nonce = form.get("wallet_nonce").map(str::to_owned);
                reply(200, "application/oauth-authz-req+jwt", self.request_object(nonce))
            }
            "/responses/1" => (self.answer)(),
            path => panic!("nobody asked for {path}"),
        }
    }

    pub(crate) fn decrypt(&self, body: &[u8]) -> Result<AuthorizationResponse, ResponseError> {
        UnverifiedResponse::parse_form(body)?.decrypt(&*self.key, &PROVIDER)
    }
}
