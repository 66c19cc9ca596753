//! What the root document says, and its form on the wire.

use std::collections::BTreeMap;

use mahfada_base::{UnixTime, base64url, json};
use mahfada_jose::Jwk;
use mahfada_x509::Certificate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{RootError, TrustRole};

const DOCUMENT_TYPE: &str = "mahfada-root";
const MAX_OFFICERS: usize = 32;

/// What the officers agree to.
#[derive(Clone, Debug)]
pub struct RootDocument {
    /// The version: 1, then one more with every change.
    pub version: u64,
    /// When the document was made.
    pub issued_at: UnixTime,
    /// From when on nothing rests on it any more.
    pub expires: UnixTime,
    /// How many different officers must sign this document and its successor.
    pub threshold: usize,
    /// The officers' public keys, each once.
    pub officers: Vec<Jwk>,
    /// Who signs the list of each role.
    pub list_signers: BTreeMap<TrustRole, Vec<ListSigner>>,
    /// The sequence number below which no list of a role is accepted.
    pub least_sequence: BTreeMap<TrustRole, u64>,
    /// The address of the trust registry, `https` without a slash at the end.
    pub registry_base_url: String,
}

/// One organization that may sign lists of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSigner {
    /// The organization that the signer's certificate must name.
    pub organization: String,
    /// The certificate authority under which the signer's certificate stands.
    pub authority: Certificate,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    r#type: String,
    version: u64,
    issued_at: UnixTime,
    expires: UnixTime,
    threshold: usize,
    officers: Vec<Value>,
    list_signers: BTreeMap<String, Vec<WireSigner>>,
    #[serde(default)]
    least_sequence: BTreeMap<String, u64>,
    registry_base_url: String,
}

#[derive(Serialize, Deserialize)]
struct WireSigner {
    organization: String,
    certificate: String,
}

impl RootDocument {
    /// Returns the signers of the role's list.
    #[must_use]
    pub fn list_signers(&self, role: TrustRole) -> &[ListSigner] {
        self.list_signers.get(&role).map_or(&[], Vec::as_slice)
    }

    /// Returns the sequence number below which no list of the role is accepted.
    #[must_use]
    pub fn least_sequence(&self, role: TrustRole) -> u64 {
        self.least_sequence.get(&role).copied().unwrap_or(0)
    }

    pub(super) fn to_payload(&self) -> Result<Vec<u8>, serde_json::Error> {
        let signers = |list: &Vec<ListSigner>| list.iter().map(WireSigner::from).collect();
        serde_json::to_vec(&Wire {
            r#type: DOCUMENT_TYPE.to_owned(),
            version: self.version,
            issued_at: self.issued_at,
            expires: self.expires,
            threshold: self.threshold,
            officers: self.officers.iter().map(Jwk::to_value).collect(),
            list_signers: self
                .list_signers
                .iter()
                .map(|(role, list)| (role.slug().to_owned(), signers(list)))
                .collect(),
            least_sequence: self
                .least_sequence
                .iter()
                .map(|(role, least)| (role.slug().to_owned(), *least))
                .collect(),
            registry_base_url: self.registry_base_url.clone(),
        })
    }

    pub(super) fn from_payload(payload: &[u8]) -> Result<Self, RootError> {
        let wire: Wire = json::from_slice(payload).map_err(RootError::malformed)?;
        if wire.r#type != DOCUMENT_TYPE {
            return Err(RootError::malformed("the type is another"));
        }
        if !wire.registry_base_url.starts_with("https://") {
            return Err(RootError::malformed("the registry is not reached by https"));
        }
        if wire.version == 0 || wire.expires <= wire.issued_at {
            return Err(RootError::malformed("version or expiry make no sense"));
        }
        Ok(Self {
            version: wire.version,
            issued_at: wire.issued_at,
            expires: wire.expires,
            threshold: wire.threshold,
            officers: read_officers(&wire)?,
            list_signers: read_signers(wire.list_signers)?,
            least_sequence: wire
                .least_sequence
                .into_iter()
                .filter_map(|(slug, n)| Some((TrustRole::from_slug(&slug)?, n)))
                .collect(),
            registry_base_url: wire.registry_base_url,
        })
    }
}

impl From<&ListSigner> for WireSigner {
    fn from(signer: &ListSigner) -> Self {
        Self {
            organization: signer.organization.clone(),
            certificate: base64url::encode_standard(signer.authority.der()),
        }
    }
}

fn read_officers(wire: &Wire) -> Result<Vec<Jwk>, RootError> {
    let officers: Vec<Jwk> = wire
        .officers
        .iter()
        .map(Jwk::parse)
        .collect::<Result<_, _>>()
        .map_err(RootError::malformed)?;
    if officers.len() > MAX_OFFICERS || wire.threshold == 0 || wire.threshold > officers.len() {
        return Err(RootError::malformed("threshold and number of officers do not fit"));
    }
    Ok(officers)
}

/// Roles that this version of the code does not know are left out: nothing can ask for them.
fn read_signers(wire: BTreeMap<String, Vec<WireSigner>>) -> Result<BTreeMap<TrustRole, Vec<ListSigner>>, RootError> {
    let mut signers = BTreeMap::new();
    for (slug, list) in wire {
        if let Some(role) = TrustRole::from_slug(&slug) {
            signers.insert(role, list.into_iter().map(read_signer).collect::<Result<_, _>>()?);
        }
    }
    Ok(signers)
}

fn read_signer(wire: WireSigner) -> Result<ListSigner, RootError> {
    let der = base64url::decode_standard(&wire.certificate).map_err(RootError::malformed)?;
    let authority = Certificate::from_der(&der).map_err(RootError::malformed)?;
    Ok(ListSigner {
        organization: wire.organization,
        authority,
    })
}
