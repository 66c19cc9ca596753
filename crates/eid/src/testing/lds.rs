//! The files of the test card (Doc 9303-10 §4.7).

use std::collections::BTreeMap;

use mahfada_base::UnixTime;
use mahfada_crypto::Signer;

use super::Citizen;
use super::chip_key::ChipKey;
use super::der::{integer, oid, sequence, tlv};
use super::pki::{CurveEncoding, subject_public_key_info};
use crate::mrz::checksum;
use crate::oid as id;

/// Makes the data groups: DG15 for a key of Active Authentication, DG14 for it and for one of Chip Authentication.
pub(super) fn data_groups(
    citizen: &Citizen,
    issued: UnixTime,
    chip: Option<&dyn Signer>,
    chip_key: Option<&ChipKey>,
) -> BTreeMap<u8, Vec<u8>> {
    let mut groups = BTreeMap::from([
        (1, dg1(citizen)),
        (2, dg2(citizen)),
        (11, dg11(citizen)),
        (12, dg12(issued)),
    ]);
    let mut infos = chip_key.map(|key| key.security_infos().to_vec()).unwrap_or_default();
    infos.extend(chip.map(|_| active_authentication_info()));
    if !infos.is_empty() {
        groups.insert(14, tlv(0x6E, &tlv(0x31, &infos.concat())));
    }
    if let Some(chip) = chip {
        groups.insert(15, tlv(0x6F, &subject_public_key_info(chip, CurveEncoding::Named)));
    }
    groups
}

/// Makes EF.COM, which lists the data groups and is signed by nobody.
pub(super) fn ef_com(groups: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let tags: Vec<u8> = groups.values().filter_map(|file| file.first().copied()).collect();
    tlv(
        0x60,
        &[tlv(0x5F01, b"0107"), tlv(0x5F36, b"040000"), tlv(0x5C, &tags)].concat(),
    )
}

fn dg1(citizen: &Citizen) -> Vec<u8> {
    let digit = |field: &str| format!("{field}{}", checksum(field));
    let short_date = |date: &str| digit(date.replace('-', "").get(2..).unwrap_or_default());
    let line1 = format!(
        "I<MAR{}{}",
        digit(&padded(&citizen.document_number, 9)),
        padded(&citizen.personal_number, 15)
    );
    let sex = if matches!(citizen.sex, 'M' | 'F') {
        citizen.sex
    } else {
        '<'
    };
    let (birth, expiry) = (short_date(&citizen.birthdate), short_date(&citizen.expiry));
    let optional = padded("", 11);
    let composite = checksum(&format!(
        "{}{birth}{expiry}{optional}",
        line1.get(5..).unwrap_or_default()
    ));
    let line2 = format!("{birth}{sex}{expiry}MAR{optional}{composite}");
    let line3 = padded(
        &format!("{}<<{}", latin(&citizen.family_name), latin(&citizen.given_name)),
        30,
    );
    tlv(0x61, &tlv(0x5F1F, format!("{line1}{line2}{line3}").as_bytes()))
}

// A record with the shape of a face image and no face in it.
fn dg2(citizen: &Citizen) -> Vec<u8> {
    let mut image = b"FAC\x00010\x00".to_vec();
    image.extend(citizen.personal_number.bytes().cycle().take(400));
    let header = tlv(
        0xA1,
        &[tlv(0x81, &[0x02]), tlv(0x87, &[0x01, 0x01]), tlv(0x88, &[0x00, 0x08])].concat(),
    );
    let template = tlv(0x7F60, &[header, tlv(0x5F2E, &image)].concat());
    tlv(0x75, &tlv(0x7F61, &[integer(&[1]), template].concat()))
}

fn dg11(citizen: &Citizen) -> Vec<u8> {
    let name = format!("{}<<{}", citizen.family_name_ar, citizen.given_name_ar);
    let fields = [
        tlv(0x5C, &[0x5F, 0x0E, 0x5F, 0x10, 0x5F, 0x2B, 0x5F, 0x11, 0x5F, 0x42]),
        tlv(0x5F0E, name.as_bytes()),
        tlv(0x5F10, citizen.personal_number.as_bytes()),
        tlv(0x5F2B, citizen.birthdate.replace('-', "").as_bytes()),
        tlv(0x5F11, b"RABAT"),
        tlv(0x5F42, b"12 RUE TEST<RABAT"),
    ];
    tlv(0x6B, &fields.concat())
}

fn dg12(issued: UnixTime) -> Vec<u8> {
    let (year, month, day) = issued.date();
    let date = format!("{year:04}{month:02}{day:02}");
    let fields = [
        tlv(0x5C, &[0x5F, 0x19, 0x5F, 0x26]),
        tlv(0x5F19, b"DGSN"),
        tlv(0x5F26, date.as_bytes()),
    ];
    tlv(0x6C, &fields.concat())
}

// An elliptic-curve chip key needs this entry to say which hash it signs with.
fn active_authentication_info() -> Vec<u8> {
    let plain_sha256 = [id::ECDSA_PLAIN, &[3]].concat();
    sequence(&[&oid(id::ACTIVE_AUTHENTICATION), &integer(&[1]), &oid(&plain_sha256)])
}

fn padded(text: &str, length: usize) -> String {
    text.chars().chain(std::iter::repeat('<')).take(length).collect()
}

fn latin(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphabetic() {
                c.to_ascii_uppercase()
            } else {
                '<'
            }
        })
        .collect()
}
