//! The entities of a list and the services they are trusted for.

use mahfada_base::UnixTime;
use mahfada_x509::Certificate;

use crate::LocalizedText;

/// One organization on a list (TS 119 602 §6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedListEntity {
    /// The name by language.
    pub name: LocalizedText,
    /// The identifier that makes the organization the same across lists and certificates, such as `NTRMA-12345`; on the
    /// wire the first `TETradeName`. It stands once in a list; the form is not checked.
    pub organization_identifier: String,
    /// The page that tells more about the organization.
    pub information_uri: String,
    /// The services; an entity without one is read, and trusted for nothing.
    pub services: Vec<TrustedListService>,
}

/// One service of an entity: certificate authorities and what their certificates are good for (TS 119 602 §6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedListService {
    /// The name by language.
    pub name: LocalizedText,
    /// The certificate authorities under which the service's signers stand. A certificate that is no authority is read,
    /// and no chain ends under it.
    pub authorities: Vec<Certificate>,
    /// Whether the service may be relied on.
    pub status: ServiceStatus,
    /// When the status began: nothing that was issued before that day is accepted from the service.
    pub since: UnixTime,
    /// The credential types that the service may issue; only the lists of issuers are asked for them.
    pub credential_types: Vec<String>,
}

/// Whether a service may be relied on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    /// The service is approved.
    Granted,
    /// The service is stopped for the time being.
    Suspended,
    /// The service has ended.
    Withdrawn,
}

impl ServiceStatus {
    const ALL: [Self; 3] = [Self::Granted, Self::Suspended, Self::Withdrawn];

    /// Returns the `ServiceStatus` URI.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Granted => "urn:mahfada:service-status:granted",
            Self::Suspended => "urn:mahfada:service-status:suspended",
            Self::Withdrawn => "urn:mahfada:service-status:withdrawn",
        }
    }

    /// Finds the status by its exact URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.uri() == uri)
    }
}

impl TrustedListService {
    /// Tells whether the service is granted at this time.
    #[must_use]
    pub fn is_granted(&self, at: UnixTime) -> bool {
        self.status == ServiceStatus::Granted && self.since <= at.plus(mahfada_base::CLOCK_SKEW)
    }

    pub(crate) fn is_entitled_to(&self, credential_type: &str) -> bool {
        self.credential_types.iter().any(|entitled| entitled == credential_type)
    }
}
