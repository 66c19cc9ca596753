//! The wallet's side of a card session: which commands the phone sends to the chip, one after another.
//!
//! Access to the chip (PACE with the CAN) and secure messaging are the phone's business below this: each command is
//! handed over plain, goes through the phone's session keys, and its response comes back plain with its status word.

mod apdu;
mod file;
mod listing;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use mahfada_base::UnixTime;

use crate::challenge::{CardChallenge, CardFile};
use crate::evidence::{CardEvidence, MAX_DATA_GROUP_BYTES, MAX_SOD_BYTES};
use apdu::Response;
use file::{FileRead, FileStep};
use listing::listed_data_groups;

/// What comes next in a card session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardStep {
    /// Send this command to the chip and hand its response, status word included, to [`CardSession::next`].
    Transmit(Vec<u8>),
    /// The card may be taken away: these are the files and the chip's answer.
    Done(CardFiles),
}

/// What a card gave; nothing of it verified.
#[derive(Clone, PartialEq, Eq)]
pub struct CardFiles {
    /// EF.SOD.
    pub sod: Vec<u8>,
    /// The data groups read, by number.
    pub dgs: BTreeMap<u8, Vec<u8>>,
    /// The chip's signature over the challenge, when it has a key for Active Authentication.
    pub aa: Option<Vec<u8>>,
}

impl CardFiles {
    /// Makes the payload of the evidence JWS that answers this challenge.
    #[must_use]
    pub fn into_evidence(self, challenge: &CardChallenge, iat: UnixTime) -> CardEvidence {
        CardEvidence {
            session: challenge.session.clone(),
            nonce: challenge.nonce.clone(),
            iat,
            sod: self.sod,
            dgs: self.dgs,
            aa: self.aa,
        }
    }
}

impl fmt::Debug for CardFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardFiles")
            .field("dgs", &self.dgs.keys())
            .field("aa", &self.aa.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a card session ended without evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The response is shorter than a status word.
    #[error("the response has no status word")]
    NoStatus,
    /// The chip has no eMRTD application.
    #[error("the card has no eMRTD application")]
    NoApplication,
    /// The chip has no EF.SOD.
    #[error("the card has no document security object")]
    NoSecurityObject,
    /// The chip asks for access first: the phone's secure channel is missing or lost.
    #[error("the chip wants a secure channel first")]
    AccessDenied,
    /// A file is malformed, ends early or exceeds its limit.
    #[error("a file of the card cannot be read")]
    File,
    /// The chip answered with a status word that ends the session.
    #[error("the chip answered {0:04X}")]
    Status(u16),
    /// A response came before a command, a command got none, or the session was over.
    #[error("the session was driven out of order")]
    OutOfOrder,
}

impl CardError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoStatus => "card_no_status",
            Self::NoApplication => "card_no_application",
            Self::NoSecurityObject => "card_no_sod",
            Self::AccessDenied => "card_access_denied",
            Self::File => "card_file",
            Self::Status(_) => "card_status",
            Self::OutOfOrder => "card_out_of_order",
        }
    }
}

/// Reads what a challenge asks for and has the chip sign the challenge; a state machine without input or output.
pub struct CardSession {
    rnd_ifd: [u8; 8],
    wanted: VecDeque<u8>,
    state: State,
    sod: Vec<u8>,
    dgs: BTreeMap<u8, Vec<u8>>,
}

enum State {
    Start,
    Application,
    File(CardFile, FileRead),
    Authenticate(Vec<u8>),
    Over,
}

impl fmt::Debug for CardSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardSession")
            .field("wanted", &self.wanted)
            .field("read", &self.dgs.keys())
            .finish_non_exhaustive()
    }
}

impl CardSession {
    /// Starts a session for this challenge; whoever calls has verified the challenge.
    ///
    /// DG3 (fingers) and DG4 (irises) are never read, even when the challenge names them.
    #[must_use]
    pub fn new(challenge: &CardChallenge) -> Self {
        let mut wanted: Vec<u8> = challenge
            .files
            .iter()
            .filter_map(|file| match file {
                // Fingerprints and irises are nobody's business here, whoever asks.
                CardFile::DataGroup(3 | 4) | CardFile::Sod => None,
                CardFile::DataGroup(number) => Some(*number),
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        Self {
            rnd_ifd: challenge.rnd_ifd,
            wanted: wanted.into(),
            state: State::Start,
            sod: Vec::new(),
            dgs: BTreeMap::new(),
        }
    }

    /// Takes the response to the last command (`None` the first time) and says what comes next.
    ///
    /// After an error the session is over; a new tap starts a new one.
    ///
    /// # Errors
    /// [`CardError`] when the card cannot give what the challenge needs.
    pub fn next(&mut self, response: Option<&[u8]>) -> Result<CardStep, CardError> {
        let state = std::mem::replace(&mut self.state, State::Over);
        match (state, response) {
            (State::Start, None) => Ok(self.transmit(State::Application, apdu::select_application())),
            (State::Application, Some(response)) => {
                Response::parse(response)?.success().map_err(|error| match error {
                    CardError::Status(_) => CardError::NoApplication,
                    other => other,
                })?;
                Ok(self.open(CardFile::Sod))
            }
            (State::File(file, read), Some(response)) => self.read(file, read, &Response::parse(response)?),
            (State::Authenticate(answer), Some(response)) => self.authenticate(answer, &Response::parse(response)?),
            _ => Err(CardError::OutOfOrder),
        }
    }

    fn transmit(&mut self, state: State, command: Vec<u8>) -> CardStep {
        self.state = state;
        CardStep::Transmit(command)
    }

    fn open(&mut self, file: CardFile) -> CardStep {
        let (identifier, limit) = match file {
            CardFile::Sod => (0x011D, MAX_SOD_BYTES),
            CardFile::DataGroup(number) => (0x0100_u16.saturating_add(number.into()), MAX_DATA_GROUP_BYTES),
        };
        self.transmit(State::File(file, FileRead::new(limit)), apdu::select_file(identifier))
    }

    fn read(&mut self, file: CardFile, mut read: FileRead, response: &Response<'_>) -> Result<CardStep, CardError> {
        match read.next(response)? {
            FileStep::Transmit(command) => Ok(self.transmit(State::File(file, read), command)),
            FileStep::Missing if file == CardFile::Sod => Err(CardError::NoSecurityObject),
            FileStep::Missing => Ok(self.next_file()),
            FileStep::Done(bytes) => {
                match file {
                    CardFile::Sod => self.keep_sod(bytes),
                    CardFile::DataGroup(number) => {
                        self.dgs.insert(number, bytes);
                    }
                }
                Ok(self.next_file())
            }
        }
    }

    // The list is a hint that saves commands; the issuer verifies the object itself.
    fn keep_sod(&mut self, sod: Vec<u8>) {
        if let Some(listed) = listed_data_groups(&sod) {
            self.wanted.retain(|number| listed.contains(number));
        }
        self.sod = sod;
    }

    fn next_file(&mut self) -> CardStep {
        if let Some(number) = self.wanted.pop_front() {
            return self.open(CardFile::DataGroup(number));
        }
        if self.dgs.contains_key(&15) {
            let command = apdu::internal_authenticate(self.rnd_ifd);
            return self.transmit(State::Authenticate(Vec::new()), command);
        }
        self.done(None)
    }

    fn authenticate(&mut self, mut answer: Vec<u8>, response: &Response<'_>) -> Result<CardStep, CardError> {
        answer.extend_from_slice(response.data);
        if response.more() && answer.len() <= 1024 {
            let command = apdu::get_response(response.low());
            return Ok(self.transmit(State::Authenticate(answer), command));
        }
        response.success()?;
        Ok(self.done(Some(answer)))
    }

    fn done(&mut self, aa: Option<Vec<u8>>) -> CardStep {
        CardStep::Done(CardFiles {
            sod: std::mem::take(&mut self.sod),
            dgs: std::mem::take(&mut self.dgs),
            aa,
        })
    }
}
