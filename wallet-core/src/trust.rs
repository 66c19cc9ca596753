//! Brings root document and trusted lists up to date (decision D8).

use mahfada_trust::{ListError, RootError, TrustRole, TrustStore, UnverifiedRoot};

use crate::addresses::Addresses;
use crate::exchange::{self, Answer, HttpError, JSON};
use crate::{Context, Input, Step};

#[cfg(test)]
mod tests;

/// The media type of lists.
const LIST: &str = "application/jose";
/// The most root documents that one update walks through.
const MAX_ROOT_STEPS: usize = 64;

/// Why an update failed; the trust store from before it stays good until its lists expire.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustUpdateError {
    /// A document could not be fetched.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A root document does not follow from the one in force.
    #[error("a root document is refused")]
    Root(#[from] RootError),
    /// A list does not hold.
    #[error("the list {} is refused", .role.slug())]
    List {
        /// The role of the list.
        role: TrustRole,
        /// What is wrong with it.
        #[source]
        source: ListError,
    },
    /// There are more root documents than one update walks through.
    #[error("more root documents than one update walks through")]
    TooManyRoots,
    /// An input came that does not answer the last step.
    #[error("the flow was driven out of order")]
    OutOfOrder,
}

impl TrustUpdateError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Http(error) => error.code(),
            Self::Root(error) => error.code(),
            Self::List { source, .. } => source.code(),
            Self::TooManyRoots => "too_many_roots",
            Self::OutOfOrder => "out_of_order",
        }
    }
}

/// Fetches the root documents that follow, then every list, and yields the trust store they make.
///
/// The context's trust store is not looked at: the flow starts from the one it is made with.
#[derive(Debug)]
pub struct TrustUpdate {
    store: TrustStore,
    registry_url: String,
    roots: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    Root,
    List(TrustRole, Vec<TrustRole>),
    Over,
}

impl TrustUpdate {
    /// Starts from the trust store in force (at first the pinned root without lists) and the registry's address.
    #[must_use]
    pub fn new(store: TrustStore, registry_url: &str) -> Self {
        let registry_url = registry_url.trim_end_matches('/').to_owned();
        Self {
            store,
            registry_url,
            roots: 0,
            state: State::Start,
        }
    }

    /// Takes what the app brings back and says what it does next.
    ///
    /// # Errors
    /// [`TrustUpdateError`] when a document cannot be fetched or does not hold.
    pub fn step(&mut self, input: Input, context: &Context<'_>) -> Result<Step<TrustStore>, TrustUpdateError> {
        match (std::mem::replace(&mut self.state, State::Over), input) {
            (State::Start, Input::Start) => self.ask_root(),
            (State::Root, Input::Http(response)) => {
                let answer = Answer::take(response)?;
                if answer.status == 404 {
                    return self.ask_lists();
                }
                let root = UnverifiedRoot::parse(&answer.ok(JSON)?)?;
                self.store.accept_root(root, context.now, context.crypto)?;
                self.ask_root()
            }
            (State::List(role, rest), Input::Http(response)) => {
                let body = Answer::take(response)?.ok(LIST)?;
                let text = String::from_utf8_lossy(&body);
                self.store
                    .accept_list(role, &text, context.now, context.crypto)
                    .map_err(|source| TrustUpdateError::List { role, source })?;
                self.ask_list(rest)
            }
            _ => Err(TrustUpdateError::OutOfOrder),
        }
    }

    fn ask_root(&mut self) -> Result<Step<TrustStore>, TrustUpdateError> {
        self.roots = self.roots.saturating_add(1);
        if self.roots > MAX_ROOT_STEPS {
            return Err(TrustUpdateError::TooManyRoots);
        }
        let next = self.store.root().document().version.saturating_add(1);
        self.state = State::Root;
        Ok(Step::Http(exchange::get(
            Addresses::Tls,
            &format!("{}/root/{next}.json", self.registry_url),
            JSON,
        )?))
    }

    fn ask_lists(&mut self) -> Result<Step<TrustStore>, TrustUpdateError> {
        let document = self.store.root().document();
        let roles = TrustRole::ALL.into_iter().rev();
        self.ask_list(roles.filter(|role| !document.list_signers(*role).is_empty()).collect())
    }

    fn ask_list(&mut self, mut rest: Vec<TrustRole>) -> Result<Step<TrustStore>, TrustUpdateError> {
        let Some(role) = rest.pop() else {
            return Ok(Step::Done(self.store.clone()));
        };
        self.state = State::List(role, rest);
        Ok(Step::Http(exchange::get(
            Addresses::Tls,
            &format!("{}/lists/{}.jwt", self.registry_url, role.slug()),
            LIST,
        )?))
    }
}
