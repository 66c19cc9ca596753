//! Object identifiers whose arcs may be UUIDs (ITU-T X.667), which 32-bit arcs cannot hold.

/// Reads the content bytes of an object identifier as dotted text; `None` when they are not canonical.
pub(crate) fn to_dotted(content: &[u8]) -> Option<String> {
    let mut arcs: Vec<u128> = Vec::new();
    let mut arc: u128 = 0;
    let mut started = false;
    for byte in content {
        if !started && *byte == 0x80 {
            return None;
        }
        arc = arc.checked_mul(128)? | u128::from(byte & 0x7f);
        started = byte & 0x80 != 0;
        if !started {
            arcs.push(arc);
            arc = 0;
        }
    }
    let (first, rest) = arcs.split_first()?;
    if started {
        return None;
    }
    let root = (*first / 40).min(2);
    let second = first.checked_sub(root.checked_mul(40)?)?;
    let mut text = format!("{root}.{second}");
    for arc in rest {
        text.push('.');
        text.push_str(&arc.to_string());
    }
    Some(text)
}

/// Writes the content bytes of an object identifier in dotted form; `None` when the text is none.
#[cfg(any(feature = "issue", test))]
pub(crate) fn from_dotted(text: &str) -> Option<Vec<u8>> {
    let arcs = text
        .split('.')
        .map(|arc| arc.parse::<u128>().ok())
        .collect::<Option<Vec<_>>>()?;
    let (root, rest) = arcs.split_first()?;
    let (second, rest) = rest.split_first()?;
    if *root > 2 || (*root < 2 && *second > 39) {
        return None;
    }
    let mut content = Vec::new();
    push_arc(&mut content, second.checked_add(root.checked_mul(40)?)?);
    for arc in rest {
        push_arc(&mut content, *arc);
    }
    (to_dotted(&content).as_deref() == Some(text)).then_some(content)
}

#[cfg(any(feature = "issue", test))]
fn push_arc(content: &mut Vec<u8>, arc: u128) {
    let groups = (128 - arc.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        #[expect(clippy::cast_possible_truncation, reason = "masked to seven bits")]
        let bits = (arc >> (group * 7)) as u8 & 0x7f;
        content.push(if group == 0 { bits } else { bits | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eku;

    #[test]
    fn every_identifier_round_trips() {
        for text in [
            eku::CREDENTIAL_SIGNING,
            eku::STATUS_SIGNING,
            eku::LIST_SIGNING,
            eku::ACCESS,
            eku::REGISTRATION_SIGNING,
            eku::SERVER_AUTH,
            "2.25.0",
            "2.999.1",
            "0.0",
        ] {
            assert_eq!(to_dotted(&from_dotted(text).unwrap()).as_deref(), Some(text));
        }
        assert_eq!(from_dotted(eku::SERVER_AUTH).unwrap(), [0x2b, 6, 1, 5, 5, 7, 3, 1]);
    }

    #[test]
    fn refuses_what_is_no_canonical_identifier() {
        for content in [&[][..], &[0x2b, 0x80, 1], &[0x2b, 0x81]] {
            assert_eq!(to_dotted(content), None);
        }
        assert_eq!(to_dotted(&[&[0x69][..], &[0xff; 19], &[0x7f]].concat()), None);
        for text in ["", "1", "3.1", "1.40", "1..2", "1.02", "x.y"] {
            assert_eq!(from_dotted(text), None, "{text}");
        }
    }
}
