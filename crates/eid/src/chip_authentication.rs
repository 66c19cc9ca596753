//! The wallet's side of Chip Authentication with the server as the terminal (Doc 9303-11 §6.2): it relays.
//!
//! The first commands open a new secure channel between the server and the chip; they go through the phone's channel.
//! The last one is already protected for the new channel and goes to the chip as it is, after which the phone's channel
//! is gone.

use std::collections::VecDeque;
use std::fmt;

use mahfada_base::base64url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::CardError;

// A key on the largest curve fits; longer commands are nobody's.
const LONGEST_COMMAND: usize = 255;
const LONGEST_RESPONSE: usize = 1024;
const MOST_COMMANDS: usize = 2;

/// What a server has a chip do, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChipAuthenticationCommands {
    /// The commands that go through the phone's secure channel, as plain commands.
    #[serde(with = "base64url_list")]
    opening: Vec<Vec<u8>>,
    /// The command that is protected for the server's channel and goes to the chip unchanged.
    #[serde(with = "base64url_bytes")]
    protected: Vec<u8>,
}

/// What comes next in a chip authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChipStep {
    /// Send this command through the phone's secure channel, hand its response to [`ChipAuthenticationSession::next`].
    Transmit(Vec<u8>),
    /// Send these bytes to the chip unchanged; the phone's secure channel is over.
    TransmitUnchanged(Vec<u8>),
    /// The card may be taken away: the server verifies this.
    Done(UnverifiedChipResponse),
}

/// The chip's protected response, status word included; nothing of it verified.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnverifiedChipResponse(#[serde(with = "base64url_bytes")] Vec<u8>);

/// Relays a server's commands to the chip; a state machine without input or output.
#[derive(Debug)]
pub struct ChipAuthenticationSession {
    opening: VecDeque<Vec<u8>>,
    protected: Option<Vec<u8>>,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    Opening,
    Protected,
    Over,
}

impl ChipAuthenticationCommands {
    /// Returns the commands for the phone's secure channel, in order.
    pub fn opening(&self) -> impl Iterator<Item = &[u8]> {
        self.opening.iter().map(Vec::as_slice)
    }

    /// Returns the command that goes to the chip unchanged.
    #[must_use]
    pub fn protected(&self) -> &[u8] {
        &self.protected
    }
}

impl UnverifiedChipResponse {
    /// Takes what the chip returned.
    #[must_use]
    pub const fn new(response: Vec<u8>) -> Self {
        Self(response)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for UnverifiedChipResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedChipResponse(…)")
    }
}

impl ChipAuthenticationSession {
    /// Starts with commands from a server that the wallet trusts.
    ///
    /// # Errors
    /// [`CardError::OutOfOrder`] when these are more or longer commands than a chip authentication has.
    pub fn new(commands: &ChipAuthenticationCommands) -> Result<Self, CardError> {
        let short = |command: &Vec<u8>| command.len() <= LONGEST_COMMAND;
        let opens = |command: &Vec<u8>| matches!(command.as_slice(), [0x00, 0x22 | 0x86, ..]);
        let reads = matches!(commands.protected.as_slice(), [0x0C, 0xB0, 0x81, 0x00, ..]);
        let allowed = (1..=MOST_COMMANDS).contains(&commands.opening.len())
            && commands.opening.iter().all(|command| short(command) && opens(command))
            && short(&commands.protected)
            && reads;
        if !allowed {
            return Err(CardError::OutOfOrder);
        }
        Ok(Self {
            opening: commands.opening.clone().into(),
            protected: Some(commands.protected.clone()),
            state: State::Start,
        })
    }

    /// Takes the response to the last command (`None` the first time) and says what comes next.
    ///
    /// # Errors
    /// [`CardError`] when the chip refuses or the session is driven out of order; it is over then.
    pub fn next(&mut self, response: Option<&[u8]>) -> Result<ChipStep, CardError> {
        match (std::mem::replace(&mut self.state, State::Over), response) {
            (State::Start, None) | (State::Opening, Some([.., 0x90, 0x00])) => self.send(),
            (State::Opening, Some([.., high, low])) => Err(CardError::Status(u16::from_be_bytes([*high, *low]))),
            (State::Protected, Some(response)) if response.len() <= LONGEST_RESPONSE => {
                Ok(ChipStep::Done(UnverifiedChipResponse(response.to_vec())))
            }
            (State::Opening | State::Protected, Some(_)) => Err(CardError::NoStatus),
            _ => Err(CardError::OutOfOrder),
        }
    }

    fn send(&mut self) -> Result<ChipStep, CardError> {
        if let Some(command) = self.opening.pop_front() {
            self.state = State::Opening;
            return Ok(ChipStep::Transmit(command));
        }
        self.state = State::Protected;
        self.protected
            .take()
            .map(ChipStep::TransmitUnchanged)
            .ok_or(CardError::OutOfOrder)
    }
}

/// Writes the commands (Doc 9303-11 §6.2.4): MSE:Set KAT for 3DES, MSE:Set AT and GENERAL AUTHENTICATE for AES.
#[cfg(feature = "verify")]
pub(crate) fn commands(
    protocol: &[u8],
    legacy: bool,
    point: &[u8],
    key_id: Option<&[u8]>,
    protected: Vec<u8>,
) -> ChipAuthenticationCommands {
    let object = |tag: u8, value: &[u8]| {
        let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
        let header = if length < 0x80 {
            vec![tag, length]
        } else {
            vec![tag, 0x81, length]
        };
        [&header, value].concat()
    };
    let command = |header: [u8; 4], body: &[u8]| {
        let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
        [&header[..], &[length], body].concat()
    };
    let key_id = key_id.map(|id| object(0x84, id)).unwrap_or_default();
    let opening = if legacy {
        let body = [object(0x91, point), key_id].concat();
        vec![command([0x00, 0x22, 0x41, 0xA6], &body)]
    } else {
        let set = command([0x00, 0x22, 0x41, 0xA4], &[object(0x80, protocol), key_id].concat());
        let mut agree = command([0x00, 0x86, 0x00, 0x00], &object(0x7C, &object(0x80, point)));
        agree.push(0x00);
        vec![set, agree]
    };
    ChipAuthenticationCommands { opening, protected }
}

mod base64url_bytes {
    use super::{Deserialize, Deserializer, LONGEST_RESPONSE, Serializer, base64url, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64url::decode(text).map_err(de::Error::custom)?;
        if bytes.len() > LONGEST_RESPONSE {
            return Err(de::Error::custom("longer than a chip's message"));
        }
        Ok(bytes)
    }
}

mod base64url_list {
    use super::{Deserialize, Deserializer, Serializer, base64url, de};

    pub(super) fn serialize<S: Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(base64url::encode))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .into_iter()
            .map(|text| base64url::decode(text).map_err(de::Error::custom))
            .collect()
    }
}

#[cfg(test)]
mod tests;
