//! Attempts against a receiver on this machine, one at a time and by the sender.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use mahfada_base::UnixTime;
use mahfada_storage::{EventId, TenantId};
use mahfada_web::config::OutboundConfig;

use super::*;
use crate::MAX_ATTEMPTS;
use crate::fixture::{Arrived, Fixture, Receiver, SECRET, START, webhook};
use crate::signature::SigningSecret;

/// A fixture whose tenant `rabat` has one endpoint at a path of the receiver.
fn fixture(receiver: &Receiver, path: &str) -> Fixture {
    Fixture::new(&[webhook("rabat", "one", &receiver.url(path))], &receiver.outbound)
}

async fn claim(fixture: &Fixture) -> Vec<WebhookDelivery> {
    let now = fixture.events.shared.clock.now();
    let claim = move |unit: &mut dyn UnitOfWork| unit.webhook_deliveries().claim_due(now, now.plus(LEASE), 100);
    fixture.events.shared.run(claim).await.unwrap()
}

/// Claims and makes every attempt that is due, and returns how many.
async fn attempt_due(fixture: &Fixture) -> usize {
    let due = claim(fixture).await;
    let count = due.len();
    for delivery in due {
        attempt(Arc::clone(&fixture.events.shared), delivery).await;
    }
    count
}

async fn backlog(fixture: &Fixture) -> u64 {
    fixture.events.backlog().await.unwrap()
}

fn expected_signature(message: &Arrived) -> String {
    let secret = SigningSecret::parse(SECRET).unwrap();
    let at = UnixTime::new(message.timestamp);
    secret
        .sign(&EventId::new(&message.id), at, message.body.as_bytes())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_a_signed_message_without_claims() {
    let mut receiver = Receiver::start(&[204]);
    let fixture = fixture(&receiver, "/hook");
    let event = fixture.record("rabat", "presentation-1").await;
    fixture.clock.advance(2);
    assert_eq!(attempt_due(&fixture).await, 1);
    let message = receiver.hear().await;
    assert_eq!(message.id, event.id.as_str());
    assert_eq!(message.timestamp, START.plus(2).seconds());
    assert_eq!(message.signature, expected_signature(&message));
    assert_eq!(message.content_type, "application/json");
    assert_eq!(
        message.body,
        r#"{"type":"presentation.verified","timestamp":"2026-11-22T12:00:00Z","data":{"object_id":"presentation-1","outcome":"accepted"}}"#
    );
    assert_eq!((backlog(&fixture).await, fixture.events.failures()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_under_the_same_id_by_the_schedule_and_gives_up_at_its_end() {
    let mut receiver = Receiver::start(&[500, 503, 404, 302, 429, 500, 500, 500]);
    let fixture = fixture(&receiver, "/hook");
    let event = fixture.record("rabat", "presentation-1").await;
    for number in 1..=MAX_ATTEMPTS {
        assert_eq!(attempt_due(&fixture).await, 1, "{number}");
        let message = receiver.hear().await;
        assert_eq!(message.id, event.id.as_str());
        assert_eq!(message.timestamp, fixture.events.shared.clock.now().seconds());
        assert_eq!(message.signature, expected_signature(&message));
        if let Some(pause) = retry_after(number) {
            fixture.clock.advance(pause - 1);
            assert_eq!(attempt_due(&fixture).await, 0, "{number}");
            fixture.clock.advance(1);
        }
    }
    assert_eq!((fixture.events.failures(), fixture.events.given_up()), (8, 1));
    assert_eq!(backlog(&fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_gives_up_at_once() {
    let receiver = Receiver::start(&[410]);
    let fixture = fixture(&receiver, "/hook");
    fixture.record("rabat", "presentation-1").await;
    assert_eq!(attempt_due(&fixture).await, 1);
    assert_eq!((fixture.events.failures(), fixture.events.given_up()), (1, 1));
    assert_eq!(backlog(&fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_decides_however_much_follows_it() {
    for (path, failures, given_up) in [("/chatty/200", 0, 0), ("/chatty/410", 1, 1)] {
        let receiver = Receiver::start(&[]);
        let fixture = fixture(&receiver, path);
        fixture.record("rabat", "presentation-1").await;
        assert_eq!(attempt_due(&fixture).await, 1);
        assert_eq!(backlog(&fixture).await, 0, "{path}");
        assert_eq!(
            (fixture.events.failures(), fixture.events.given_up()),
            (failures, given_up)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sender_takes_no_unit_of_work_when_nothing_is_due() {
    let receiver = Receiver::start(&[]);
    let fixture = fixture(&receiver, "/hook");
    let events = fixture.events.clone();
    let sender = tokio::spawn(async move { events.deliver_until_dropped().await });
    let looked = async |times: u32| {
        while fixture.asked().1 < times {
            tokio::task::yield_now().await;
        }
    };
    looked(1).await;
    fixture.events.notify();
    looked(2).await;
    fixture.events.notify_tenant(&TenantId::new("rabat"));
    looked(3).await;
    // A tenant without endpoint wakes no sender.
    fixture.events.notify_tenant(&TenantId::new("fes"));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.asked(), (0, 3));
    sender.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn redirect_is_not_followed() {
    let mut receiver = Receiver::start(&[307]);
    let fixture = fixture(&receiver, "/hook");
    fixture.record("rabat", "presentation-1").await;
    assert_eq!(attempt_due(&fixture).await, 1);
    receiver.hear().await;
    assert_eq!(receiver.heard(), None);
    assert_eq!((fixture.events.failures(), backlog(&fixture).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn address_inside_is_not_reached() {
    let mut receiver = Receiver::start(&[]);
    let outside = OutboundConfig {
        allow_loopback: false,
        ..receiver.outbound.clone()
    };
    let fixture = Fixture::new(&[webhook("rabat", "one", &receiver.url("/hook"))], &outside);
    fixture.record("rabat", "presentation-1").await;
    let due = claim(&fixture).await;
    let error = send(&fixture.events.shared, &due[0]).await.unwrap_err();
    assert_eq!(error.code(), "outbound_address");
    assert_eq!(receiver.heard(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_hears_of_its_tenant_only() {
    let mut receiver = Receiver::start(&[]);
    let hooks = [
        webhook("rabat", "one", &receiver.url("/hook")),
        webhook("fes", "two", &receiver.url("/hook")),
    ];
    let fixture = Fixture::new(&hooks, &receiver.outbound);
    let named: Vec<_> = ["rabat", "fes", "sale"]
        .map(|tenant| fixture.events.endpoints(&TenantId::new(tenant)))
        .into();
    assert_eq!(
        named,
        [
            vec![WebhookEndpointId::new("one")],
            vec![WebhookEndpointId::new("two")],
            vec![]
        ]
    );
    // A service that passed the wrong endpoints is stopped here.
    let event = fixture
        .events
        .draw(&TenantId::new("fes"), crate::EventKind::OfferBurnt, "offer-1", None)
        .unwrap();
    let record = move |unit: &mut dyn UnitOfWork| unit.events().append(&event, &[WebhookEndpointId::new("one")]);
    fixture.events.shared.run(record).await.unwrap();
    assert_eq!(attempt_due(&fixture).await, 1);
    assert_eq!(receiver.heard(), None);
    assert_eq!((fixture.events.given_up(), backlog(&fixture).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn delivery_to_an_endpoint_that_is_not_configured_waits_for_it() {
    let receiver = Receiver::start(&[]);
    let fixture = fixture(&receiver, "/hook");
    let event = fixture.record("rabat", "presentation-1").await;
    let elsewhere = mahfada_storage::NewEvent {
        id: EventId::new("evt_elsewhere"),
        ..event
    };
    let record = move |unit: &mut dyn UnitOfWork| unit.events().append(&elsewhere, &[WebhookEndpointId::new("new")]);
    fixture.events.shared.run(record).await.unwrap();
    assert_eq!(attempt_due(&fixture).await, 2);
    assert_eq!((fixture.events.failures(), backlog(&fixture).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn sender_repeats_what_failed_and_what_a_crash_left() {
    let mut receiver = Receiver::start(&[500]);
    let fixture = fixture(&receiver, "/hook");
    let event = fixture.record("rabat", "presentation-1").await;
    // A process claims and dies.
    assert_eq!(claim(&fixture).await.len(), 1);
    let events = fixture.events.clone();
    let sender = tokio::spawn(async move { events.deliver_until_dropped().await });
    for _ in 0..2 {
        let message = loop {
            fixture.clock.advance(1);
            fixture.events.notify();
            if let Some(message) = receiver.heard() {
                break message;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(message.id, event.id.as_str());
        assert!(message.timestamp >= START.plus(LEASE).seconds());
    }
    while backlog(&fixture).await > 0 {}
    assert_eq!((fixture.events.failures(), receiver.heard()), (1, None));
    sender.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_endpoint_holds_up_nobody_else() {
    let mut receiver = Receiver::start(&[]);
    let hooks = [
        webhook("rabat", "slow", &receiver.url("/slow")),
        webhook("fes", "quick", &receiver.url("/hook")),
    ];
    let fixture = Fixture::new(&hooks, &receiver.outbound);
    for number in 0..40 {
        fixture.record("rabat", &format!("presentation-{number}")).await;
    }
    let sending = fixture.events.clone();
    let sender = tokio::spawn(async move { sending.deliver_until_dropped().await });
    assert_eq!(receiver.hear().await.path, "/slow");
    for number in 0..20 {
        fixture.record("fes", &format!("presentation-{number}")).await;
        fixture.events.notify();
    }
    let mut paths = vec!["/slow".to_owned()];
    while paths.iter().filter(|path| *path == "/hook").count() < 20 {
        paths.push(receiver.hear().await.path);
    }
    // One batch at most was under way to the slow one.
    assert!(paths.len() <= 20 + BATCH as usize);
    receiver.let_go();
    while backlog(&fixture).await > 0 {}
    sender.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_sender_leaves_the_rest_for_later() {
    let mut receiver = Receiver::start(&[]);
    let fixture = fixture(&receiver, "/slow");
    fixture.record("rabat", "presentation-1").await;
    {
        let mut sender = pin!(fixture.events.deliver_until_dropped());
        let mut heard = pin!(receiver.hear());
        poll_fn(|context| {
            assert!(sender.as_mut().poll(context).is_pending());
            heard.as_mut().poll(context).map(drop)
        })
        .await;
    }
    receiver.let_go();
    assert_eq!(backlog(&fixture).await, 1);
    fixture.clock.advance(LEASE);
    assert_eq!(attempt_due(&fixture).await, 1);
    assert_eq!(backlog(&fixture).await, 0);
    assert!(poll_fn(|_| Poll::Ready(receiver.heard())).await.is_some());
}
