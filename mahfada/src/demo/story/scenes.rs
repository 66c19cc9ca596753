//! What happens in each step.

use std::fmt::Display;

use mahfada_wallet_core::{ConsentChoice, ConsentRequest, PresentationConsent};
use serde_json::{Value, json};

use super::{Sabotage, StepReport, Story};
use crate::demo::office::Answer;
use crate::demo::phone::{FlowError, Hands, Phone};
use crate::demo::world::{CNSS_RIGHTS, PID, Place, World};
use crate::demo::{DemoError, forger};

/// How many copies of a credential the wallet asks for.
const COPIES: u8 = 10;

impl Story {
    /// Everyone starts from the pinned root document; a wallet with another one gets nowhere.
    pub(super) async fn registry(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let url = self.world.registry.public_url.clone();
        if sabotage == Sabotage::Applied {
            // A wallet pinned to the root of another country.
            let other = World::start().await?;
            let file = self.world.folder().join("other-wallet.sealed");
            self.phone = Phone::new(self.world.https.clone(), &other.pinned_root, file)?;
        }
        self.phone.update_trust(&url).await.map_err(refused)?;
        let root = self.phone.trust.root().document();
        report.line(format!(
            "root document {}: {} of {} officers",
            root.version,
            root.threshold,
            root.officers.len()
        ));
        for role in mahfada_trust::TrustRole::ALL {
            let list = self
                .phone
                .trust
                .list(role)
                .ok_or_else(|| unexpected("a list is missing"))?;
            report.line(format!(
                "{}: {} entities",
                role.slug(),
                list.entities().len()
            ));
        }
        Ok(())
    }

    /// PACE apart, what happens between phone and chip; then OpenID4VCI with the keys committed before.
    pub(super) async fn card(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
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
        let shown = |name: &str| {
            claims
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
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
        require(
            claims.get("family_name_ar").is_some(),
            "the Arabic name is lost",
        )?;
        self.phone.keep(&received).map_err(refused)?;
        Ok(())
    }

    /// The back office makes the offer; the code reaches the citizen by another way.
    pub(super) async fn offer(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
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
    pub(super) fn store(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
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
            let verified = held.verify(&self.phone.context()).map_err(refused)?;
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

    /// The agency shows a QR code; the citizen scans it with the phone.
    pub(super) async fn cross_device(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let place = self.world.narsa.clone();
        let query = query(&[(
            "pid",
            PID,
            &[
                "family_name",
                "given_name",
                "family_name_ar",
                "birthdate",
                "address",
            ],
        )]);
        let request = self.ask(&place, &query, "cross_device").await?;
        let choice = match sabotage {
            Sabotage::None => ConsentChoice::agree(),
            Sabotage::Applied => ConsentChoice::Refuse,
        };
        let hands = Hands {
            choice,
            ..Hands::agreeing()
        };
        self.phone
            .present(&request.text("deep_link")?, hands)
            .await
            .map_err(refused)?;
        self.tell_consent(report);
        let verdict = self.verdict(&place, &request).await?;
        tell_verdict(&verdict, report);
        require_accepted(&verdict)
    }

    /// The citizen starts in the browser, comes back to it, and only then the answer counts.
    pub(super) async fn same_device(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let place = self.world.hospital.clone();
        let query = query(&[
            ("pid", PID, &["family_name", "given_name"]),
            ("rights", CNSS_RIGHTS, &["cnss_number", "rights_open"]),
        ]);
        let request = self.ask(&place, &query, "same_device").await?;
        let started = self
            .world
            .https
            .browse(&request.text("start_url")?, None)
            .await?;
        let cookie = started
            .cookie
            .ok_or_else(|| unexpected("the browser got no session"))?;
        let outcome = self
            .phone
            .present(&request.text("deep_link")?, Hands::agreeing())
            .await
            .map_err(refused)?;
        self.tell_consent(report);
        let back = outcome
            .redirect_uri
            .ok_or_else(|| unexpected("the wallet was not sent back to the browser"))?;
        let before = self.verdict(&place, &request).await?;
        require(
            before.get("accepted") != Some(&Value::Bool(true)),
            "the answer counted before the citizen was back",
        )?;
        let browser = (sabotage == Sabotage::None).then_some(cookie.as_str());
        let landed = self.world.https.browse(&back, browser).await?;
        report.line(format!("back in the browser that asked: {}", landed.status));
        let verdict = self.verdict(&place, &request).await?;
        tell_verdict(&verdict, report);
        require_accepted(&verdict)
    }

    /// The agency's own verifier knows what the agency is registered for.
    pub(super) async fn over_asking(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let claims: &[&str] = match sabotage {
            Sabotage::None => &["family_name", "personal_administrative_number"],
            Sabotage::Applied => &["family_name"],
        };
        let place = self.world.narsa.clone();
        let answer = self
            .post_query(&place, &query(&[("pid", PID, claims)]), "cross_device")
            .await?;
        report.line(format!("{} {}", answer.status, answer.body));
        require(answer.status == 403, "the verifier did not refuse")?;
        require(
            answer.body.get("code") == Some(&json!("purpose_not_registered")),
            "refused for another reason",
        )
    }

    /// Defence in depth: the registration travels with the request, and the wallet reads it.
    pub(super) async fn careless_verifier(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let claims: &[&str] = match sabotage {
            Sabotage::None => &["family_name", "personal_administrative_number"],
            Sabotage::Applied => &["family_name"],
        };
        let place = self.world.careless.clone();
        let request = self
            .ask(&place, &query(&[("pid", PID, claims)]), "cross_device")
            .await?;
        let refusal = self
            .phone
            .present(&request.text("deep_link")?, Hands::agreeing())
            .await;
        require_refusal(
            refusal.map_err(|error| code_of(&error, |error| error.code())),
            "over_asking",
            report,
        )
    }

    /// Trust is not "some valid certificate": the registry says who may sign which type.
    pub(super) async fn usurper(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let offer = make_offer(&self.world, "usurped-pid").await?;
        let hands = Hands {
            tx_code: Some(offer.text("tx_code")?),
            ..Hands::agreeing()
        };
        let received = self.phone.redeem(&offer.text("offer_uri")?, hands, 1).await;
        require_refusal(
            received.map_err(|error| code_of(&error, |error| error.code())),
            "issuer_not_entitled",
            report,
        )?;
        let place = self.world.narsa.clone();
        let query = query(&[(
            "pid",
            PID,
            &["family_name", "given_name", "birthdate", "address"],
        )]);
        let request = self.ask(&place, &query, "cross_device").await?;
        let (signer, status) = match sabotage {
            Sabotage::None => (&self.world.cnss_signer, "cnss"),
            Sabotage::Applied => (&self.world.dgsn_signer, "pid"),
        };
        let status_uri = format!("{}/{status}/status/1", self.world.dgsn.public_url);
        forger::answer(
            &self.world.https,
            &request.text("deep_link")?,
            signer,
            &status_uri,
        )
        .await?;
        let verdict = self.verdict(&place, &request).await?;
        tell_verdict(&verdict, report);
        require_reason(&verdict, "issuer_not_entitled")
    }

    /// Files can be copied, the key of the chip cannot.
    pub(super) async fn copied_card(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let mut chip = match sabotage {
            Sabotage::None => self.world.card.copied_chip(),
            Sabotage::Applied => self.world.card.chip(),
        };
        let issuer = self.world.pid_issuer();
        let received = self.phone.tap_card(&issuer, "pid", &mut chip, COPIES).await;
        match received {
            Ok(_) => Err(unexpected("the copied card was taken")),
            Err(FlowError::Wallet(error)) => {
                let refusal = error
                    .refusal()
                    .ok_or_else(|| unexpected("the issuer was not the one to refuse"))?;
                let reason = refusal.description.as_deref().unwrap_or_default();
                report.line(format!("the issuer refuses: {} ({reason})", refusal.error));
                require(
                    reason == "aa_signature_invalid",
                    "refused for another reason",
                )
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Revocation acts on the issuance, so on every copy, and shows at once.
    pub(super) async fn revocation(
        &mut self,
        sabotage: Sabotage,
        report: &mut StepReport,
    ) -> Result<(), DemoError> {
        let office = self.world.dgsn.clone();
        let list = self
            .world
            .https
            .get(
                &format!("{}/v1/issuances", office.management_url),
                &office.api_key,
            )
            .await?;
        let id = list
            .body
            .pointer("/0/issuance_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if sabotage == Sabotage::None {
            let url = format!("{}/v1/issuances/{id}/revoke", office.management_url);
            let answer = self
                .world
                .https
                .post(
                    &url,
                    &office.api_key,
                    &json!({ "reason": "holder_request" }),
                )
                .await?;
            report.line(format!("{} {}", answer.status, answer.body));
            require(answer.status == 200, "the issuer did not revoke")?;
        }
        let place = self.world.narsa.clone();
        let query = query(&[("pid", PID, &["family_name", "given_name", "birthdate"])]);
        let request = self.ask(&place, &query, "cross_device").await?;
        self.phone
            .present(&request.text("deep_link")?, Hands::agreeing())
            .await
            .map_err(refused)?;
        let verdict = self.verdict(&place, &request).await?;
        tell_verdict(&verdict, report);
        require_reason(&verdict, "credential_revoked")
    }

    async fn post_query(
        &self,
        place: &Place,
        query: &Value,
        flow: &str,
    ) -> Result<Answer, DemoError> {
        let url = format!("{}/v1/presentations", place.management_url);
        self.world
            .https
            .post(
                &url,
                &place.api_key,
                &json!({ "query": query, "flow": flow }),
            )
            .await
    }

    async fn ask(&self, place: &Place, query: &Value, flow: &str) -> Result<Answer, DemoError> {
        let answer = self.post_query(place, query, flow).await?;
        require(
            answer.status == 201,
            &format!(
                "the verifier did not ask: {} {}",
                answer.status, answer.body
            ),
        )?;
        Ok(answer)
    }

    async fn verdict(&self, place: &Place, request: &Answer) -> Result<Value, DemoError> {
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

    fn tell_consent(&self, report: &mut StepReport) {
        let Some(ConsentRequest::Presentation(question)) = &self.phone.last_question else {
            return;
        };
        let PresentationConsent {
            who,
            purpose,
            requested,
            ..
        } = question;
        let [says_who, why, shown, hidden] = self.language.consent();
        report.line(format!(
            "{says_who}: {} ({})",
            who.registered_name, who.organization_identifier
        ));
        report.line(format!(
            "{why}: {}",
            purpose.get(self.language.tag()).unwrap_or_default()
        ));
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
    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

async fn make_offer(world: &World, configuration: &str) -> Result<Answer, DemoError> {
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
fn query(credentials: &[(&str, &str, &[&str])]) -> Value {
    let credentials: Vec<_> = credentials
        .iter()
        .map(|(id, vct, claims)| {
            let claims: Vec<_> = claims.iter().map(|name| json!({ "path": [name] })).collect();
            json!({ "id": id, "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims })
        })
        .collect();
    json!({ "credentials": credentials })
}

fn tell_verdict(verdict: &Value, report: &mut StepReport) {
    for check in verdict
        .get("verdict")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
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

fn require_accepted(verdict: &Value) -> Result<(), DemoError> {
    require(
        verdict.get("accepted") == Some(&Value::Bool(true)),
        &format!("the verdict is no acceptance: {verdict}"),
    )
}

fn require_reason(verdict: &Value, reason: &str) -> Result<(), DemoError> {
    require(
        verdict.get("accepted") == Some(&Value::Bool(false)),
        "the presentation was accepted",
    )?;
    require(
        verdict.get("reason") == Some(&json!(reason)),
        &format!("refused for another reason: {verdict}"),
    )
}

fn require_refusal<T>(
    outcome: Result<T, String>,
    code: &str,
    report: &mut StepReport,
) -> Result<(), DemoError> {
    match outcome {
        Ok(_) => Err(unexpected("the wallet took part")),
        Err(found) => {
            report.line(format!("the wallet refuses: {found}"));
            require(
                found == code,
                &format!("refused for another reason: {found}"),
            )
        }
    }
}

fn code_of<E: std::error::Error + 'static>(
    error: &FlowError<E>,
    code: impl Fn(&E) -> &'static str,
) -> String {
    match error {
        FlowError::Wallet(error) => code(error).to_owned(),
        other => other.to_string(),
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), DemoError> {
    if holds {
        Ok(())
    } else {
        Err(unexpected(otherwise))
    }
}

fn refused(error: impl std::error::Error) -> DemoError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    DemoError::Unexpected(text)
}

fn unexpected(text: &str) -> DemoError {
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
