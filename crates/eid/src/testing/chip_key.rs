//! The chip's end of Chip Authentication (Doc 9303-11 §6.2).

use std::fmt;
use std::sync::Arc;

use mahfada_crypto::Random as _;
use mahfada_crypto::document::{Curve, EcAgreementKey, EcPublicKey, MessagingCipher};

use super::der::{bits, integer, oid, sequence};
use super::pki::SeededRandom;
use crate::oid as id;
use crate::secure_messaging::SessionKeys;
use crate::tlv::Reader;

const OK: [u8; 2] = [0x90, 0x00];
const WRONG_DATA: [u8; 2] = [0x6A, 0x80];
const WRONG_STATE: [u8; 2] = [0x69, 0x85];
const NOT_AUTHENTIC: [u8; 2] = [0x69, 0x88];

/// How a test card authenticates its chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationOptions {
    /// The curve of the chip's key.
    pub curve: Curve,
    /// The cipher of the channel.
    pub cipher: MessagingCipher,
    /// The identifier of the key, if the card names one.
    pub key_id: Option<u8>,
}

/// The chip's key and the channel that it opened.
#[derive(Clone)]
pub(super) struct ChipKey {
    key: Arc<EcAgreementKey>,
    options: ChipAuthenticationOptions,
    selected: bool,
    /// Whether it answers although a command was not made for its key.
    forges: bool,
    channel: Option<SessionKeys>,
}

impl ChipKey {
    /// Makes the key that belongs to a label and a seed.
    #[expect(
        clippy::expect_used,
        reason = "a scalar with a zero byte in front is below every order, and only tests call this"
    )]
    pub(super) fn new(label: &str, seed: u64, options: ChipAuthenticationOptions) -> Self {
        let mut scalar = vec![0; options.curve.order_len()];
        let (_, rest) = scalar.split_at_mut(1);
        SeededRandom::new(label, seed)
            .fill(rest)
            .expect("a seeded source gives bytes");
        let key = EcAgreementKey::new(options.curve, &scalar).expect("a scalar below the order");
        Self {
            key: Arc::new(key),
            options,
            selected: false,
            forges: false,
            channel: None,
        }
    }

    /// Makes the key of a forger, who answers whatever comes.
    pub(super) fn forged(options: ChipAuthenticationOptions) -> Self {
        Self {
            forges: true,
            ..Self::new("forger", 0, options)
        }
    }

    /// Writes the entries of DG14: `ChipAuthenticationInfo` and `ChipAuthenticationPublicKeyInfo`.
    pub(super) fn security_infos(&self) -> [Vec<u8>; 2] {
        let key_id = self.options.key_id.map(|key_id| integer(&[key_id])).unwrap_or_default();
        let spki = sequence(&[
            &sequence(&[&oid(id::EC_PUBLIC_KEY), &oid(curve(self.options.curve))]),
            &bits(self.key.public_key().sec1()),
        ]);
        [
            sequence(&[&oid(&self.protocol()), &integer(&[1]), &key_id]),
            sequence(&[&oid(id::CHIP_AUTHENTICATION_KEY_ECDH), &spki, &key_id]),
        ]
    }

    fn protocol(&self) -> Vec<u8> {
        let cipher = match self.options.cipher {
            MessagingCipher::TripleDes => 1,
            MessagingCipher::Aes128 => 2,
            MessagingCipher::Aes192 => 3,
            MessagingCipher::Aes256 => 4,
        };
        [id::CHIP_AUTHENTICATION_ECDH, &[cipher]].concat()
    }

    /// Answers MSE:Set AT, MSE:Set KAT and GENERAL AUTHENTICATE; `data` is that of the command.
    pub(super) fn open(&mut self, instruction: [u8; 3], data: &[u8]) -> Vec<u8> {
        let legacy = self.options.cipher == MessagingCipher::TripleDes;
        match (instruction, data) {
            ([0x22, 0x41, 0xA4], [0x80, 10, rest @ ..]) if !legacy => {
                let (protocol, key_id) = rest.split_at_checked(10).unwrap_or_default();
                self.selected = protocol == self.protocol() && self.is_named(key_id);
                if self.selected {
                    OK.to_vec()
                } else {
                    WRONG_DATA.to_vec()
                }
            }
            ([0x86, 0x00, 0x00], data) if self.selected => match self.agree(content(content(data, 0x7C), 0x80)) {
                Some(()) => [&[0x7C, 0x00][..], &OK].concat(),
                None => WRONG_DATA.to_vec(),
            },
            ([0x22, 0x41, 0xA6], data) if legacy => match self.agree(content(data, 0x91)) {
                Some(()) => OK.to_vec(),
                None => WRONG_DATA.to_vec(),
            },
            _ => WRONG_STATE.to_vec(),
        }
    }

    fn is_named(&self, key_id: &[u8]) -> bool {
        match self.options.key_id {
            Some(own) => key_id == [0x84, 0x01, own],
            None => key_id.is_empty(),
        }
    }

    fn agree(&mut self, point: &[u8]) -> Option<()> {
        let peer = EcPublicKey::new(self.options.curve, point).ok()?;
        let shared = self.key.agree(&peer).ok()?;
        self.channel = Some(SessionKeys::derive(self.options.cipher, shared.expose()));
        Some(())
    }

    /// Answers the first protected READ BINARY by short file identifier.
    pub(super) fn read(&mut self, command: &[u8], file: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<u8> {
        let Some(channel) = self.channel.take() else {
            return WRONG_STATE.to_vec();
        };
        let (short, length) = match channel.open_command(1, command) {
            Ok(([_, 0xB0, short, 0x00], length)) => (short, length),
            _ if self.forges => (0x81, u8::MAX),
            _ => return NOT_AUTHENTIC.to_vec(),
        };
        let content = file(short & 0x1F).unwrap_or_default();
        let content = content.get(..usize::from(length)).unwrap_or(&content);
        channel
            .protect_response(2, content)
            .unwrap_or_else(|_| WRONG_STATE.to_vec())
    }
}

impl fmt::Debug for ChipKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChipKey").field(&self.options).finish()
    }
}

/// Returns the content of the first element when it has the tag; the expected length of a command may follow.
fn content(bytes: &[u8], tag: u32) -> &[u8] {
    Reader::new(bytes).expect(tag).unwrap_or_default()
}

const fn curve(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => id::P256,
        Curve::P384 => id::P384,
        Curve::P521 => id::P521,
        Curve::BrainpoolP256r1 => id::BRAINPOOL_P256R1,
        Curve::BrainpoolP384r1 => id::BRAINPOOL_P384R1,
        Curve::BrainpoolP512r1 => id::BRAINPOOL_P512R1,
    }
}
