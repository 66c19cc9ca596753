//! The ids of the records; text that the services choose, kept apart by type.

use mahfada_base::text_newtype;

text_newtype! {
    /// The identifier of a credential issuer, such as `https://host/pid`.
    IssuerId
}
text_newtype! {
    /// The `credential_configuration_id` of the issuer metadata.
    ConfigurationId
}
text_newtype! {
    /// The id under which a credential offer is fetched.
    OfferId
}
text_newtype! {
    /// The `client_id` of a wallet.
    ClientId
}
text_newtype! {
    /// The id of a card session that its challenge carries.
    SessionId
}
text_newtype! {
    /// The id of one issuance: all copies of one credential that were issued together.
    IssuanceId
}
text_newtype! {
    /// The URI of a status list token.
    StatusListUri
}
text_newtype! {
    /// The agency on whose behalf a verifier asks.
    TenantId
}
text_newtype! {
    /// The id of a presentation that the agency sees.
    PresentationId
}
text_newtype! {
    /// The id of a request that the wallet sees; another one than the agency's.
    RequestId
}
text_newtype! {
    /// The short name of a published list, such as `pid-issuers`.
    ListSlug
}

text_newtype! {
    /// The id of an event, random text that the caller draws; the idempotency key of its webhooks.
    EventId
}
text_newtype! {
    /// The name of a configured webhook endpoint.
    WebhookEndpointId
}

/// The place of an event among those of its tenant, counted from 1 without a gap; no number comes twice.
///
/// What happens to other tenants moves no place, so places tell nothing of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventSequence(u64);

impl EventSequence {
    /// Takes the number as it is.
    #[must_use]
    pub const fn new(sequence: u64) -> Self {
        Self(sequence)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The place of an entry in the audit trail, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditSequence(u64);

impl AuditSequence {
    /// The place before the first entry.
    pub const START: Self = Self(0);

    /// Takes the number as it is.
    #[must_use]
    pub const fn new(sequence: u64) -> Self {
        Self(sequence)
    }

    /// Returns the number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}
