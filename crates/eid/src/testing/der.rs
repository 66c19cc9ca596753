//! A writer of DER for the generator.

use mahfada_base::UnixTime;

pub(crate) fn tlv(tag: u32, content: &[u8]) -> Vec<u8> {
    let significant = |bytes: [u8; 4]| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut out = significant(tag.to_be_bytes());
    let digits = significant(length.to_be_bytes());
    match (length, digits.len()) {
        (0..=0x7F, _) => out.push(length.to_be_bytes()[3]),
        (_, count) => {
            out.push(0x80 | u8::try_from(count).unwrap_or(4));
            out.extend(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, content)
}

/// Writes a positive integer.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        digits.insert(0, 0);
    }
    tlv(0x02, &digits)
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, content)
}

pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content].concat())
}

pub(crate) fn algorithm(algorithm: &[u8]) -> Vec<u8> {
    sequence(&[&oid(algorithm)])
}

/// Writes a time as `UTCTime` up to 2049 and as `GeneralizedTime` from then on (RFC 5280 §4.1.2.5).
pub(crate) fn time(time: UnixTime) -> Vec<u8> {
    let generalized = generalized_time(time);
    if time.date().0 < 2050 {
        tlv(0x17, generalized.get(2..).unwrap_or_default())
    } else {
        tlv(0x18, &generalized)
    }
}

pub(crate) fn generalized_time(time: UnixTime) -> Vec<u8> {
    time.to_rfc3339()
        .bytes()
        .filter(|byte| byte.is_ascii_digit() || *byte == b'Z')
        .collect()
}

/// Writes `r || s` as `SEQUENCE { r, s }`.
pub(crate) fn ecdsa_signature(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(plain.len() / 2);
    sequence(&[&integer(r), &integer(s)])
}
