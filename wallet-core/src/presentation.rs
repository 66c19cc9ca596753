//! Answering a verifier: request, question to the citizen, answer.

use mahfada_base::{CLOCK_SKEW, base64url};
use mahfada_oauth2::encode_form;
use mahfada_openid4vp::{AuthorizationErrorResponse, AuthorizationRequestUri, RequestUriMethod};
use url::Url;

use crate::exchange::{self, Answer, FORM, JSON};
use crate::{ConsentRequest, Context, CredentialStore, Input, LogOutcome, Step};

mod answer;
mod asked;
mod by_hand;
mod error;
mod request;
#[cfg(test)]
mod tests;

pub use error::PresentationError;

use answer::{Answering, Signed};
use asked::{Asked, Consent};
use request::AcceptedRequest;

const REQUEST_OBJECT: &str = "application/oauth-authz-req+jwt";

/// Answers one request of a verifier (OpenID4VP 1.0, `direct_post.jwt`).
///
/// Nothing leaves the phone before the citizen has answered, and what leaves when the citizen refuses is byte for byte
/// what leaves when nothing fits (TW-08, TW-09).
#[derive(Debug)]
pub struct Presentation {
    state: State,
}

#[derive(Debug)]
enum State {
    Start(AuthorizationRequestUri),
    Request(AuthorizationRequestUri, Option<String>),
    Consent(Box<Asked>),
    Save(Box<Answering>),
    Sign(Box<Answering>),
    Respond(LogOutcome),
    Over,
}

/// How a presentation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentationOutcome {
    /// What the wallet answered, as its log says.
    pub outcome: LogOutcome,
    /// Where the citizen goes on in the browser: the same device's flow needs it to count the answer.
    pub redirect_uri: Option<String>,
}

type Next = Result<Step<PresentationOutcome>, PresentationError>;

impl Presentation {
    /// Starts from the link or QR code.
    ///
    /// # Errors
    /// [`PresentationError::Link`] when it starts no presentation.
    pub fn new(link: &str) -> Result<Self, PresentationError> {
        Ok(Self {
            state: State::Start(AuthorizationRequestUri::parse(link)?),
        })
    }

    /// Starts from a link that may lead to this machine itself without TLS; only anchors chosen by hand let it go there.
    ///
    /// # Errors
    /// [`PresentationError::Link`] when it starts no presentation.
    #[cfg(feature = "insecure-loopback")]
    pub fn on_loopback(link: &str) -> Result<Self, PresentationError> {
        Ok(Self {
            state: State::Start(crate::addresses::loopback::request_link(link)?),
        })
    }

    /// Takes what the app brings back and says what it does next.
    ///
    /// The store is changed by the answer: the copies are spent and the log grows. [`Step::Save`] says when it must be
    /// on disk; the app saves it once more at the end, also after an error.
    ///
    /// # Errors
    /// [`PresentationError`]; the flow is over then, and nothing was shared unless the copies were saved as spent.
    pub fn step(&mut self, input: Input, context: &Context<'_>, store: &mut CredentialStore) -> Next {
        match (std::mem::replace(&mut self.state, State::Over), input) {
            (State::Start(link), Input::Start) => self.fetch(link, context),
            (State::Request(link, wallet_nonce), Input::Http(response)) => {
                let body = Answer::take(response)?.ok(REQUEST_OBJECT)?;
                let text = String::from_utf8_lossy(&body);
                let request = AcceptedRequest::verify(&text, &link, wallet_nonce.as_deref(), context)?;
                let asked = Asked::new(request, store.candidates(context)?);
                let question = asked.question();
                self.state = State::Consent(Box::new(asked));
                Ok(Step::Consent(Box::new(ConsentRequest::Presentation(question))))
            }
            (State::Consent(asked), Input::Consent(choice)) => {
                if asked.request.expires_at.plus(CLOCK_SKEW) < context.now {
                    return Err(PresentationError::Expired);
                }
                match Consent::from_choice(choice, &asked)? {
                    Some(consent) => self.release(&asked, consent, context, store),
                    None => self.refuse(&asked, context, store),
                }
            }
            (State::Save(answering), Input::Saved) => self.sign(answering),
            (State::Sign(answering), Input::Signature(signature)) => match answering.signed(&signature)? {
                Signed::More(answering) => self.sign(answering),
                Signed::All(answer) => {
                    let body = answer.encrypt(context)?;
                    self.respond(&answer.response_uri, body, LogOutcome::Presented, context)
                }
            },
            (State::Respond(outcome), Input::Http(response)) => finish(outcome, response),
            _ => Err(PresentationError::OutOfOrder),
        }
    }

    fn fetch(&mut self, link: AuthorizationRequestUri, context: &Context<'_>) -> Next {
        let (addresses, url) = (context.trust.addresses(), link.request_uri.as_str());
        let (request, nonce) = match link.method {
            RequestUriMethod::Get => (exchange::get(addresses, url, REQUEST_OBJECT)?, None),
            RequestUriMethod::Post => {
                let mut nonce = [0; 16];
                context.random.fill(&mut nonce)?;
                let nonce = base64url::encode(nonce);
                let body = encode_form([("wallet_nonce", nonce.as_str())]).into_bytes();
                (
                    exchange::post(addresses, url, REQUEST_OBJECT, Some(FORM), body)?,
                    Some(nonce),
                )
            }
        };
        self.state = State::Request(link, nonce);
        Ok(Step::Http(request))
    }

    /// Spends the copies first: after a crash they are burnt, never shown twice (TW-18).
    fn release(&mut self, asked: &Asked, consent: Consent, context: &Context<'_>, store: &mut CredentialStore) -> Next {
        let answering = Answering::new(asked, consent, context, store)?;
        self.state = State::Save(Box::new(answering));
        Ok(Step::Save)
    }

    fn refuse(&mut self, asked: &Asked, context: &Context<'_>, store: &mut CredentialStore) -> Next {
        let outcome = asked.refusal();
        store.record(asked.log_entry(context.now, asked.asked_claims(), outcome));
        let body = AuthorizationErrorResponse::access_denied(asked.request.state.as_deref()).to_form();
        self.respond(&asked.request.response_uri, body, outcome, context)
    }

    fn sign(&mut self, answering: Box<Answering>) -> Next {
        let request = answering.sign_request().ok_or(PresentationError::Selection)?;
        self.state = State::Sign(answering);
        Ok(Step::Sign(request))
    }

    fn respond(&mut self, url: &Url, body: Vec<u8>, outcome: LogOutcome, context: &Context<'_>) -> Next {
        let request = exchange::post(context.trust.addresses(), url.as_str(), JSON, Some(FORM), body)?;
        self.state = State::Respond(outcome);
        Ok(Step::Http(request))
    }
}

/// Reads what the verifier says to the answer; after a refusal nothing of it matters but a way back to the browser.
fn finish(outcome: LogOutcome, response: http::Response<Vec<u8>>) -> Next {
    let body = Answer::take(response)?.ok(JSON);
    let body = match (outcome, body) {
        (LogOutcome::Presented, body) => body?,
        (_, body) => body.unwrap_or_default(),
    };
    let redirect_uri = mahfada_base::json::parse(&body)
        .ok()
        .and_then(|body| body.get("redirect_uri")?.as_str().map(str::to_owned))
        .filter(|uri| Url::parse(uri).is_ok_and(|url| url.scheme() == "https"));
    Ok(Step::Done(PresentationOutcome { outcome, redirect_uri }))
}
