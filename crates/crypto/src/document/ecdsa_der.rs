//! The DER form of an ECDSA signature: one spelling per pair of numbers.

/// Splits `SEQUENCE { INTEGER r, INTEGER s }` into big-endian numbers of `length` bytes each.
///
/// Everything that is not strict DER is `None`: long forms where short ones do, surplus zeros, negative numbers, bytes
/// after either end.
pub(super) fn split(der: &[u8], length: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (content, rest) = element(der, 0x30)?;
    let (r, content) = element(content, 0x02)?;
    let (s, content) = element(content, 0x02)?;
    (rest.is_empty() && content.is_empty()).then_some(())?;
    Some((unsigned(r, length)?, unsigned(s, length)?))
}

/// Splits one element with the tag off and returns its content and what follows.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, rest @ ..] | [0x81, length @ 0x80..=0xff, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Reads a minimal, not negative INTEGER and pads it on the left.
fn unsigned(content: &[u8], length: usize) -> Option<Vec<u8>> {
    let (leading, rest) = content.split_first()?;
    let number = match (leading, rest.first()) {
        (0, Some(0x80..)) => rest,
        (1..=0x7f, _) | (0, None) => content,
        _ => return None,
    };
    let mut padded = vec![0; length.checked_sub(number.len())?];
    padded.extend_from_slice(number);
    Some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_minimal_numbers() {
        assert_eq!(
            split(&[0x30, 7, 2, 1, 5, 2, 2, 0, 0x80], 2),
            Some((vec![0, 5], vec![0, 0x80]))
        );
    }

    #[test]
    fn refuses_every_other_spelling() {
        for der in [
            [0x30, 0x81, 6, 2, 1, 5, 2, 1, 5].as_slice(),
            &[0x30, 6, 2, 1, 5, 2, 1, 5, 0],
            &[0x30, 7, 2, 1, 5, 2, 1, 5, 0],
            &[0x30, 7, 2, 2, 0, 5, 2, 1, 5],
            &[0x30, 6, 2, 1, 0x85, 2, 1, 5],
            &[0x30, 5, 2, 0, 2, 1, 5],
            &[0x30, 7, 2, 1, 5, 2, 0x81, 1, 5],
            &[0x30, 8, 2, 3, 1, 1, 1, 2, 1, 5],
            &[0x31, 6, 2, 1, 5, 2, 1, 5],
            &[0x30, 0x80, 2, 1, 5, 2, 1, 5, 0, 0],
            &[0x30],
            &[],
        ] {
            assert_eq!(split(der, 2), None, "{der:02x?}");
        }
    }
}
