//! The commands of ISO/IEC 7816-4 that a reading session needs, and their responses.

use super::CardError;

// Doc 9303-10 §3.2: the eMRTD application.
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

pub(super) fn select_application() -> Vec<u8> {
    [&[0x00, 0xA4, 0x04, 0x0C, 0x07], &APPLICATION[..]].concat()
}

pub(super) fn select_file(identifier: u16) -> Vec<u8> {
    [&[0x00, 0xA4, 0x02, 0x0C, 0x02], &identifier.to_be_bytes()[..]].concat()
}

/// Reads `length` bytes at an offset below 2^15.
pub(super) fn read_binary(offset: u16, length: u8) -> Vec<u8> {
    let [high, low] = offset.to_be_bytes();
    vec![0x00, 0xB0, high & 0x7F, low, length]
}

/// Reads at any offset; the response wraps the data in tag 53 (ISO/IEC 7816-4 §7.2.3, odd instruction).
pub(super) fn read_binary_extended(offset: u32, length: u8) -> Vec<u8> {
    let [_, high, middle, low] = offset.to_be_bytes();
    vec![0x00, 0xB1, 0x00, 0x00, 0x05, 0x54, 0x03, high, middle, low, length]
}

/// Has the chip sign the challenge (Doc 9303-11 §6.1).
pub(super) fn internal_authenticate(rnd_ifd: [u8; 8]) -> Vec<u8> {
    [&[0x00, 0x88, 0x00, 0x00, 0x08], &rnd_ifd[..], &[0x00]].concat()
}

pub(super) fn get_response(length: u8) -> Vec<u8> {
    vec![0x00, 0xC0, 0x00, 0x00, length]
}

/// A response: data and status word.
pub(super) struct Response<'a> {
    pub(super) data: &'a [u8],
    status: u16,
}

impl<'a> Response<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, CardError> {
        let (data, status) = bytes.split_last_chunk::<2>().ok_or(CardError::NoStatus)?;
        Ok(Self {
            data,
            status: u16::from_be_bytes(*status),
        })
    }

    /// Accepts 9000 and 6282 (end of file reached): both carry data.
    pub(super) fn success(&self) -> Result<&'a [u8], CardError> {
        match self.status {
            0x9000 | 0x6282 => Ok(self.data),
            0x6982 | 0x6987 | 0x6988 => Err(CardError::AccessDenied),
            other => Err(CardError::Status(other)),
        }
    }

    pub(super) const fn not_found(&self) -> bool {
        self.status == 0x6A82
    }

    /// Tells whether more of the answer waits for GET RESPONSE (61xx).
    pub(super) const fn more(&self) -> bool {
        self.status >> 8 == 0x61
    }

    /// Returns the length that the chip wants instead (6Cxx).
    pub(super) const fn other_length(&self) -> Option<u8> {
        if self.status >> 8 == 0x6C {
            Some(self.low())
        } else {
            None
        }
    }

    pub(super) const fn low(&self) -> u8 {
        self.status.to_be_bytes()[1]
    }
}
