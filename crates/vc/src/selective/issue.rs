//! Makes base proofs (ECDSA §3.6.1 to §3.6.5).

use mahfada_base::Secret;
use mahfada_crypto::{Random, SignatureAlgorithm, Signer};
use serde_json::Value;

use super::proof_value::BaseProof;
use super::statements::{Statements, base_message, group, split};
use crate::error::ProofError;
use crate::json_ld::select;
use crate::multikey;
use crate::proof::{Cryptosuite, ProofOptions, hash_options};
use crate::rdf::HashAlgorithm;
use crate::whole::Signing;

/// Signs a document statement by statement and returns it with a base proof, which is for the holder alone.
///
/// What the mandatory pointers (RFC 6901) select, the holder cannot leave out; type and identifier of everything on
/// the way belong to it. It does not check the data model nor who may sign.
///
/// # Errors
/// [`ProofError`] when the key is not P-256, a pointer points at nothing, the document has a proof already or cannot be
/// signed without losing something, or keys or random bytes are out of reach.
pub fn sign_selective(
    document: &Value,
    mandatory_pointers: &[&str],
    options: &ProofOptions,
    signing: &Signing<'_>,
    random: &dyn Random,
) -> Result<Value, ProofError> {
    let statement_key = signing.provider.keys.generate_es256(random)?;
    let mut hmac_key = [0; 32];
    random.fill(&mut hmac_key)?;
    let hmac_key = Secret::new(hmac_key);
    sign_with(
        document,
        mandatory_pointers,
        options,
        signing,
        statement_key.as_ref(),
        hmac_key,
    )
}

fn sign_with(
    document: &Value,
    mandatory_pointers: &[&str],
    options: &ProofOptions,
    signing: &Signing<'_>,
    statement_key: &dyn Signer,
    hmac_key: Secret<[u8; 32]>,
) -> Result<Value, ProofError> {
    let Signing {
        signer,
        contexts,
        provider,
    } = *signing;
    if signer.algorithm() != SignatureAlgorithm::Es256 {
        return Err(ProofError::KeyKind);
    }
    let members = document.as_object().filter(|members| !members.contains_key("proof"));
    let members = members.ok_or(ProofError::Malformed)?;
    let mut proof = options.to_members(Cryptosuite::EcdsaSd2023);
    let options_hash = hash_options(&proof, members, HashAlgorithm::Sha256, contexts, provider)?;
    let mut all = Statements::of(members, hmac_key.expose(), contexts, provider)?;
    let selection = select(document, mandatory_pointers.iter().copied())?;
    let mandatory = if mandatory_pointers.is_empty() {
        std::collections::BTreeSet::new()
    } else {
        group(members, &selection, &mut all, contexts)?.places
    };
    let (mandatory, others) = split(&all.lines, &mandatory);
    let public_key = multikey::to_bytes(statement_key.public_key())?;
    let base_signature = signer
        .sign(&base_message(&options_hash, &public_key, &mandatory, provider))?
        .0;
    let signatures = others
        .into_iter()
        .map(|line| Ok(statement_key.sign(line.as_bytes())?.0))
        .collect::<Result<_, ProofError>>()?;
    let value = BaseProof {
        base_signature,
        public_key,
        hmac_key,
        signatures,
        mandatory_pointers: mandatory_pointers.iter().map(|pointer| (*pointer).to_owned()).collect(),
    };
    proof.insert("proofValue".to_owned(), value.to_text().into());
    let mut secured = members.clone();
    secured.insert("proof".to_owned(), Value::Object(proof));
    Ok(Value::Object(secured))
}
