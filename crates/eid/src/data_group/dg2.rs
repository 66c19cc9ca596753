//! DG2, the holder's face (Doc 9303-10 §4.7.2): its form alone; no part of the image is returned or kept.

use super::DataGroupError;
use crate::tlv::{Reader, Tlv};

const FEWEST_BYTES_OF_AN_IMAGE: usize = 8;

/// Checks that DG2 is a group of biometric templates, each with a header and a face record of ISO/IEC 19794-5 or 39794-5.
///
/// It does not look at the image.
///
/// # Errors
/// [`DataGroupError::Malformed`] when it is something else.
pub fn check_dg2(file: &[u8]) -> Result<(), DataGroupError> {
    let mut group = Reader::new(Tlv::only_of(0x7F61, Tlv::only_of(0x75, file)?)?);
    let count = group.expect(0x02)?;
    let mut found = 0_u8;
    while !group.is_empty() {
        template(group.expect(0x7F60)?)?;
        found = found.checked_add(1).ok_or(DataGroupError::Malformed)?;
    }
    if found > 0 && count == [found] {
        Ok(())
    } else {
        Err(DataGroupError::Malformed)
    }
}

fn template(content: &[u8]) -> Result<(), DataGroupError> {
    let mut template = Reader::new(content);
    template.expect(0xA1)?;
    let record = template.next()?;
    template.finish()?;
    let is_face = match record.tag {
        0x5F2E => record.value.starts_with(b"FAC\0"),
        0x7F2E => true,
        _ => false,
    };
    if is_face && record.value.len() >= FEWEST_BYTES_OF_AN_IMAGE {
        Ok(())
    } else {
        Err(DataGroupError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::der::{integer, tlv};

    fn dg2(count: u8, templates: &[Vec<u8>]) -> Vec<u8> {
        tlv(0x75, &tlv(0x7F61, &[integer(&[count]), templates.concat()].concat()))
    }

    fn template(tag: u32, record: &[u8]) -> Vec<u8> {
        tlv(0x7F60, &[tlv(0xA1, &[]), tlv(tag, record)].concat())
    }

    #[test]
    fn faces_of_both_encodings_have_their_form() {
        let (old, new) = (
            template(0x5F2E, b"FAC\x00010\0face"),
            template(0x7F2E, b"\xA1\x06\0\0\0\0\0\0"),
        );
        assert_eq!(check_dg2(&dg2(1, std::slice::from_ref(&old))), Ok(()));
        assert_eq!(check_dg2(&dg2(2, &[old, new])), Ok(()));
    }

    #[test]
    fn everything_else_is_malformed() {
        let face = template(0x5F2E, b"FAC\x00010\0face");
        let without_header = tlv(0x7F60, &tlv(0x5F2E, b"FAC\x00010\0face"));
        let mut trailing = dg2(1, std::slice::from_ref(&face));
        trailing.push(0);
        for wrong in [
            dg2(2, std::slice::from_ref(&face)),
            dg2(0, &[]),
            dg2(1, &[template(0x5F2E, b"FIR\x00010\0finger")]),
            dg2(1, &[template(0x5F2E, b"FAC\0")]),
            dg2(1, &[template(0x5F2F, b"FAC\x00010\0face")]),
            dg2(1, &[without_header]),
            trailing,
            Vec::new(),
        ] {
            assert_eq!(check_dg2(&wrong), Err(DataGroupError::Malformed), "{wrong:02x?}");
        }
    }
}
