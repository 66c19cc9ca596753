//! Secure messaging with a chip (Doc 9303-11 §9.8) under the session keys of a chip authentication.
//!
//! Every command and every response is authenticated with the send sequence counter, which starts at zero and goes up by
//! one before each of them: the first response has number 2.

use mahfada_base::Secret;
use mahfada_crypto::document::{BlockLengthError, HashAlgorithm, MessagingCipher};

use crate::tlv::{Reader, TlvError};

const CRYPTOGRAM: u32 = 0x87;
const LENGTH: u32 = 0x97;
const STATUS: u32 = 0x99;
const MAC: u32 = 0x8E;
const SUCCESS: [u8; 2] = [0x90, 0x00];

/// The keys of a session.
#[derive(Clone, Debug)]
pub(crate) struct SessionKeys {
    cipher: MessagingCipher,
    encryption: Secret<Vec<u8>>,
    mac: Secret<Vec<u8>>,
}

/// Why a protected command or response is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessagingError {
    /// There is no MAC.
    MacMissing,
    /// The MAC was not made with the key of this session.
    MacInvalid,
    /// The status outside is not the authenticated one.
    StatusMismatch,
    /// The authenticated status is not success.
    Status,
    /// The elements, their order or the padding are not those of secure messaging.
    Malformed,
}

impl From<TlvError> for MessagingError {
    fn from(_: TlvError) -> Self {
        Self::Malformed
    }
}

impl From<BlockLengthError> for MessagingError {
    fn from(_: BlockLengthError) -> Self {
        Self::Malformed
    }
}

impl SessionKeys {
    /// Derives the keys from the shared secret (Doc 9303-11 §9.7.1).
    pub(crate) fn derive(cipher: MessagingCipher, shared: &[u8]) -> Self {
        Self {
            cipher,
            encryption: derive(cipher, shared, 1),
            mac: derive(cipher, shared, 2),
        }
    }

    /// Writes READ BINARY of the whole of a short file by its short identifier, as message number `counter`.
    pub(crate) fn read_binary(&self, counter: u8, file: u8, length: u8) -> Result<Vec<u8>, MessagingError> {
        let header = [0x0C, 0xB0, 0x80 | file, 0x00];
        let expected = [0x97, 0x01, length];
        let mac = self.mac(counter, &[&self.padded(&header)[..], &expected].concat())?;
        let body = [&expected[..], &[0x8E, 0x08], &mac].concat();
        let count = u8::try_from(body.len()).map_err(|_| MessagingError::Malformed)?;
        Ok([&header[..], &[count], &body, &[0x00]].concat())
    }

    /// Verifies response number `counter` and returns its data.
    pub(crate) fn open_response(&self, counter: u8, response: &[u8]) -> Result<Vec<u8>, MessagingError> {
        let (body, outer_status) = response.split_last_chunk::<2>().ok_or(MessagingError::MacMissing)?;
        let parts = Protected::parse(body)?;
        let computed = self.mac(counter, parts.authenticated)?;
        if !equal(parts.mac, &computed) {
            return Err(MessagingError::MacInvalid);
        }
        if parts.status != outer_status {
            return Err(MessagingError::StatusMismatch);
        }
        if *outer_status != SUCCESS {
            return Err(MessagingError::Status);
        }
        parts
            .cryptogram
            .map_or(Ok(Vec::new()), |cryptogram| self.decrypt(counter, cryptogram))
    }

    fn decrypt(&self, counter: u8, cryptogram: &[u8]) -> Result<Vec<u8>, MessagingError> {
        let blocks = cryptogram.strip_prefix(&[0x01]).ok_or(MessagingError::Malformed)?;
        let iv = self.vector(counter)?;
        let mut plaintext = self.cipher.decrypt(self.encryption.expose(), &iv, blocks)?;
        let end = plaintext.iter().rposition(|byte| *byte != 0);
        let end = end.filter(|end| plaintext.get(*end) == Some(&0x80));
        plaintext.truncate(end.ok_or(MessagingError::Malformed)?);
        Ok(plaintext)
    }

    // Doc 9303-11 §9.8.6.1: AES starts from the encrypted counter, 3DES from zeros.
    fn vector(&self, counter: u8) -> Result<Vec<u8>, MessagingError> {
        let zeros = vec![0; self.cipher.block_len()];
        if self.cipher == MessagingCipher::TripleDes {
            return Ok(zeros);
        }
        let counter = self.counter(counter);
        Ok(self.cipher.encrypt(self.encryption.expose(), &zeros, &counter)?)
    }

    fn mac(&self, counter: u8, message: &[u8]) -> Result<[u8; 8], MessagingError> {
        let message = self.padded(&[&self.counter(counter)[..], message].concat());
        Ok(self.cipher.mac(self.mac.expose(), &message)?)
    }

    fn counter(&self, counter: u8) -> Vec<u8> {
        let mut bytes = vec![0; self.cipher.block_len().saturating_sub(1)];
        bytes.push(counter);
        bytes
    }

    // ISO/IEC 9797-1 padding method 2.
    fn padded(&self, message: &[u8]) -> Vec<u8> {
        let mut padded = message.to_vec();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(self.cipher.block_len()), 0);
        padded
    }
}

/// A protected response without its outer status.
struct Protected<'a> {
    cryptogram: Option<&'a [u8]>,
    status: &'a [u8],
    mac: &'a [u8],
    /// What the MAC is over.
    authenticated: &'a [u8],
}

impl<'a> Protected<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, MessagingError> {
        let mut reader = Reader::new(body);
        let (mut cryptogram, mut status, mut mac, mut covered) = (None, None, None, 0_usize);
        while !reader.is_empty() {
            let element = reader.next()?;
            match element.tag {
                CRYPTOGRAM if cryptogram.is_none() && status.is_none() => cryptogram = Some(element.value),
                STATUS if status.is_none() => status = Some(element.value),
                MAC => {
                    mac = Some(element.value);
                    reader.finish()?;
                    break;
                }
                _ => return Err(MessagingError::Malformed),
            }
            covered = covered.saturating_add(element.raw.len());
        }
        Ok(Self {
            cryptogram,
            mac: mac.ok_or(MessagingError::MacMissing)?,
            status: status.ok_or(MessagingError::Malformed)?,
            authenticated: body.get(..covered).ok_or(MessagingError::Malformed)?,
        })
    }
}

fn derive(cipher: MessagingCipher, shared: &[u8], counter: u8) -> Secret<Vec<u8>> {
    let hash = match cipher {
        MessagingCipher::TripleDes | MessagingCipher::Aes128 => HashAlgorithm::Sha1,
        MessagingCipher::Aes192 | MessagingCipher::Aes256 => HashAlgorithm::Sha256,
    };
    let input = Secret::new([shared, &[0, 0, 0, counter]].concat());
    let mut key = hash.digest(input.expose());
    key.truncate(cipher.key_len());
    if cipher == MessagingCipher::TripleDes {
        key = key.into_iter().map(with_odd_parity).collect();
    }
    Secret::new(key)
}

const fn with_odd_parity(byte: u8) -> u8 {
    if byte.count_ones().is_multiple_of(2) {
        byte ^ 1
    } else {
        byte
    }
}

/// Compares in constant time.
#[cfg(feature = "verify")]
fn equal(left: &[u8], right: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(left, right).into()
}

#[cfg(not(feature = "verify"))]
fn equal(left: &[u8], right: &[u8]) -> bool {
    left == right
}

/// The chip's side, for the virtual one.
#[cfg(feature = "testing")]
impl SessionKeys {
    /// Verifies a protected command without data, number `counter`, and returns its header and expected length.
    pub(crate) fn open_command(&self, counter: u8, command: &[u8]) -> Result<([u8; 4], u8), MessagingError> {
        let (header, rest) = command.split_first_chunk::<4>().ok_or(MessagingError::Malformed)?;
        let [_, body @ .., 0x00] = rest else {
            return Err(MessagingError::Malformed);
        };
        let mut reader = Reader::new(body);
        let length = reader.element(LENGTH)?;
        let mac = reader.expect(MAC)?;
        reader.finish()?;
        let computed = self.mac(counter, &[&self.padded(header)[..], length.raw].concat())?;
        match length.value {
            _ if !equal(mac, &computed) => Err(MessagingError::MacInvalid),
            [length] => Ok((*header, *length)),
            _ => Err(MessagingError::Malformed),
        }
    }

    /// Writes response number `counter`.
    pub(crate) fn protect_response(&self, counter: u8, data: &[u8]) -> Result<Vec<u8>, MessagingError> {
        use crate::testing::der::tlv;
        let iv = self.vector(counter)?;
        let blocks = self.cipher.encrypt(self.encryption.expose(), &iv, &self.padded(data))?;
        let body = [tlv(CRYPTOGRAM, &[&[0x01], &blocks[..]].concat()), tlv(STATUS, &SUCCESS)].concat();
        let mac = self.mac(counter, &body)?;
        Ok([&body[..], &tlv(MAC, &mac), &SUCCESS].concat())
    }
}

#[cfg(test)]
mod tests;
