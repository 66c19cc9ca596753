//! Files a verdict: at most one per presentation, with its audit record and its event, or nothing at all.

use std::collections::BTreeSet;
use std::time::Duration;

use mahfada_base::UnixTime;
use mahfada_events::{EventKind, Events};
use mahfada_storage::{
    AuditRecord, Digest32, NewEvent, Outcome, Presentation, PresentationFlow, Sealed, TokenHash, UnitOfWork,
};
use mahfada_web::token::OpaqueToken;

use super::judgement::Judged;
use super::verdict::{Decision, FiledVerdict};
use super::{record, reuse};
use crate::app::App;
use crate::fault::Fault;

/// Why no verdict was filed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFiled {
    /// Another answer was first.
    #[error("the request was answered before")]
    Consumed,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// One verdict ready for the store.
struct Entry {
    sealed: Sealed,
    audit: AuditRecord,
    event: Option<NewEvent>,
}

/// Why a unit of work left no trace.
enum Unkept {
    Consumed,
    Reused,
}

/// Keeps the verdict if no other answer was first; returns the code that leads the browser back, on the same device.
pub(crate) async fn file(
    app: &App,
    record: &Presentation,
    judged: Judged,
    now: UnixTime,
) -> Result<Option<OpaqueToken>, NotFiled> {
    let code = match record.flow {
        PresentationFlow::SameDevice => Some(OpaqueToken::generate(&*app.random).map_err(Fault::from)?),
        PresentationFlow::CrossDevice => None,
    };
    let code_hash = code.as_ref().map(|code| TokenHash::new(code.hash(app.crypto.digest)));
    let (tags, instead) = match judged.if_reused {
        Some(reused) => (reused.tags, Some(reused.verdict)),
        None => (BTreeSet::new(), None),
    };
    let kept = keep(app, record, &judged.verdict, code_hash, tags, now).await?;
    let (verdict, kept) = match (kept, instead) {
        // A unit of its own, so that the fresh copies beside the one accepted before stay fresh.
        (Err(Unkept::Reused), Some(instead)) => {
            let kept = keep(app, record, &instead, code_hash, BTreeSet::new(), now).await?;
            (instead, kept)
        }
        (kept, _) => (judged.verdict, kept),
    };
    kept.map_err(|_| NotFiled::Consumed)?;
    count(app, record, &verdict, now);
    Ok(code)
}

/// Keeps a verdict in one unit of work, with the marks of the copies that it accepts.
async fn keep(
    app: &App,
    record: &Presentation,
    verdict: &FiledVerdict,
    code: Option<TokenHash>,
    tags: BTreeSet<Digest32>,
    now: UnixTime,
) -> Result<Result<(), Unkept>, Fault> {
    let entry = Entry::of(app, record, verdict)?;
    let tells = entry.event.is_some();
    let (id, endpoints) = (record.id.clone(), app.events.endpoints(&record.tenant));
    let kept = app.storage.execute(move |unit: &mut dyn UnitOfWork| {
        if !reuse::all_new(unit, &tags, now)? {
            return Ok(Outcome::RejectRollback(Unkept::Reused));
        }
        if !unit.presentations().answer(&id, &entry.sealed, code.as_ref())? {
            return Ok(Outcome::RejectRollback(Unkept::Consumed));
        }
        unit.audit().append(&entry.audit)?;
        if let Some(event) = &entry.event {
            Events::record(unit, event, &endpoints)?;
        }
        Ok(Outcome::Commit(()))
    });
    let kept = kept.await?;
    if kept.is_ok() && tells {
        app.events.notify_tenant(&record.tenant);
    }
    Ok(kept)
}

impl Entry {
    fn of(app: &App, record: &Presentation, verdict: &FiledVerdict) -> Result<Self, Fault> {
        Ok(Self {
            sealed: record::seal_verdict(app, &record.id, verdict)?,
            audit: record::audit(app, "wallet", "presentation.answer", &record.id, verdict.outcome()),
            event: counts_now(record, verdict)
                .then(|| event(app, record, verdict))
                .transpose()?,
        })
    }
}

/// On the same device a verdict counts when the citizen is back, and is told to nobody before (TV-32).
fn counts_now(record: &Presentation, verdict: &FiledVerdict) -> bool {
    record.flow == PresentationFlow::CrossDevice || verdict.decision == Decision::Refused
}

/// Makes the event that tells a verdict.
pub(crate) fn event(app: &App, record: &Presentation, verdict: &FiledVerdict) -> Result<NewEvent, Fault> {
    let kind = match verdict.decision {
        Decision::Accepted => EventKind::PresentationVerified,
        Decision::Rejected => EventKind::PresentationRefused,
        Decision::Refused => EventKind::PresentationDeclined,
    };
    let id = record.id.as_str();
    Ok(app.events.draw(&record.tenant, kind, id, Some(verdict.outcome()))?)
}

fn count(app: &App, record: &Presentation, verdict: &FiledVerdict, now: UnixTime) {
    let rp = record.tenant.as_str();
    let outcome = match verdict.decision {
        Decision::Accepted => "verified",
        Decision::Rejected => "refused",
        Decision::Refused => "declined",
    };
    let procedure = app.agency(&record.tenant).map(|agency| agency.procedure(&record.query));
    let failure = verdict.reason.as_deref().unwrap_or_default();
    app.metrics
        .presentation(rp, procedure.unwrap_or_default(), outcome, failure);
    if failure == "access_denied" {
        app.metrics.consent_refused(rp);
    }
    let created = record.expires_at.minus(record::lifetime(record.flow));
    let took = u64::try_from(now.since(created)).unwrap_or(0);
    app.metrics.time_to_present(Duration::from_secs(took));
}
