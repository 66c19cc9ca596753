//! What the citizen is shown and what the citizen answers.

use std::collections::BTreeMap;

use mahfada_base::ClaimsPath;
use mahfada_credential::CredentialType;
use mahfada_openid4vci::{ClaimDescription, Display, TxCode};
use mahfada_trust::LocalizedText;
use serde_json::Value;

use crate::{CredentialId, VouchedBy};

/// A question for the citizen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConsentRequest {
    /// An issuer offers a credential.
    Offer(OfferConsent),
    /// A relying party asks for claims.
    Presentation(PresentationConsent),
}

/// Who offers what; whom it is about shows only the credential itself, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferConsent {
    /// The issuer's names by language, from the trusted list or the certificate; none when only its address is known.
    pub issuer: BTreeMap<String, String>,
    /// The issuer's organization identifier; `None` when its metadata are in clear and only its address is known.
    pub organization_identifier: Option<String>,
    /// The identifier of the credential issuer: its address.
    pub issuer_identifier: String,
    /// Who vouches for the issuer; the app shows plainly when it is not the registry.
    pub vouched_by: VouchedBy,
    /// The credential's type.
    pub credential_type: CredentialType,
    /// The credential's names by language.
    pub credential: Vec<Display>,
    /// The claims that the credential holds.
    pub claims: Vec<ClaimDescription>,
    /// Whether the citizen needs a transaction code that came by another channel.
    pub needs_tx_code: bool,
    /// Whether the citizen taps the identity card next, and its data go to the issuer.
    pub needs_card: bool,
}

/// Who asks, why, and what would be disclosed.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentationConsent {
    /// Who asks.
    pub who: RelyingPartyDisplay,
    /// Every credential that could answer a part of the request; empty when nothing fits, and then whatever the citizen
    /// answers looks to the verifier like a refusal.
    pub requested: Vec<RequestedCredential>,
    /// The choice that answers the request with the least; a choice of the citizen's may differ.
    pub preferred: Selection,
}

/// Who asks, from the access certificate and the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingPartyDisplay {
    /// The name as the access certificate gives it.
    pub name: String,
    /// The organization identifier, under which consents are kept.
    pub organization_identifier: String,
    /// The host that the answer goes to; the access certificate names it.
    pub host: String,
    /// What the registry says about it. `None` under anchors chosen by hand: then nobody vouches for who asks beyond the
    /// certificate, for why, or for how much, and the app shows so plainly.
    pub registration: Option<RegistrationDisplay>,
}

/// What the registry vouches for: who may ask what, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationDisplay {
    /// The name under which the relying party is registered.
    pub name: String,
    /// Why it asks, by language.
    pub purpose: LocalizedText,
    /// What the service is, by language.
    pub service: LocalizedText,
    /// The address of the privacy policy.
    pub privacy_policy: String,
    /// Where to ask for help or the erasure of data.
    pub support_uri: String,
}

/// A credential that answers one part of the request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestedCredential {
    /// The part of the request.
    pub query_id: String,
    /// The credential.
    pub credential: CredentialId,
    /// The credential's names by language.
    pub label: Vec<Display>,
    /// The issuer's names by language.
    pub issuer: BTreeMap<String, String>,
    /// Who vouched for the issuer when the credential came.
    pub vouched_by: VouchedBy,
    /// What would be disclosed because it is asked for.
    pub disclose: Vec<ClaimDisplay>,
    /// What every presentation of this credential shows.
    pub always_shown: Vec<ClaimDisplay>,
    /// What would stay hidden.
    pub hidden: Vec<ClaimsPath>,
}

/// A claim with its value, as plain data and never markup.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimDisplay {
    /// Where the claim stands.
    pub path: ClaimsPath,
    /// Its value; a list when the path selects several.
    pub value: Value,
}

/// Which credential answers which part of a request; empty stands for the preferred choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(pub BTreeMap<String, CredentialId>);

/// What the citizen answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentChoice {
    /// The citizen agrees.
    Agree {
        /// The choice among what could answer; offers have none.
        selection: Selection,
    },
    /// The citizen refuses.
    Refuse,
}

impl ConsentChoice {
    /// Agrees to the offer, or to the preferred choice.
    #[must_use]
    pub fn agree() -> Self {
        Self::Agree {
            selection: Selection::default(),
        }
    }
}

/// A question for the transaction code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxCodeRequest {
    /// Which characters the code has, how many, and how it reaches the citizen.
    pub rule: TxCode,
    /// Whether what was typed before could not be the code; the issuer has not seen it.
    pub mistyped: bool,
}
