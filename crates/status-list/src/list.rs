//! The compressed array of small numbers (§4).

use std::fmt;
use std::io::{self, Read as _};

use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use mahfada_base::base64url;

#[cfg(test)]
mod tests;

/// The most bytes that a list may have when it is decompressed: 8 MiB, or 2^26 entries of one bit.
pub const MAX_UNCOMPRESSED: usize = 8 * 1024 * 1024;

/// A list of statuses of 1, 2, 4 or 8 bits each.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    width: Width,
    bytes: Vec<u8>,
}

/// Why a list cannot be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListFormatError {
    /// An entry has 1, 2, 4 or 8 bits.
    #[error("an entry has 1, 2, 4 or 8 bits")]
    Bits,
    /// The list is longer than allowed.
    #[error("the status list is longer than allowed")]
    TooLarge,
    /// The text is not canonical base64url.
    #[error("the status list is not canonical base64url")]
    Base64(#[from] base64url::Base64Error),
    /// The bytes are not one zlib stream.
    #[error("the status list is not compressed with zlib")]
    Zlib(#[source] io::Error),
    /// Bytes follow the zlib stream.
    #[error("bytes follow the compressed status list")]
    TrailingBytes,
}

impl StatusListFormatError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bits => "status_bits",
            Self::TooLarge => "status_too_large",
            Self::Base64(_) | Self::Zlib(_) | Self::TrailingBytes => "status_malformed",
        }
    }
}

/// Why an entry cannot be read or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusIndexError {
    /// The list has no such entry; a relying party then refuses the credential (§8.3).
    #[error("the status list has no such entry")]
    OutOfRange,
    /// The value does not fit the bits of an entry.
    #[error("the status does not fit an entry of this list")]
    ValueTooWide,
}

impl StatusIndexError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutOfRange => "status_index",
            Self::ValueTooWide => "status_bits",
        }
    }
}

/// The number of bits of an entry, as a power of two: every entry lies inside one byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Width {
    const fn of(bits: u8) -> Option<Self> {
        match bits {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            4 => Some(Self::Four),
            8 => Some(Self::Eight),
            _ => None,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    const fn mask(self) -> u8 {
        u8::MAX >> (8 - self.bits())
    }

    const fn entries_per_byte(self) -> u8 {
        8 / self.bits()
    }

    /// Returns the byte of an entry and how far it is shifted there; the first entry has the lowest bits (§4.1).
    fn place(self, index: u64) -> Option<(usize, u8)> {
        let per_byte = u64::from(self.entries_per_byte());
        let byte = usize::try_from(index / per_byte).ok()?;
        let shift = u8::try_from(index % per_byte).ok()?.checked_mul(self.bits())?;
        Some((byte, shift))
    }
}

impl StatusList {
    /// Makes a list of `size` valid entries, rounded up to whole bytes.
    ///
    /// # Errors
    /// [`StatusListFormatError::Bits`] or [`StatusListFormatError::TooLarge`] (over [`MAX_UNCOMPRESSED`]).
    pub fn new(bits: u8, size: u64) -> Result<Self, StatusListFormatError> {
        let width = Width::of(bits).ok_or(StatusListFormatError::Bits)?;
        let length = size.div_ceil(u64::from(width.entries_per_byte()));
        match usize::try_from(length) {
            Ok(length) if length <= MAX_UNCOMPRESSED => Ok(Self {
                width,
                bytes: vec![0; length],
            }),
            _ => Err(StatusListFormatError::TooLarge),
        }
    }

    /// Decompresses a list, reading at most `max_uncompressed` bytes of it.
    ///
    /// # Errors
    /// [`StatusListFormatError`] when it is longer, or not one zlib stream in canonical base64url.
    pub fn decode(bits: u8, text: &str, max_uncompressed: usize) -> Result<Self, StatusListFormatError> {
        let width = Width::of(bits).ok_or(StatusListFormatError::Bits)?;
        let compressed = base64url::decode(text)?;
        let mut decoder = ZlibDecoder::new(compressed.as_slice());
        let mut bytes = Vec::new();
        // One byte more than allowed is enough to know, whatever the stream would grow to.
        let limit = u64::try_from(max_uncompressed).unwrap_or(u64::MAX).saturating_add(1);
        decoder
            .by_ref()
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(StatusListFormatError::Zlib)?;
        if bytes.len() > max_uncompressed {
            return Err(StatusListFormatError::TooLarge);
        }
        if usize::try_from(decoder.total_in()) != Ok(compressed.len()) {
            return Err(StatusListFormatError::TrailingBytes);
        }
        Ok(Self { width, bytes })
    }

    /// Compresses the list to the text of `lst`.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "only memory is read and written, so there is no I/O error to be had"
    )]
    pub fn encode(&self) -> String {
        let mut compressed = Vec::new();
        ZlibEncoder::new(self.bytes.as_slice(), Compression::best())
            .read_to_end(&mut compressed)
            .expect("compression of memory into memory does not fail");
        base64url::encode(compressed)
    }

    /// Returns the value of an entry, at a cost that does not depend on the size of the list.
    ///
    /// # Errors
    /// [`StatusIndexError::OutOfRange`] when the list is shorter.
    pub fn get(&self, index: u64) -> Result<u8, StatusIndexError> {
        let (byte, shift) = self.width.place(index).ok_or(StatusIndexError::OutOfRange)?;
        let byte = self.bytes.get(byte).ok_or(StatusIndexError::OutOfRange)?;
        Ok((byte >> shift) & self.width.mask())
    }

    /// Sets the value of an entry.
    ///
    /// # Errors
    /// [`StatusIndexError`] when the list is shorter or the value has more bits than an entry.
    pub fn set(&mut self, index: u64, value: u8) -> Result<(), StatusIndexError> {
        let mask = self.width.mask();
        if value > mask {
            return Err(StatusIndexError::ValueTooWide);
        }
        let (byte, shift) = self.width.place(index).ok_or(StatusIndexError::OutOfRange)?;
        let byte = self.bytes.get_mut(byte).ok_or(StatusIndexError::OutOfRange)?;
        *byte = (*byte & !(mask << shift)) | (value << shift);
        Ok(())
    }

    /// Returns the bits of an entry: 1, 2, 4 or 8.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.width.bits()
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        let entries = u64::from(self.width.entries_per_byte());
        u64::try_from(self.bytes.len())
            .unwrap_or(u64::MAX)
            .saturating_mul(entries)
    }
}

impl fmt::Debug for StatusList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusList({} entries of {} bits)", self.size(), self.bits())
    }
}
