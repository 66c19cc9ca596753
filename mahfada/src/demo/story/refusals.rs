//! What must be refused, and by whom.

use mahfada_wallet_core::{IssuanceError, PresentationError};
use serde_json::{Value, json};

use super::scenes::{
    COPIES, code_of, make_offer, query, refused, require, require_reason, require_refusal, tell_verdict, unexpected,
};
use super::{Sabotage, StepReport, Story};
use crate::demo::world::PID;
use crate::demo::{DemoError, forger};
use crate::phone::{FlowError, Hands};

impl Story {
    /// The agency's own verifier knows what the agency is registered for.
    pub(super) async fn over_asking(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
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
        let refusal = self.phone.present(&request.text("deep_link")?, Hands::agreeing()).await;
        require_refusal(
            refusal.map_err(|error| code_of(&error, PresentationError::code)),
            "over_asking",
            report,
        )
    }

    /// Trust is not "some valid certificate": the registry says who may sign which type.
    pub(super) async fn usurper(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let offer = make_offer(&self.world, "usurped-pid").await?;
        let hands = Hands {
            tx_code: Some(offer.text("tx_code")?),
            ..Hands::agreeing()
        };
        let received = self.phone.redeem(&offer.text("offer_uri")?, hands, 1).await;
        require_refusal(
            received.map_err(|error| code_of(&error, IssuanceError::code)),
            "issuer_not_entitled",
            report,
        )?;
        let place = self.world.narsa.clone();
        let query = query(&[("pid", PID, &["family_name", "given_name", "birthdate", "address"])]);
        let request = self.ask(&place, &query, "cross_device").await?;
        let (signer, status) = match sabotage {
            Sabotage::None => (&self.world.cnss_signer, "cnss"),
            Sabotage::Applied => (&self.world.dgsn_signer, "pid"),
        };
        let status_uri = format!("{}/{status}/status/1", self.world.dgsn.public_url);
        forger::answer(&self.world.https, &request.text("deep_link")?, signer, &status_uri).await?;
        let verdict = self.verdict(&place, &request).await?;
        tell_verdict(&verdict, report);
        require_reason(&verdict, "issuer_not_entitled")
    }

    /// Files can be copied, the key of the chip cannot.
    pub(super) async fn copied_card(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
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
                require(reason == "aa_signature_invalid", "refused for another reason")
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Revocation acts on the issuance, so on every copy, and shows at once.
    pub(super) async fn revocation(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let office = self.world.dgsn.clone();
        let list = self
            .world
            .https
            .get(&format!("{}/v1/issuances", office.management_url), &office.api_key)
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
                .post(&url, &office.api_key, &json!({ "reason": "holder_request" }))
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
}
