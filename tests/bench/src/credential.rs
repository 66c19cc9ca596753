//! SD-JWT VC with ten disclosures: to issue, and to verify with its key binding.

use mahfada_base::ClaimsPath;
use mahfada_credential::{CredentialFormat, UnverifiedCredential};
use mahfada_crypto::SignatureAlgorithm;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_jose::{Jwk, JwsBuilder};
use mahfada_sd_jwt::vc::UnverifiedSdJwtVc;
use mahfada_sd_jwt::{KeyBindingExpectation, SdJwtIssuance};
use serde_json::{Map, Value, json};

use crate::country::{Country, NOW, VCT};
use crate::measure::{Failure, cost, share};
use crate::raw::Raw;
use crate::report::Report;

const AUDIENCE: &str = "x509_hash:u4Wd2QXbNTHsl3mOv2z4kUVkBEK4GSmTIqdUTvGzqLw";
const NONCE: &str = "n-0S6_WzA2Mj-0S6_WzA2Mj";

/// The ten claims that can be held back.
const CLAIMS: [(&str, &str); 10] = [
    ("family_name", "Alami"),
    ("given_name", "Fatima Zahra"),
    ("family_name_ar", "العلمي"),
    ("given_name_ar", "فاطمة الزهراء"),
    ("birthdate", "1990-04-12"),
    ("place_of_birth", "Fès"),
    ("nationality", "MA"),
    ("address", "12, rue des Orangers, Rabat"),
    ("sex", "F"),
    ("document_number", "SPECIMEN1"),
];

/// Measures issuing and verifying.
pub(crate) fn measure(report: &mut Report, country: &Country, raw: &Raw) -> Result<(), Failure> {
    let issuing = share(|| issue(country), || raw.sign())?;
    report.share("SD-JWT VC, 10 disclosures: issue", issuing, 0.40);

    let presentation = present(country, &issue(country)?)?;
    let two = || raw.verify().and_then(|()| raw.verify());
    let warm = share(|| verify(country, &presentation), two)?;
    report.share("SD-JWT VC + KB-JWT: verify, chain known", warm, 0.80);
    let cold = cost(|| {
        country.trust.forget_chains();
        verify(country, &presentation)
    })?;
    report.cost("SD-JWT VC + KB-JWT: verify, chain of 2 new", cold);
    Ok(())
}

fn issue(country: &Country) -> Result<String, Failure> {
    let mut payload: Map<String, Value> = CLAIMS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    payload.insert("vct".to_owned(), json!(VCT));
    payload.insert("iat".to_owned(), json!(NOW.start_of_day()));
    payload.insert("exp".to_owned(), json!(NOW.plus(30 * 86_400)));
    let cnf = json!({"jwk": Jwk::from_public_key(country.holder.public_key()).to_value()});
    payload.insert("cnf".to_owned(), cnf);
    let status = json!({"status_list": {"uri": "https://issuer.example/pid/status/1", "idx": 42}});
    payload.insert("status".to_owned(), status);
    let issuance = SdJwtIssuance {
        payload,
        selectively_disclosable: paths(),
        decoys: 0,
    };
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(&country.issuer.chain);
    Ok(issuance.sign(builder, &*country.issuer.signer, &SystemRandom, PROVIDER.digest)?)
}

fn present(country: &Country, issued: &str) -> Result<String, Failure> {
    let credential = UnverifiedSdJwtVc::parse(issued)?;
    let held = credential.verify(country.issuer.signer.public_key(), NOW, &PROVIDER)?;
    let input =
        held.present(&paths())?
            .key_binding_input(AUDIENCE, NONCE, NOW, SignatureAlgorithm::Es256, PROVIDER.digest);
    let signature = country.holder.sign(input.as_bytes())?;
    Ok(input.with_signature(&signature))
}

/// Everything that an agency checks but the status: trust, signature, digests, times, key binding.
fn verify(country: &Country, presentation: &str) -> Result<(), Failure> {
    let credential = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, presentation)?;
    let verified = credential.verify(&country.trust, NOW, &PROVIDER)?;
    let expected = KeyBindingExpectation {
        audience: AUDIENCE,
        nonce: NONCE,
        max_age: 120,
    };
    verified.sd_jwt().verify_key_binding(&expected, NOW, &PROVIDER)?;
    Ok(())
}

fn paths() -> Vec<ClaimsPath> {
    CLAIMS.iter().map(|(name, _)| ClaimsPath::name(*name)).collect()
}
