//! Presentations that an agency asks for (decision D9).

use mahfada_base::UnixTime;

use crate::{Digest32, PresentationId, RequestId, Sealed, StorageError, TenantId, TokenHash};

/// How the request reaches the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationFlow {
    /// Browser and wallet are on one device; the answer counts when the citizen returns in the same session.
    SameDevice,
    /// The request is scanned by another device.
    CrossDevice,
}

/// How far a presentation has come; expiry is the caller's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationState {
    /// No answer yet.
    Open,
    /// An answer was judged.
    Answered,
    /// The citizen has returned with the response code.
    Completed,
}

/// A presentation: what was asked and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// The agency's id of it.
    pub id: PresentationId,
    /// The agency.
    pub tenant: TenantId,
    /// The wallet's id of it.
    pub request_id: RequestId,
    /// How the request reaches the wallet.
    pub flow: PresentationFlow,
    /// The hash of the browser session that began it; required for the same-device flow.
    pub browser_session: Option<Digest32>,
    /// The hash of the response code, once answered.
    pub response_code: Option<TokenHash>,
    /// The nonce of the request, the same at every fetch.
    pub nonce: String,
    /// The `state` of the request.
    pub state_param: String,
    /// The private key for the response, sealed; the same at every fetch.
    pub encryption_key: Sealed,
    /// The DCQL query, as JSON.
    pub query: String,
    /// The purpose shown to the citizen.
    pub purpose: String,
    /// The end of the request's life.
    pub expires_at: UnixTime,
    /// How far it has come.
    pub state: PresentationState,
    /// The verdict, sealed, once answered.
    pub verdict: Option<Sealed>,
}

/// The presentations.
pub trait PresentationRepository {
    /// Adds an open presentation.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when one of its ids is taken, it is not open and unanswered, or it is a same-device one
    /// without browser session.
    fn add(&mut self, presentation: &Presentation) -> Result<(), StorageError>;

    /// Finds a presentation by the agency's id; whether it is this agency's is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, id: &PresentationId) -> Result<Option<Presentation>, StorageError>;

    /// Finds a presentation by the wallet's id.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup_by_request(&mut self, request_id: &RequestId) -> Result<Option<Presentation>, StorageError>;

    /// Records the answer and returns `true` exactly once, only for an open presentation; expiry is the caller's check.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the response code is taken.
    fn answer(
        &mut self,
        id: &PresentationId,
        verdict: &Sealed,
        response_code: Option<&TokenHash>,
    ) -> Result<bool, StorageError>;

    /// Completes an answered presentation and returns its id once, only for the browser session that began it.
    ///
    /// Another session spends nothing.
    ///
    /// # Errors
    /// Only when the store fails.
    fn complete_by_response_code(
        &mut self,
        response_code: &TokenHash,
        browser_session: &Digest32,
    ) -> Result<Option<PresentationId>, StorageError>;

    /// Forgets the presentations whose life ended before `expired_before`, in whatever state, and returns how many, at
    /// most [`PURGE_BATCH`](crate::PURGE_BATCH); 0 says that nothing is left to forget.
    ///
    /// # Errors
    /// Only when the store fails.
    fn purge_before(&mut self, expired_before: UnixTime) -> Result<u64, StorageError>;

    /// Returns how many presentations of all agencies are open and not over at `now`.
    ///
    /// # Errors
    /// Only when the store fails.
    fn count_open(&mut self, now: UnixTime) -> Result<u64, StorageError>;
}
