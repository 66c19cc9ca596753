//! A strict reader of DER and of the LDS: definite lengths in their shortest form, no bytes left over.
//!
//! It never recurses; callers walk the structure that they expect, so depth is bounded by their code.

/// Why bytes are not the expected element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlvError {
    #[error("the element ends early")]
    Truncated,
    #[error("a length is indefinite, too large or not in its shortest form")]
    Length,
    #[error("another element was expected")]
    Unexpected,
    #[error("bytes follow the element")]
    Trailing,
}

/// One element: its tag, its content, and all of its bytes as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u32,
    pub(crate) value: &'a [u8],
    #[cfg_attr(
        not(any(feature = "testing", feature = "verify")),
        expect(dead_code, reason = "signatures cover it")
    )]
    pub(crate) raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// Reads the one element that the bytes are.
    #[cfg(any(test, feature = "verify"))]
    pub(crate) fn only(bytes: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(bytes);
        let tlv = reader.next()?;
        reader.finish()?;
        Ok(tlv)
    }

    /// Reads the one element that the bytes are and requires its tag.
    pub(crate) fn only_of(tag: u32, bytes: &'a [u8]) -> Result<&'a [u8], TlvError> {
        let mut reader = Reader::new(bytes);
        let value = reader.expect(tag)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Reads elements one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn finish(&self) -> Result<(), TlvError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(TlvError::Trailing)
        }
    }

    /// Returns the tag of the next element without reading it.
    #[cfg(any(test, feature = "verify"))]
    pub(crate) fn peek(&self) -> Option<u32> {
        tag(self.rest).ok().map(|(tag, _)| tag)
    }

    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, TlvError> {
        let (tag, tag_len) = tag(self.rest)?;
        let after_tag = self.rest.get(tag_len..).ok_or(TlvError::Truncated)?;
        let (length, length_len) = strict_length(after_tag)?;
        let header = tag_len.saturating_add(length_len);
        let total = header.checked_add(length).ok_or(TlvError::Length)?;
        let raw = self.rest.get(..total).ok_or(TlvError::Truncated)?;
        let value = raw.get(header..).ok_or(TlvError::Truncated)?;
        self.rest = self.rest.get(total..).ok_or(TlvError::Truncated)?;
        Ok(Tlv { tag, value, raw })
    }

    /// Reads the next element, requires its tag and returns its content.
    pub(crate) fn expect(&mut self, tag: u32) -> Result<&'a [u8], TlvError> {
        Ok(self.element(tag)?.value)
    }

    /// Reads the next element and requires its tag.
    pub(crate) fn element(&mut self, tag: u32) -> Result<Tlv<'a>, TlvError> {
        let tlv = self.next()?;
        if tlv.tag == tag {
            Ok(tlv)
        } else {
            Err(TlvError::Unexpected)
        }
    }

    /// Reads the next element only when it has the tag.
    #[cfg(any(test, feature = "verify"))]
    pub(crate) fn optional(&mut self, tag: u32) -> Result<Option<&'a [u8]>, TlvError> {
        if self.peek() == Some(tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// Reads a tag of at most three bytes as the number that its bytes spell.
pub(crate) fn tag(bytes: &[u8]) -> Result<(u32, usize), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated)?;
    if first & 0x1F != 0x1F {
        return Ok((u32::from(first), 1));
    }
    let mut tag = u32::from(first);
    for (position, byte) in bytes.iter().enumerate().skip(1).take(2) {
        tag = tag << 8 | u32::from(*byte);
        if byte & 0x80 == 0 {
            return Ok((tag, position.saturating_add(1)));
        }
    }
    Err(TlvError::Truncated)
}

/// Reads a definite length of at most four bytes, in any form, and how many bytes it took.
pub(crate) fn length(bytes: &[u8]) -> Result<(usize, usize), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated)?;
    if first < 0x80 {
        return Ok((usize::from(first), 1));
    }
    let count = usize::from(first & 0x7F);
    if !(1..=4).contains(&count) {
        return Err(TlvError::Length);
    }
    let digits = bytes.get(1..=count).ok_or(TlvError::Truncated)?;
    let value = digits.iter().fold(0_u32, |value, digit| value << 8 | u32::from(*digit));
    Ok((
        usize::try_from(value).map_err(|_| TlvError::Length)?,
        count.saturating_add(1),
    ))
}

fn strict_length(bytes: &[u8]) -> Result<(usize, usize), TlvError> {
    let (value, taken) = length(bytes)?;
    let shortest = match value {
        0..=0x7F => 1,
        0x80..=0xFF => 2,
        0x100..=0xFFFF => 3,
        0x1_0000..=0xFF_FFFF => 4,
        _ => 5,
    };
    if taken == shortest {
        Ok((value, taken))
    } else {
        Err(TlvError::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_short_long_and_two_byte_tags() {
        let tlv = Tlv::only(&[0x5F, 0x1F, 0x02, 1, 2]).unwrap();
        assert_eq!((tlv.tag, tlv.value), (0x5F1F, &[1_u8, 2][..]));
        let mut long = vec![0x04, 0x81, 0x80];
        long.extend([0; 128]);
        assert_eq!(Tlv::only(&long).unwrap().value.len(), 128);
    }

    #[test]
    fn refuses_everything_that_is_not_strict() {
        for (bytes, error) in [
            (&[][..], TlvError::Truncated),
            (&[0x30], TlvError::Truncated),
            (&[0x30, 0x01], TlvError::Truncated),
            (&[0x30, 0x80, 0, 0], TlvError::Length),
            (&[0x30, 0x81, 0x01, 0], TlvError::Length),
            (&[0x30, 0x85, 0, 0, 0, 0, 0], TlvError::Length),
            (&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], TlvError::Truncated),
            (&[0x30, 0x00, 0x00], TlvError::Trailing),
            (&[0x1F, 0x81, 0x81, 0x01, 0x00], TlvError::Truncated),
        ] {
            assert_eq!(Tlv::only(bytes).unwrap_err(), error, "{bytes:02x?}");
        }
    }
}
