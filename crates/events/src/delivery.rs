//! The sender of webhooks: claim, sign, post, and settle what came of it.
//!
//! An endpoint with deliveries under way is passed over when more are claimed, so a slow one holds up nobody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mahfada_base::Seconds;
use mahfada_storage::{StorageError, UnitOfWork, WebhookDelivery, WebhookEndpointId};
use mahfada_web::client::OutboundError;
use tokio::task::{Id, JoinSet};

use crate::handle::Shared;
use crate::schedule::retry_after;
use crate::signature::SecretFormError;
use crate::{config::Endpoint, payload};

/// How long a claim lasts; well over the time that one attempt may take.
const LEASE: Seconds = 60;
/// How many deliveries are claimed together, and so the most that one endpoint has under way.
const BATCH: u32 = 16;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error("the endpoint is not configured")]
    UnknownEndpoint,
    #[error("the endpoint belongs to another tenant")]
    ForeignTenant,
    #[error("the endpoint is gone")]
    Gone,
    #[error("the endpoint answered {0}")]
    Status(u16),
    #[error("the endpoint was not reached")]
    Outbound(#[from] OutboundError),
    #[error("the message cannot be signed")]
    Secret(#[from] SecretFormError),
    #[error("the message cannot be written")]
    Message(#[from] serde_json::Error),
    #[error("the request cannot be made")]
    Request(#[from] http::Error),
}

impl AttemptError {
    const fn code(&self) -> &'static str {
        match self {
            Self::UnknownEndpoint => "webhook_unknown_endpoint",
            Self::ForeignTenant => "webhook_foreign_tenant",
            Self::Gone => "webhook_gone",
            Self::Status(_) => "webhook_status",
            Self::Outbound(error) => error.code(),
            Self::Secret(_) | Self::Message(_) | Self::Request(_) => "webhook_message",
        }
    }

    /// Tells whether no later attempt can end otherwise.
    const fn is_final(&self) -> bool {
        matches!(self, Self::Gone | Self::ForeignTenant)
    }
}

/// Sends what is due until it is dropped.
pub(crate) async fn run(shared: &Arc<Shared>) {
    let mut news = shared.deliveries.subscribe();
    let mut under_way = UnderWay::default();
    loop {
        news.mark_unchanged();
        if let Err(error) = under_way.claim(shared).await {
            tracing::warn!(code = error.code(), "webhook deliveries cannot be claimed");
        }
        tokio::select! {
            // The sender of news lives in `shared`, so an error cannot come.
            _ = news.changed() => {}
            () = under_way.one_ends() => {}
            () = pause(shared) => {}
        }
    }
}

async fn pause(shared: &Shared) {
    drop(tokio::time::timeout(shared.poll, std::future::pending::<()>()).await);
}

/// The attempts that run, and where they go.
#[derive(Debug, Default)]
struct UnderWay {
    attempts: JoinSet<()>,
    endpoints: HashMap<Id, WebhookEndpointId>,
}

impl UnderWay {
    /// Claims and starts batches until nothing more is due at endpoints without an attempt under way.
    async fn claim(&mut self, shared: &Arc<Shared>) -> Result<(), StorageError> {
        loop {
            let busy: Vec<_> = self.endpoints.values().cloned().collect();
            let now = shared.clock.now();
            let passed_over = busy.clone();
            // Asked beside the units of work: a look for nothing holds up nobody's.
            let is_due = shared
                .storage
                .read(move |reading| reading.webhook_is_due(&passed_over, now));
            if !is_due.await? {
                return Ok(());
            }
            let claim = move |unit: &mut dyn UnitOfWork| {
                let deliveries = unit.webhook_deliveries();
                deliveries.claim_due_beside(&busy, now, now.plus(LEASE), BATCH)
            };
            let claimed = shared.run(claim).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            for delivery in claimed {
                let endpoint = delivery.endpoint.clone();
                let handle = self.attempts.spawn(attempt(Arc::clone(shared), delivery));
                self.endpoints.insert(handle.id(), endpoint);
            }
        }
    }

    /// Waits for the end of an attempt; for ever when none runs.
    async fn one_ends(&mut self) {
        let ended = match self.attempts.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(broken)) => broken.id(),
            None => return std::future::pending().await,
        };
        self.endpoints.remove(&ended);
    }
}

async fn attempt(shared: Arc<Shared>, delivery: WebhookDelivery) {
    let sent = send(&shared, &delivery).await;
    if let Err(error) = settle(&shared, delivery, sent).await {
        // The lease runs out, and the delivery is sent again under the same id.
        tracing::warn!(code = error.code(), "the end of a webhook delivery cannot be stored");
    }
}

async fn send(shared: &Shared, delivery: &WebhookDelivery) -> Result<(), AttemptError> {
    let endpoint = shared.endpoints.get(&delivery.endpoint);
    let endpoint = endpoint.ok_or(AttemptError::UnknownEndpoint)?;
    if endpoint.tenant != delivery.event.tenant {
        return Err(AttemptError::ForeignTenant);
    }
    let request = request(shared, endpoint, delivery)?;
    let status = shared.client.send_for_status(request).await?;
    match status.as_u16() {
        200..=299 => Ok(()),
        410 => Err(AttemptError::Gone),
        status => Err(AttemptError::Status(status)),
    }
}

/// Makes the request of Standard Webhooks: the id of the event, the time of this attempt, the signature over both.
fn request(
    shared: &Shared,
    endpoint: &Endpoint,
    delivery: &WebhookDelivery,
) -> Result<http::Request<Vec<u8>>, AttemptError> {
    let (id, now) = (&delivery.event.id, shared.clock.now());
    let body = payload::webhook(&delivery.event)?;
    let signature = endpoint.secret.sign(id, now, &body)?;
    let request = http::Request::post(&endpoint.url)
        .header(http::header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id.as_str())
        .header("webhook-timestamp", now.seconds())
        .header("webhook-signature", signature)
        .body(body)?;
    Ok(request)
}

async fn settle(
    shared: &Shared,
    delivery: WebhookDelivery,
    sent: Result<(), AttemptError>,
) -> Result<(), StorageError> {
    let Err(error) = sent else {
        let delivered = move |unit: &mut dyn UnitOfWork| {
            let deliveries = unit.webhook_deliveries();
            deliveries.delivered(&delivery.endpoint, &delivery.event.id)
        };
        return shared.run(delivered).await.map(drop);
    };
    shared.failures.fetch_add(1, Ordering::Relaxed);
    let pause = if error.is_final() {
        None
    } else {
        retry_after(delivery.attempts)
    };
    tracing::warn!(
        code = error.code(),
        endpoint = %delivery.endpoint,
        event = %delivery.event.id,
        attempts = delivery.attempts,
        given_up = pause.is_none(),
        "webhook not delivered",
    );
    let due_at = pause.map(|pause| shared.clock.now().plus(pause));
    let settled = move |unit: &mut dyn UnitOfWork| {
        let deliveries = unit.webhook_deliveries();
        match due_at {
            Some(due_at) => deliveries.retry_at(&delivery.endpoint, &delivery.event.id, due_at),
            None => deliveries.give_up(&delivery.endpoint, &delivery.event.id),
        }
    };
    if shared.run(settled).await? && due_at.is_none() {
        shared.given_up.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
