//! Two agencies ask, and the citizen answers.

use mahfada_wallet_core::ConsentChoice;
use serde_json::Value;

use super::scenes::{query, refused, require, require_accepted, tell_verdict, unexpected};
use super::{Sabotage, StepReport, Story};
use crate::demo::DemoError;
use crate::demo::world::{CNSS_RIGHTS, PID};
use crate::phone::Hands;

impl Story {
    /// The agency shows a QR code; the citizen scans it with the phone.
    pub(super) async fn cross_device(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let place = self.world.narsa.clone();
        let query = query(&[(
            "pid",
            PID,
            &["family_name", "given_name", "family_name_ar", "birthdate", "address"],
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
    pub(super) async fn same_device(&mut self, sabotage: Sabotage, report: &mut StepReport) -> Result<(), DemoError> {
        let place = self.world.hospital.clone();
        let query = query(&[
            ("pid", PID, &["family_name", "given_name"]),
            ("rights", CNSS_RIGHTS, &["cnss_number", "rights_open"]),
        ]);
        let request = self.ask(&place, &query, "same_device").await?;
        let started = self.world.https.browse(&request.text("start_url")?, None).await?;
        let cookie = started.cookie.ok_or_else(|| unexpected("the browser got no session"))?;
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
}
