//! A limit for each of many keys.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, VARY};
use actix_web::{HttpRequest, HttpResponse};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};
use mahfada_oauth2::{ErrorCode, OAuthError};

use super::store::BoundedStore;
use super::{LimitConfig, page};
use crate::problem::{Problem, ProblemCode};
use crate::protocol;

/// The most keys that one limit counts apart.
const MAX_KEYS: usize = 65_536;

/// After how many new keys those are forgotten that are back at their full allowance.
const SWEEP_EVERY: usize = 1_024;

type Limiter<K, C> = RateLimiter<K, BoundedStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts what each key asks for. Its memory is bounded: when 65,536 keys are counted at once, further keys share one
/// allowance until others have been quiet for long enough.
pub struct KeyedLimit<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    limiter: Option<(Limiter<K, C>, BoundedStore<K>)>,
}

/// The key has used up its allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct RateLimited {
    /// When asking again may succeed, in whole seconds from now; never 0.
    pub retry_after: u64,
}

impl<K: Hash + Eq + Clone> KeyedLimit<K> {
    /// Makes a limit by the machine's monotonic clock; a configuration with a 0 limits nothing.
    #[must_use]
    pub fn new(config: &LimitConfig) -> Self {
        Self::with_clock(config, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock> KeyedLimit<K, C> {
    /// Makes a limit by another clock, such as governor's `FakeRelativeClock` in tests.
    #[must_use]
    pub fn with_clock(config: &LimitConfig, clock: C) -> Self {
        Self::bounded(*config, clock, MAX_KEYS)
    }

    pub(super) fn bounded(config: LimitConfig, clock: C, max_keys: usize) -> Self {
        Self {
            limiter: quota(config).map(|quota| {
                let store = BoundedStore::new(max_keys);
                (RateLimiter::new(quota, store.share(), clock), store)
            }),
        }
    }

    /// Counts one request of this key.
    ///
    /// # Errors
    /// [`RateLimited`] when the allowance is used up; a refused request costs nothing.
    pub fn check(&self, key: &K) -> Result<(), RateLimited> {
        let Some((limiter, store)) = &self.limiter else {
            return Ok(());
        };
        let checked = limiter.check_key(key);
        if store.wants_sweep(SWEEP_EVERY) {
            limiter.retain_recent();
        }
        checked.map_err(|not_until| RateLimited::after(not_until.wait_time_from(limiter.clock().now())))
    }

    /// Returns how many keys are counted at present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.limiter.as_ref().map_or(0, |(limiter, _)| limiter.len())
    }

    /// Tells whether no key is counted at present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Hash + Eq + Clone, C: Clock> fmt::Debug for KeyedLimit<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are addresses and people; they stay out of every log.
        f.debug_struct("KeyedLimit")
            .field("limits", &self.limiter.is_some())
            .finish_non_exhaustive()
    }
}

impl RateLimited {
    fn after(wait: Duration) -> Self {
        let partial = u64::from(wait.subsec_nanos() > 0);
        Self {
            retry_after: wait.as_secs().saturating_add(partial).max(1),
        }
    }

    /// Adds `Retry-After` to an answer (RFC 9110 §10.2.3).
    pub fn announce(self, answer: &mut HttpResponse) {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(self.retry_after));
    }

    /// Returns the answer of a protocol endpoint: 429 with `temporarily_unavailable` in the words of OAuth.
    #[must_use]
    pub fn to_protocol_response(self) -> HttpResponse {
        let error = OAuthError::described(ErrorCode::TemporarilyUnavailable, "too many requests");
        let mut answer = protocol::json(StatusCode::TOO_MANY_REQUESTS, &error);
        self.announce(&mut answer);
        answer
    }

    /// Returns the answer of the public port: a page when a browser asks for one, otherwise the answer of
    /// [`Self::to_protocol_response`].
    #[must_use]
    pub fn to_public_response(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = if page::is_wanted(request) {
            page::of(ProblemCode::RateLimited)
        } else {
            self.to_protocol_response()
        };
        let headers = answer.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept"));
        self.announce(&mut answer);
        answer
    }

    /// Returns the answer of the management port.
    #[must_use]
    pub fn to_problem_response(self) -> HttpResponse {
        let mut answer = Problem::of(ProblemCode::RateLimited).to_response();
        self.announce(&mut answer);
        answer
    }
}

fn quota(config: LimitConfig) -> Option<Quota> {
    let requests = NonZeroU32::new(config.requests)?;
    let one = Duration::from_secs(config.per_seconds.into()).checked_div(config.requests)?;
    Some(Quota::with_period(one)?.allow_burst(requests))
}
