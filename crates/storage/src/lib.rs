//! What the services remember: repository traits, the unit of work they are used in, and the rules every
//! backend must keep.
//!
//! A service never holds a repository. It hands [`Storage`] a closure, the closure sees one [`UnitOfWork`],
//! and everything it did becomes durable together or not at all. The closure ends in one of three ways
//! (see [`Outcome`]): a result, a refusal whose effects must survive (a counter of wrong codes, a burnt code, an
//! audit record), or a refusal that leaves no trace. The answer reaches the caller only after the
//! database has made the decision durable.
//!
//! Nothing here encrypts, hashes or reads a clock: ciphertext comes as [`Sealed`], secrets come as the hash
//! of a 256-bit random value ([`TokenHash`]), and time is an argument.
//!
//! # How to add a repository
//!
//! 1. Make one file with the record and its trait (`src/<subject>.rs`). Ids are text newtypes from [`id`],
//!    times are `UnixTime`, personal data is [`Sealed`], and what may happen once returns `true` exactly once.
//! 2. Add an accessor to [`UnitOfWork`].
//! 3. Add the rules to `conformance/<subject>.rs`, one function each, and list them in `storage_conformance!`.
//! 4. In each backend: a new schema version (never edit an old one) and one file that implements the trait.
//!    The conformance suite then runs there unchanged.
#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod id;

mod access_token;
mod audit;
mod authorization_code;
mod card_session;
mod error;
mod event;
mod issuance;
mod pre_authorized_code;
mod presentation;
mod published_list;
mod reading;
mod sealed;
mod single_use;
mod status_list;
mod trust_memory;
mod unit_of_work;
mod webhook_delivery;

pub use access_token::{AccessToken, AccessTokenRepository};
pub use audit::{AuditEntry, AuditRecord, AuditRepository};
pub use authorization_code::{AuthorizationCode, AuthorizationCodeRepository};
pub use card_session::{CardSession, CardSessionRepository, CardSessionState};
pub use error::StorageError;
pub use event::{Event, EventRepository, NewEvent};
pub use id::{
    AuditSequence, ClientId, ConfigurationId, EventId, EventSequence, IssuanceId, IssuerId, ListSlug, OfferId,
    PresentationId, RequestId, SessionId, StatusListUri, TenantId, WebhookEndpointId,
};
pub use issuance::{Issuance, IssuanceRepository, IssuanceState, RevokeOutcome, StatusIndex};
pub use pre_authorized_code::{CodeState, MAX_WRONG_TX_CODES, PreAuthorizedCode, PreAuthorizedCodeRepository};
pub use presentation::{Presentation, PresentationFlow, PresentationRepository, PresentationState};
pub use published_list::{PublishedList, PublishedListRepository, RootVersion};
pub use reading::Reading;
pub use sealed::{CardRef, Digest32, PersonRef, Sealed, TokenHash};
pub use single_use::{SingleUseKind, SingleUseRepository};
pub use status_list::{StatusListRecord, StatusListRepository};
pub use trust_memory::TrustMemoryRepository;
pub use unit_of_work::{Done, End, Outcome, PURGE_BATCH, StatusEntriesDone, Storage, UnitOfWork, Work};
pub use webhook_delivery::{WebhookDelivery, WebhookDeliveryRepository};
