//! Trust, card, offer and store; and what every scene is told and judged with.

use std::fmt::Display;

use mahfada_wallet_core::{ConsentRequest, PresentationConsent};
use serde_json::{Value, json};

use super::{Sabotage, StepReport, Story};
use crate::demo::DemoError;
use crate::demo::office::Answer;
use crate::demo::world::{Place, World};
use crate::phone::{FlowError, Hands, MemoryHardware, Phone};

/// How many copies of a credential the wallet asks for.
pub(super) const COPIES: u8 = 10;

impl Story {
    /// Everyone starts from the pinned root document; a wallet with another one gets nowhere.
    pub(super) async fn registry(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let url = self.world.registry.public_url.clone();
        if sabotage == Sabotage::Applied {
            // A wallet pinned to the root of another country.
            let other = World::start().await?;
            let file = self.world.folder().join("other-wallet.sealed");
            let hardware = Box::new(MemoryHardware::new()?);
            self.phone = Phone::new(self.world.https.client().clone(), hardware, &other.pinned_root, file)?;
        }
        self.phone.update_trust(&url).await.map_err(refused)?;
        let registry = self
            .phone
            .registry()
            .ok_or_else(|| unexpected("there is no registry"))?;
        let root = registry.root().document();
        report.line(format!(
            "root document {}: {} of {} officers",
            root.version,
            root.threshold,
            root.officers.len()
        ));
        for role in mahfada_trust::TrustRole::ALL {
            let list = registry.list(role).ok_or_else(|| unexpected("a list is missing"))?;
            report.line(format!("{}: {} entities", role.slug(), list.entities().len()));
        }
        Ok(())
    }

    /// PACE apart, what happens between phone and chip; then OpenID4VCI with the keys committed before.
    pub(super) async fn card(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let mut chip = match sabotage {
            Sabotage::None => self.world.card.chip(),
            Sabotage::Applied => self.world.card.copied_chip(),
        };
        let issuer = self.world.pid_issuer();
        let received = self
            .phone
            .tap_card(&issuer, "pid", &mut chip, COPIES)
            .await
            .map_err(refused)?;
        let claims = received.claims();
        let shown = |name: &str| claims.get(name).map(ToString::to_string).unwrap_or_default();
        report.line(format!("issuer: {}", self.name(received.issuer())));
        report.line(format!(
            "{} {} · {} {}",
            shown("given_name"),
            shown("family_name"),
            shown("given_name_ar"),
            shown("family_name_ar")
        ));
        report.line(format!("assurance: {}", shown("assurance")));
        report.line(format!(
            "{} copies, each with its own key and status index",
            received.copies().len()
        ));
        require(
            received.copies().len() == usize::from(COPIES),
            "not as many copies as asked for",
        )?;
        require(claims.get("family_name_ar").is_some(), "the Arabic name is lost")?;
        self.phone.keep(&received).map_err(refused)?;
        Ok(())
    }

    /// The back office makes the offer; the code reaches the citizen by another way.
    pub(super) async fn offer(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        for by_reference in [false, true] {
            let offer = make_offer(&self.world, "cnss-rights").await?;
            let member = if by_reference {
                "offer_uri_by_reference"
            } else {
                "offer_uri"
            };
            let tx_code = match sabotage {
                Sabotage::None => offer.text("tx_code")?,
                Sabotage::Applied => "000000".to_owned(),
            };
            let hands = Hands {
                tx_code: Some(tx_code),
                ..Hands::agreeing()
            };
            let received = self
                .phone
                .redeem(&offer.text(member)?, hands, 2)
                .await
                .map_err(refused)?;
            report.line(format!(
                "{member}: {} from {}",
                received.credential_type(),
                self.name(received.issuer())
            ));
            if !by_reference {
                self.phone.keep(&received).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Nothing lies in clear on the phone, and a changed byte is noticed.
    pub(super) fn store(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let file = self.phone.store_file().clone();
        if sabotage == Sabotage::Applied {
            let mut bytes = std::fs::read(&file)?;
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            std::fs::write(&file, bytes)?;
        }
        self.phone.reopen().map_err(refused)?;
        let bytes = std::fs::read(&file)?;
        require(
            !contains(&bytes, b"FASSI") && !contains(&bytes, b"dc+sd-jwt"),
            "the store is readable on disk",
        )?;
        for held in self.phone.store.credentials() {
            let verified = held.verify(&self.phone.context().map_err(refused)?).map_err(refused)?;
            report.line(format!(
                "{}: {} copies unspent",
                verified.credential_type(),
                held.unspent()
            ));
        }
        report.line(format!(
            "{} bytes, sealed, generation {}",
            bytes.len(),
            self.phone.store.generation()
        ));
        Ok(())
    }

    pub(super) async fn post_query(&self, place: &Place, query: &Value, flow: &str) -> Result<Answer, DemoError> {
        let url = format!("{}/v1/presentations", place.management_url);
        self.world
            .https
            .post(&url, &place.api_key, &json!({ "query": query, "flow": flow }))
            .await
    }

    pub(super) async fn ask(&self, place: &Place, query: &Value, flow: &str) -> Result<Answer, DemoError> {
        let answer = self.post_query(place, query, flow).await?;
        require(
            answer.status == 201,
            &format!("the verifier did not ask: {} {}", answer.status, answer.body),
        )?;
        Ok(answer)
    }

    pub(super) async fn verdict(&self, place: &Place, request: &Answer) -> Result<Value, DemoError> {
        let id = request.text("presentation_id")?;
        let url = format!("{}/v1/presentations/{id}", place.management_url);
        Ok(self.world.https.get(&url, &place.api_key).await?.body)
    }

    fn name(&self, names: &std::collections::BTreeMap<String, String>) -> String {
        names
            .get(self.language.tag())
            .or_else(|| names.values().next())
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn tell_consent(&self, report: &mut StepReport) {
        let Some(ConsentRequest::Presentation(question)) = &self.phone.last_question else {
            return;
        };
        let PresentationConsent { who, requested, .. } = question;
        let [says_who, why, shown, hidden] = self.language.consent();
        if let Some(registered) = &who.registration {
            report.line(format!(
                "{says_who}: {} ({})",
                registered.name, who.organization_identifier
            ));
            let purpose = registered.purpose.get(self.language.tag());
            report.line(format!("{why}: {}", purpose.unwrap_or_default()));
        }
        for credential in requested {
            report.line(format!(
                "{shown}: {}",
                list(credential.disclose.iter().map(|claim| &claim.path))
            ));
            report.line(format!("{hidden}: {}", list(&credential.hidden)));
        }
    }
}

impl StepReport {
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

pub(super) async fn make_offer(world: &World, configuration: &str) -> Result<Answer, DemoError> {
    let url = format!("{}/v1/offers", world.cnss.management_url);
    let body = json!({ "credential_configuration_id": configuration, "subject": "M-0001", "tx_code": true });
    let answer = world.https.post(&url, &world.cnss.api_key, &body).await?;
    require(
        answer.status == 201,
        &format!("no offer: {} {}", answer.status, answer.body),
    )?;
    Ok(answer)
}

/// Writes a DCQL query: a credential of a type with claims at the top level, all of them wanted.
pub(super) fn query(credentials: &[(&str, &str, &[&str])]) -> Value {
    let credentials: Vec<_> = credentials
        .iter()
        .map(|(id, vct, claims)| {
            let claims: Vec<_> = claims.iter().map(|name| json!({ "path": [name] })).collect();
            json!({ "id": id, "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims })
        })
        .collect();
    json!({ "credentials": credentials })
}

pub(super) fn tell_verdict(verdict: &Value, report: &mut StepReport) {
    for check in verdict.get("verdict").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| check.get(name).and_then(Value::as_str).unwrap_or_default();
        let mark = match text("status") {
            "passed" => '✔',
            "warning" => '!',
            "not_checked" => '·',
            _ => '✘',
        };
        report.line(
            format!("{mark} {} {}", text("code"), text("detail"))
                .trim_end()
                .to_owned(),
        );
    }
}

pub(super) fn require_accepted(verdict: &Value) -> Result<(), DemoError> {
    require(
        verdict.get("accepted") == Some(&Value::Bool(true)),
        &format!("the verdict is no acceptance: {verdict}"),
    )
}

pub(super) fn require_reason(verdict: &Value, reason: &str) -> Result<(), DemoError> {
    require(
        verdict.get("accepted") == Some(&Value::Bool(false)),
        "the presentation was accepted",
    )?;
    require(
        verdict.get("reason") == Some(&json!(reason)),
        &format!("refused for another reason: {verdict}"),
    )
}

pub(super) fn require_refusal<T>(
    outcome: Result<T, String>,
    code: &str,
    report: &mut StepReport,
) -> Result<(), DemoError> {
    match outcome {
        Ok(_) => Err(unexpected("the wallet took part")),
        Err(found) => {
            report.line(format!("the wallet refuses: {found}"));
            require(found == code, &format!("refused for another reason: {found}"))
        }
    }
}

pub(super) fn code_of<E: std::error::Error + 'static>(
    error: &FlowError<E>,
    code: impl Fn(&E) -> &'static str,
) -> String {
    match error {
        FlowError::Wallet(error) => code(error).to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn require(holds: bool, otherwise: &str) -> Result<(), DemoError> {
    if holds { Ok(()) } else { Err(unexpected(otherwise)) }
}

pub(super) fn refused(error: impl std::error::Error) -> DemoError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    DemoError::Unexpected(text)
}

pub(super) fn unexpected(text: &str) -> DemoError {
    DemoError::Unexpected(text.to_owned())
}

fn list<T: Display>(paths: impl IntoIterator<Item = T>) -> String {
    paths
        .into_iter()
        .map(|path| path.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
