//! From presentations to the verdict that is to be filed.

use std::collections::BTreeSet;

use mahfada_base::UnixTime;
use mahfada_openid4vp::VpToken;
use mahfada_storage::{Digest32, Presentation};
use tokio::time::Instant;

use super::record;
use super::verdict::{FiledVerdict, Verdict};
use super::verify::{Expected, examine};
use crate::agency::Agency;
use crate::app::App;
use crate::fault::Fault;

/// What is filed about an answer.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The verdict.
    pub(crate) verdict: FiledVerdict,
    /// What takes its place when the store finds that a credential was accepted before (TV-39).
    pub(crate) if_reused: Option<IfReused>,
}

/// The digests that must be new to the agency, and the verdict when one is not.
#[derive(Debug)]
pub(crate) struct IfReused {
    pub(crate) tags: BTreeSet<Digest32>,
    pub(crate) verdict: FiledVerdict,
}

impl Judged {
    /// The wallet gave nothing.
    pub(crate) fn declined(code: &'static str) -> Result<Self, Fault> {
        Ok(Self {
            verdict: FiledVerdict::refused(code)?,
            if_reused: None,
        })
    }

    /// Makes every check of presentations.
    pub(crate) async fn of(app: &App, record: &Presentation, vp_token: &VpToken, now: UnixTime) -> Result<Self, Fault> {
        let agency = app.agency(&record.tenant).ok_or(Fault::AgencyGone)?;
        let verdict = check(app, agency, record, vp_token, now).await?;
        if !agency.refuse_reused || !verdict.accepts() {
            return Ok(Self {
                verdict: verdict.file()?,
                if_reused: None,
            });
        }
        Ok(Self {
            if_reused: Some(IfReused {
                tags: app.reuse.of(&record.tenant, vp_token, app.crypto),
                verdict: verdict.clone().reused().file()?,
            }),
            verdict: verdict.first_use().file()?,
        })
    }
}

async fn check(
    app: &App,
    agency: &Agency,
    record: &Presentation,
    vp_token: &VpToken,
    now: UnixTime,
) -> Result<Verdict, Fault> {
    let query = record::query(record)?;
    app.trust.ensure_current(now).await;
    let expected = Expected {
        client_id: &agency.client_id,
        nonce: &record.nonce,
        query: &query,
        max_age: record::lifetime(record.flow),
        now,
    };
    let started = Instant::now();
    let examined = examine(vp_token, expected, &*app.trust.read(), app.crypto);
    app.metrics.verification_step("credentials", started.elapsed());
    let started = Instant::now();
    let needs = examined.status_needs();
    let answers = app.status.answer(needs, &app.trust, now, app.crypto).await;
    app.metrics.verification_step("status", started.elapsed());
    let started = Instant::now();
    let verdict = examined.conclude(&answers);
    app.metrics.verification_step("query", started.elapsed());
    Ok(verdict)
}
