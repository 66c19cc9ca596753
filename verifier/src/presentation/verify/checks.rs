//! The single checks over all presentations of an answer, and how they are written into the report.

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::{CheckStatus, Report, UnixTime};
use mahfada_credential::{CredentialFormat, IssuerTrust, UnverifiedCredential, VerifiedCredential};
use mahfada_crypto::CryptoProvider;
use mahfada_openid4vp::{DcqlQuery, VpToken};
use mahfada_sd_jwt::KeyBindingExpectation;

use super::Expected;
use super::refusal::Refusal;

/// The checks between decryption and status, in order.
pub(super) const CHECKS: [&str; 5] = ["format", "issuer_trust", "issuer_signature", "validity", "key_binding"];

/// How one check ended over several presentations; the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    NotChecked(&'static str),
    Passed,
    Warning(&'static str),
    Failed(&'static str, &'static str),
}

impl Line {
    /// Keeps the worse of two; of two failures the first.
    pub(super) const fn and(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    pub(super) const fn holds(self) -> bool {
        !matches!(self, Self::Failed(..))
    }

    pub(super) fn record(self, report: &mut Report, check: &'static str) {
        match self {
            Self::NotChecked(why) => report.not_checked(check, why),
            Self::Passed => report.passed(check),
            Self::Warning(detail) => report.warning(check, detail),
            Self::Failed(code, detail) => report.failed(code, detail),
        }
    }

    const fn weight(self) -> u8 {
        match self {
            Self::NotChecked(_) => 0,
            Self::Passed => 1,
            Self::Warning(_) => 2,
            Self::Failed(..) => 3,
        }
    }
}

/// Reads each presentation in the format that its query names, never in one guessed from the text (decision D4).
pub(super) fn parse(
    vp_token: &VpToken,
    query: &DcqlQuery,
) -> Result<BTreeMap<String, Vec<UnverifiedCredential>>, Refusal> {
    let known = vp_token
        .iter()
        .filter_map(|(id, texts)| query.credential(id).map(|wanted| (wanted, texts)));
    known
        .map(|(wanted, texts)| {
            let format = CredentialFormat::from_name(&wanted.format).ok_or(Refusal::Format)?;
            let parsed = texts
                .iter()
                .map(|text| UnverifiedCredential::parse(format, text))
                .collect::<Result<_, _>>()?;
            Ok((wanted.id.clone(), parsed))
        })
        .collect()
}

/// Decides who signed, checks the signature and the times; of several faults the earliest check is named.
pub(super) fn verify(
    parsed: BTreeMap<String, Vec<UnverifiedCredential>>,
    trust: &dyn IssuerTrust,
    now: UnixTime,
    crypto: &CryptoProvider,
) -> Result<BTreeMap<String, Vec<VerifiedCredential>>, Refusal> {
    let (mut verified, mut first): (BTreeMap<String, Vec<VerifiedCredential>>, Option<Refusal>) = Default::default();
    for (id, credentials) in parsed {
        let held = verified.entry(id).or_default();
        for credential in credentials {
            match credential.verify(trust, now, crypto) {
                Ok(credential) => held.push(credential),
                Err(error) => first = Some(Refusal::from(error).or_earlier(first)),
            }
        }
    }
    first.map_or(Ok(verified), Err)
}

/// Checks that the holder made each presentation for this request.
///
/// Whether it is demanded is decided by the query alone, never by what came (TV-05).
pub(super) fn key_bindings(
    verified: &BTreeMap<String, Vec<VerifiedCredential>>,
    expected: &Expected<'_>,
    crypto: &CryptoProvider,
) -> Result<(), Refusal> {
    let expectation = KeyBindingExpectation {
        audience: expected.client_id,
        nonce: expected.nonce,
        max_age: expected.max_age,
    };
    for (_, credential) in bound(verified, expected.query) {
        credential
            .sd_jwt()
            .verify_key_binding(&expectation, expected.now, crypto)?;
    }
    Ok(())
}

/// Writes the lines of checks that all hold.
pub(super) fn record_until_key_binding(
    report: &mut Report,
    verified: &BTreeMap<String, Vec<VerifiedCredential>>,
    query: &DcqlQuery,
) {
    if verified.values().all(Vec::is_empty) {
        return CHECKS
            .into_iter()
            .for_each(|check| report.not_checked(check, "no presentation answers the query"));
    }
    report.passed("format");
    let issuers: BTreeSet<String> = verified
        .values()
        .flatten()
        .map(|credential| {
            let issuer = credential.issuer();
            format!(
                "{} ({}), list {}",
                issuer.name("fr"),
                issuer.organization_identifier(),
                issuer.list_sequence()
            )
        })
        .collect();
    let issuers = issuers.into_iter().collect::<Vec<_>>().join("; ");
    report.record(
        "issuer_trust",
        CheckStatus::Passed,
        Some(issuers).filter(|text| !text.is_empty()),
    );
    report.passed("issuer_signature");
    report.passed("validity");
    if bound(verified, query).next().is_some() {
        report.passed("key_binding");
    } else {
        report.not_checked("key_binding", "the query asks for no proof of the holder's key");
    }
}

fn bound<'a>(
    verified: &'a BTreeMap<String, Vec<VerifiedCredential>>,
    query: &'a DcqlQuery,
) -> impl Iterator<Item = (&'a str, &'a VerifiedCredential)> {
    verified
        .iter()
        .filter(|(id, _)| {
            query
                .credential(id)
                .is_none_or(|wanted| wanted.require_cryptographic_holder_binding)
        })
        .flat_map(|(id, credentials)| credentials.iter().map(move |credential| (id.as_str(), credential)))
}
