//! The list of data groups inside an EF.SOD, read without verifying anything.

use std::collections::BTreeSet;

use crate::tlv::{Reader, Tlv, TlvError};

/// Returns the numbers of the data groups that the object lists, or `None` when it is not in the strict encoding;
/// the card is then asked for every file wanted.
pub(super) fn listed_data_groups(sod: &[u8]) -> Option<BTreeSet<u8>> {
    let numbers = numbers(sod).ok()?;
    (!numbers.is_empty()).then_some(numbers)
}

fn numbers(sod: &[u8]) -> Result<BTreeSet<u8>, TlvError> {
    let mut content_info = Reader::new(Tlv::only_of(0x30, Tlv::only_of(0x77, sod)?)?);
    content_info.expect(0x06)?;
    let mut signed_data = Reader::new(Tlv::only_of(0x30, content_info.expect(0xA0)?)?);
    signed_data.expect(0x02)?;
    signed_data.expect(0x31)?;
    let mut encapsulated = Reader::new(signed_data.expect(0x30)?);
    encapsulated.expect(0x06)?;
    let security_object = Tlv::only_of(0x30, Tlv::only_of(0x04, encapsulated.expect(0xA0)?)?)?;
    let mut fields = Reader::new(security_object);
    fields.expect(0x02)?;
    fields.expect(0x30)?;
    let mut hashes = Reader::new(fields.expect(0x30)?);
    let mut numbers = BTreeSet::new();
    while !hashes.is_empty() {
        let number = Reader::new(hashes.expect(0x30)?).expect(0x02)?;
        numbers.extend(number.first());
    }
    Ok(numbers)
}
