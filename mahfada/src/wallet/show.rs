//! What the wallet holds and did, as lines of text.

use std::collections::BTreeMap;

use mahfada_openid4vci::{Display, localized as display_for};
use mahfada_wallet_core::{HeldCredential, LogEntry, LogOutcome, PresentationOutcome, ReceivedBatch, VouchedBy};

use crate::demo::Language;
use crate::output::{plain, text};

/// Picks the name in a language, or any.
pub(super) fn localized(names: &BTreeMap<String, String>, language: Language) -> String {
    let found = names.get(language.tag()).or_else(|| names.values().next());
    found.cloned().unwrap_or_default()
}

/// Picks what people call a credential, or what machines do.
pub(super) fn label(names: &[Display], otherwise: &str, language: Language) -> String {
    display_for(names, language.tag())
        .and_then(|display| display.name.as_deref())
        .unwrap_or(otherwise)
        .to_owned()
}

/// Shows a credential before it is kept: the citizen alone can tell whether it is about the right person.
pub(super) fn received(batch: &ReceivedBatch, language: Language) {
    let name = label(&batch.metadata().display, batch.credential_type().as_str(), language);
    text(&format!(
        "Received from {} ({}): {}, {} copies",
        plain(&localized(batch.issuer(), language)),
        plain(batch.organization_identifier()),
        plain(&name),
        batch.copies().len()
    ));
    for (name, value) in batch.claims().as_object().into_iter().flatten() {
        text(&format!("  {}", plain(&format!("{name} = {value}"))));
    }
}

/// Shows every credential with its name in the wallet; nothing is verified anew.
pub(super) fn credentials(held: &[HeldCredential], language: Language) {
    for credential in held {
        let vct = credential.credential_type().as_str();
        text(&format!(
            "{}  {}  {} of {} ({}), {}, since {}, {} unspent",
            credential.id(),
            plain(vct),
            plain(&label(&credential.metadata().display, vct, language)),
            plain(&localized(credential.issuer(), language)),
            plain(credential.organization_identifier()),
            vouched(credential.vouched_by()),
            credential.received_at().to_rfc3339(),
            credential.unspent(),
        ));
    }
    if held.is_empty() {
        text("No credentials.");
    }
}

/// Shows who got what; names of claims, no values.
pub(super) fn history(log: &[LogEntry]) {
    for entry in log {
        let claims: Vec<String> = entry
            .claims
            .iter()
            .map(|claim| format!("{}:{}", claim.query_id, claim.path))
            .collect();
        text(&format!(
            "{}  {}  {} ({}), {}  {}",
            entry.at.to_rfc3339(),
            word(entry.outcome),
            plain(&entry.name),
            plain(&entry.organization_identifier),
            vouched(entry.vouched_by),
            plain(&claims.join(", ")),
        ));
    }
    if log.is_empty() {
        text("No presentations.");
    }
}

/// Shows how a presentation ended, and where it goes on.
pub(super) fn outcome(outcome: &PresentationOutcome) {
    text(match outcome.outcome {
        LogOutcome::Presented => "Presented.",
        LogOutcome::Refused => "Refused; the verifier was told no more than that.",
        LogOutcome::NothingFits => "Nothing fits; to the verifier it looks like a refusal.",
        LogOutcome::RevealsTooMuch => {
            "Refused by the wallet: what fits would show more than the verifier is registered for. \
             To the verifier it looks like any refusal."
        }
    });
    if let Some(uri) = &outcome.redirect_uri {
        text(&format!("Go on in the browser: {}", plain(uri)));
    }
}

/// Says who vouches.
pub(super) const fn vouched(by: VouchedBy) -> &'static str {
    match by {
        VouchedBy::Registry => "registered",
        VouchedBy::AnchorsByHand => "NOT registered, believed by --trust alone",
    }
}

const fn word(outcome: LogOutcome) -> &'static str {
    match outcome {
        LogOutcome::Presented => "presented",
        LogOutcome::Refused => "refused",
        LogOutcome::NothingFits => "nothing fits",
        LogOutcome::RevealsTooMuch => "shows too much",
    }
}
