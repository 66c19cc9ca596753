//! The citizen at the terminal: sees who asks for what, and answers y or N.

use std::io::{BufRead as _, Write as _};

use mahfada_wallet_core::{
    ClaimDisplay, ConsentChoice, ConsentRequest, OfferConsent, PresentationConsent, RequestedCredential, TxCodeRequest,
    VouchedBy,
};

use super::show;
use crate::demo::Language;
use crate::output::{plain, text};
use crate::phone::Citizen;

/// A terminal, or nobody when everything was agreed to before.
#[derive(Debug)]
pub(super) struct Terminal {
    agreed: bool,
    language: Language,
}

impl Terminal {
    pub(super) const fn new(agreed: bool, language: Language) -> Self {
        Self { agreed, language }
    }

    /// Asks a question; only a clear yes is one.
    pub(super) fn asks(&self, question: &str) -> bool {
        self.agreed || is_yes(prompt(&format!("{question} [y/N] ")).as_deref())
    }

    fn show_offer(&self, offer: &OfferConsent) {
        let vct = offer.credential_type.as_str();
        let credential = plain(&show::label(&offer.credential, vct, self.language));
        match &offer.organization_identifier {
            Some(identifier) => text(&format!(
                "{} ({}) offers: {credential}",
                plain(&show::localized(&offer.issuer, self.language)),
                plain(identifier),
            )),
            None => text(&format!(
                "Somebody at {} offers: {credential}",
                plain(&offer.issuer_identifier)
            )),
        }
        if offer.vouched_by == VouchedBy::AnchorsByHand {
            text("  NO REGISTRY vouches for this issuer: only the certificates of --trust do.");
        }
        if offer.organization_identifier.is_none() {
            text("  Its metadata are not signed: only the address says who it is until the credential comes.");
        }
        if offer.needs_card {
            text("  The data of your card go to this issuer.");
        }
        let claims: Vec<String> = offer.claims.iter().map(|claim| claim.path.to_string()).collect();
        text(&format!("  with the claims: {}", plain(&claims.join(", "))));
    }

    fn show_request(&self, request: &PresentationConsent) {
        let who = &request.who;
        let language = self.language.tag();
        let name = who
            .registration
            .as_ref()
            .map_or(&who.name, |registered| &registered.name);
        text(&format!(
            "{} ({}) asks, by the certificate of {}",
            plain(name),
            plain(&who.organization_identifier),
            plain(&who.name)
        ));
        text(&format!("  answer to: {}", plain(&who.host)));
        if let Some(registered) = &who.registration {
            let lines = [
                ("service", registered.service.get(language).unwrap_or_default()),
                ("purpose", registered.purpose.get(language).unwrap_or_default()),
                ("privacy", registered.privacy_policy.as_str()),
                ("support", registered.support_uri.as_str()),
            ];
            for (name, line) in lines {
                text(&format!("  {name}: {}", plain(line)));
            }
        } else {
            text("  NO REGISTRY vouches for this verifier: not for its purpose, not for what it may ask.");
            text("  Only the certificates of --trust do.");
        }
        if request.requested.is_empty() {
            text("  Nothing in this wallet fits; whatever you answer looks like a refusal.");
        }
        let preferred = |credential: &&RequestedCredential| {
            request.preferred.0.get(&credential.query_id) == Some(&credential.credential)
        };
        for credential in request.requested.iter().filter(preferred) {
            self.show_requested(credential);
        }
    }

    fn show_requested(&self, credential: &RequestedCredential) {
        let issuer = show::localized(&credential.issuer, self.language);
        let label = show::label(&credential.label, credential.credential.as_str(), self.language);
        let vouched = match credential.vouched_by {
            VouchedBy::Registry => "",
            VouchedBy::AnchorsByHand => " (not registered)",
        };
        text(&format!("  from {} of {}{vouched}:", plain(&label), plain(&issuer)));
        for claim in &credential.disclose {
            text(&format!("    shown:        {}", line(claim)));
        }
        for claim in &credential.always_shown {
            text(&format!("    always shown: {}", line(claim)));
        }
        let hidden: Vec<String> = credential.hidden.iter().map(ToString::to_string).collect();
        text(&format!("    hidden:       {}", plain(&hidden.join(", "))));
    }
}

impl Citizen for Terminal {
    fn decide(&mut self, question: &ConsentRequest) -> ConsentChoice {
        let asked = match question {
            ConsentRequest::Offer(offer) => {
                self.show_offer(offer);
                "Accept the offer?"
            }
            ConsentRequest::Presentation(request) => {
                self.show_request(request);
                "Show this?"
            }
            _ => return ConsentChoice::Refuse,
        };
        if self.asks(asked) {
            ConsentChoice::agree()
        } else {
            ConsentChoice::Refuse
        }
    }

    fn tx_code(&mut self, question: &TxCodeRequest) -> Option<String> {
        if question.mistyped {
            text("That cannot be the code.");
        }
        if let Some(description) = &question.rule.description {
            text(&plain(description));
        }
        let typed = if self.agreed {
            None
        } else {
            prompt("Transaction code: ")
        };
        typed.filter(|code| !code.is_empty())
    }
}

fn line(claim: &ClaimDisplay) -> String {
    plain(&format!("{} = {}", claim.path, claim.value))
}

/// Asks for a line; `None` when standard input has ended.
fn prompt(question: &str) -> Option<String> {
    let mut stdout = std::io::stdout();
    write!(stdout, "{question}").and_then(|()| stdout.flush()).ok()?;
    let mut answer = String::new();
    match std::io::stdin().lock().read_line(&mut answer) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(answer.trim().to_owned()),
    }
}

fn is_yes(answer: Option<&str>) -> bool {
    answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert!(is_yes(Some("y")) && is_yes(Some("YES")));
        for answer in [None, Some(""), Some("n"), Some("yeah"), Some("\u{1b}y")] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
