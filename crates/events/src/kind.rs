//! The kinds of events.

use std::fmt;

/// What happened, under a name that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A wallet redeemed an offer's code.
    OfferRedeemed,
    /// An offer's code was burnt, by wrong transaction codes or by its issuer.
    OfferBurnt,
    /// A credential was issued.
    CredentialIssued,
    /// An issuance was revoked, for ever.
    IssuanceRevoked,
    /// An issuance was suspended.
    IssuanceSuspended,
    /// A suspended issuance was reinstated.
    IssuanceReinstated,
    /// A wallet fetched the request of a presentation.
    PresentationRequested,
    /// A presentation was accepted.
    PresentationVerified,
    /// A presentation was judged and refused.
    PresentationRefused,
    /// The wallet answered a presentation with an error, such as the citizen's no.
    PresentationDeclined,
    /// The citizen came back to the agency's page after a presentation.
    PresentationCompleted,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::OfferRedeemed,
        Self::OfferBurnt,
        Self::CredentialIssued,
        Self::IssuanceRevoked,
        Self::IssuanceSuspended,
        Self::IssuanceReinstated,
        Self::PresentationRequested,
        Self::PresentationVerified,
        Self::PresentationRefused,
        Self::PresentationDeclined,
        Self::PresentationCompleted,
    ];

    /// Returns the name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfferRedeemed => "offer.redeemed",
            Self::OfferBurnt => "offer.burnt",
            Self::CredentialIssued => "credential.issued",
            Self::IssuanceRevoked => "issuance.revoked",
            Self::IssuanceSuspended => "issuance.suspended",
            Self::IssuanceReinstated => "issuance.reinstated",
            Self::PresentationRequested => "presentation.requested",
            Self::PresentationVerified => "presentation.verified",
            Self::PresentationRefused => "presentation.refused",
            Self::PresentationDeclined => "presentation.declined",
            Self::PresentationCompleted => "presentation.completed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_differ_and_fit_on_a_line() {
        let names: BTreeSet<_> = EventKind::ALL.map(EventKind::as_str).into();
        assert_eq!(names.len(), EventKind::ALL.len());
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'.'))
        );
    }
}
