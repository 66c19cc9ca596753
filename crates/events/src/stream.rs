//! The stream of a tenant's events (WHATWG HTML §9.2, `text/event-stream`).
//!
//! A task per stream reads pages from the store and hands them to the response over a short queue, so a slow client
//! slows its own task and nothing grows; pages are read beside the units of work. Other processes' events show at the latest with the next keep-alive.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, ResponseError as _};
use mahfada_storage::{Event, EventSequence, StorageError, TenantId};
use mahfada_web::problem::{Problem, ProblemCode};
use tokio::sync::mpsc;

use crate::handle::Shared;
use crate::payload;
use crate::slot::{Slot, Streams};

/// How many events are read at once.
const PAGE: u32 = 64;
/// How many blocks wait for a client.
const QUEUE: usize = 16;
/// How long a client waits before it comes back, in milliseconds.
const RECONNECT_MS: u32 = 3_000;

/// Answers with the stream, or with 429 when the tenant has enough of them.
pub(crate) fn respond(shared: &Arc<Shared>, tenant: TenantId, after: Option<EventSequence>) -> HttpResponse {
    let Some(slot) = Streams::take(&shared.streams, tenant) else {
        return too_many();
    };
    let (sender, blocks) = mpsc::channel(QUEUE);
    // The server asks for the body only while there is room to write, so a body would never give its slot back while its
    // client reads nothing; the task does.
    tokio::spawn(feed_and_log(Arc::clone(shared), slot, after, sender));
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .body(EventStream { blocks })
}

fn too_many() -> HttpResponse {
    let mut response = Problem::of(ProblemCode::TooManyStreams).error_response();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("15"));
    response
}

async fn feed_and_log(shared: Arc<Shared>, slot: Slot, after: Option<EventSequence>, sender: mpsc::Sender<Bytes>) {
    match feed(&shared, &slot, after, &sender).await {
        Err(End::Closed) => {}
        // The client comes back with the last id it has seen.
        Err(End::Storage(error)) => tracing::warn!(code = error.code(), "an event stream ends"),
        Err(End::Event(error)) => tracing::error!(%error, "an event cannot be written"),
    }
}

/// Why a stream ends.
enum End {
    /// The client went away, does not read, or the service stops.
    Closed,
    /// The store failed.
    Storage(StorageError),
    /// An event cannot be written.
    Event(serde_json::Error),
}

async fn feed(
    shared: &Shared,
    slot: &Slot,
    after: Option<EventSequence>,
    sender: &mpsc::Sender<Bytes>,
) -> Result<Infallible, End> {
    let (tenant, mut news) = (slot.tenant(), slot.news());
    let mut last = match after {
        Some(after) => after,
        None => latest(shared, tenant).await?,
    };
    push(shared, sender, opening(last)).await?;
    loop {
        if news.borrow_and_update().end {
            return Err(End::Closed);
        }
        let page = page(shared, tenant, last).await?;
        let more = page.len() >= PAGE as usize;
        for event in page {
            last = event.sequence;
            push(shared, sender, block(&event).map_err(End::Event)?).await?;
        }
        if more {
            continue;
        }
        tokio::select! {
            () = sender.closed() => return Err(End::Closed),
            woken = tokio::time::timeout(shared.keep_alive, news.changed()) => {
                if woken.is_err() {
                    push(shared, sender, Bytes::from_static(b": keep-alive\n\n")).await?;
                }
            }
        }
    }
}

async fn latest(shared: &Shared, tenant: &TenantId) -> Result<EventSequence, End> {
    let tenant = tenant.clone();
    let latest = shared.storage.read(move |reading| reading.latest_event(&tenant));
    Ok(latest.await.map_err(End::Storage)?.unwrap_or_default())
}

async fn page(shared: &Shared, tenant: &TenantId, last: EventSequence) -> Result<Vec<Event>, End> {
    let tenant = tenant.clone();
    let page = shared
        .storage
        .read(move |reading| reading.events_after(&tenant, Some(last), PAGE));
    page.await.map_err(End::Storage)
}

async fn push(shared: &Shared, sender: &mpsc::Sender<Bytes>, block: Bytes) -> Result<(), End> {
    match tokio::time::timeout(shared.stall, sender.send(block)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Closed),
    }
}

/// Tells the client where it stands before the first event, so that it resumes even when none came.
fn opening(last: EventSequence) -> Bytes {
    format!("retry: {RECONNECT_MS}\nid: {}\n\n", last.get()).into()
}

fn block(event: &Event) -> Result<Bytes, serde_json::Error> {
    let data = payload::streamed(event)?;
    Ok(format!("id: {}\nevent: {}\ndata: {data}\n\n", event.sequence.get(), event.kind).into())
}

/// The body of the response; dropping it ends the task.
struct EventStream {
    blocks: mpsc::Receiver<Bytes>,
}

impl MessageBody for EventStream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.blocks.poll_recv(context).map(|block| block.map(Ok))
    }
}

#[cfg(test)]
mod tests;
