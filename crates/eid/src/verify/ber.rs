//! Indefinite lengths in EF.SOD, which some states write: rewritten as definite ones before the strict reading.
//!
//! Elements of definite length stay as received, so the signed bytes do; only what encloses an indefinite length, and
//! octet strings sent in pieces, are written anew.

use crate::tlv::{self, TlvError};

const DEEPEST: usize = 16;
const CONSTRUCTED: u8 = 0x20;
const CONSTRUCTED_OCTET_STRING: u32 = 0x24;
const INDEFINITE: u8 = 0x80;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// Rewrites one element; the caller bounds its size. Bytes after it are left to the strict reader.
pub(super) fn definite(bytes: &[u8]) -> Result<Vec<u8>, TlvError> {
    let (mut out, taken) = element(bytes, 0)?;
    out.extend_from_slice(bytes.get(taken..).unwrap_or_default());
    Ok(out)
}

/// Returns the element in definite form and how many bytes it took.
fn element(bytes: &[u8], depth: usize) -> Result<(Vec<u8>, usize), TlvError> {
    if depth >= DEEPEST {
        return Err(TlvError::Length);
    }
    let (tag, tag_len) = tlv::tag(bytes)?;
    let first = bytes.first().copied().unwrap_or_default();
    let after_tag = bytes.get(tag_len..).ok_or(TlvError::Truncated)?;
    if after_tag.first() == Some(&INDEFINITE) {
        if first & CONSTRUCTED == 0 {
            return Err(TlvError::Length);
        }
        let rest = after_tag.get(1..).unwrap_or_default();
        let (content, taken) = until_end(rest, tag == CONSTRUCTED_OCTET_STRING, depth)?;
        let taken = tag_len.saturating_add(1).saturating_add(taken);
        return Ok((write(bytes.get(..tag_len).unwrap_or_default(), tag, &content), taken));
    }
    let (length, length_len) = tlv::length(after_tag)?;
    let header = tag_len.saturating_add(length_len);
    let total = header.checked_add(length).ok_or(TlvError::Length)?;
    let raw = bytes.get(..total).ok_or(TlvError::Truncated)?;
    if first & CONSTRUCTED == 0 {
        return Ok((raw.to_vec(), total));
    }
    let received = raw.get(header..).unwrap_or_default();
    let content = children(received, depth)?;
    if content == received {
        return Ok((raw.to_vec(), total));
    }
    Ok((write(bytes.get(..tag_len).unwrap_or_default(), tag, &content), total))
}

fn children(mut rest: &[u8], depth: usize) -> Result<Vec<u8>, TlvError> {
    let mut content = Vec::new();
    while !rest.is_empty() {
        let (child, taken) = element(rest, depth.saturating_add(1))?;
        content.extend(child);
        rest = rest.get(taken..).ok_or(TlvError::Truncated)?;
    }
    Ok(content)
}

/// Reads children up to the end-of-contents octets; `pieces` joins the contents of primitive octet strings.
fn until_end(bytes: &[u8], pieces: bool, depth: usize) -> Result<(Vec<u8>, usize), TlvError> {
    let mut content = Vec::new();
    let mut rest = bytes;
    loop {
        if let Some(after) = rest.strip_prefix(&END_OF_CONTENTS) {
            return Ok((content, bytes.len().saturating_sub(after.len())));
        }
        let (child, taken) = element(rest, depth.saturating_add(1))?;
        if pieces {
            content.extend_from_slice(tlv::Tlv::only_of(0x04, &child)?);
        } else {
            content.extend(child);
        }
        rest = rest.get(taken..).ok_or(TlvError::Truncated)?;
    }
}

fn write(tag_bytes: &[u8], tag: u32, content: &[u8]) -> Vec<u8> {
    let mut out = if tag == CONSTRUCTED_OCTET_STRING {
        vec![0x04]
    } else {
        tag_bytes.to_vec()
    };
    let digits: Vec<u8> = content
        .len()
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    match (content.len(), u8::try_from(digits.len())) {
        (0..=0x7F, _) => out.push(digits.first().copied().unwrap_or_default()),
        (_, count) => {
            out.push(INDEFINITE | count.unwrap_or(0x7F));
            out.extend(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_what_is_indefinite_and_keeps_the_rest() {
        for (received, expected) in [
            (
                &[0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00][..],
                &[0x30, 0x03, 0x02, 0x01, 0x05][..],
            ),
            (
                &[0x24, 0x80, 0x04, 0x01, 0xAA, 0x04, 0x01, 0xBB, 0, 0],
                &[0x04, 0x02, 0xAA, 0xBB],
            ),
            (
                &[0x30, 0x06, 0x31, 0x80, 0x05, 0x00, 0x00, 0x00],
                &[0x30, 0x04, 0x31, 0x02, 0x05, 0x00],
            ),
            (&[0x30, 0x81, 0x02, 0x05, 0x00], &[0x30, 0x81, 0x02, 0x05, 0x00]),
            (&[0x30, 0x80, 0x00, 0x00, 0xFF], &[0x30, 0x00, 0xFF]),
        ] {
            assert_eq!(definite(received).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn refuses_deep_and_endless_nesting() {
        assert_eq!(definite(&[0x30, 0x80].repeat(1000)), Err(TlvError::Length));
        assert_eq!(definite(&[0x30, 0x80, 0x05, 0x00]), Err(TlvError::Truncated));
        assert_eq!(definite(&[0x04, 0x80, 0x00, 0x00]), Err(TlvError::Length));
    }
}
