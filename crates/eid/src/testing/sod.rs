//! The document security object of the test card (Doc 9303-10 §4.6.2).

use std::collections::BTreeMap;

use mahfada_crypto::{Signer, pure};

use super::der::{algorithm, ecdsa_signature, integer, octets, oid, sequence, set, tlv};
use super::pki::sign;
use crate::oid as id;

/// Signs the hashes of the data groups with the document signer's key.
pub(super) fn sign_groups(
    groups: &BTreeMap<u8, Vec<u8>>,
    signer: &dyn Signer,
    certificate: &[u8],
    issuer: &[u8],
    serial: &[u8],
) -> Vec<u8> {
    let security_object = security_object(groups);
    let attributes = signed_attributes(&security_object);
    let signature = ecdsa_signature(&sign(signer, &tlv(0x31, &attributes)));
    let signer_info = sequence(&[
        &integer(&[1]),
        &sequence(&[issuer, &integer(serial)]),
        &algorithm(id::SHA256),
        &tlv(0xA0, &attributes),
        &algorithm(id::ECDSA_SHA256),
        &octets(&signature),
    ]);
    let signed_data = sequence(&[
        &integer(&[3]),
        &set(&[&algorithm(id::SHA256)]),
        &sequence(&[&oid(id::LDS_SECURITY_OBJECT), &tlv(0xA0, &octets(&security_object))]),
        &tlv(0xA0, certificate),
        &set(&[&signer_info]),
    ]);
    tlv(0x77, &sequence(&[&oid(id::SIGNED_DATA), &tlv(0xA0, &signed_data)]))
}

fn security_object(groups: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let hashes: Vec<u8> = groups
        .iter()
        .flat_map(|(number, file)| sequence(&[&integer(&[*number]), &octets(&pure::PROVIDER.digest.sha256(file))]))
        .collect();
    sequence(&[&integer(&[0]), &algorithm(id::SHA256), &sequence(&[&hashes])])
}

fn signed_attributes(security_object: &[u8]) -> Vec<u8> {
    let attribute = |kind: &[u8], value: &[u8]| sequence(&[&oid(kind), &set(&[value])]);
    let digest = pure::PROVIDER.digest.sha256(security_object);
    [
        attribute(id::CONTENT_TYPE, &oid(id::LDS_SECURITY_OBJECT)),
        attribute(id::MESSAGE_DIGEST, &octets(&digest)),
    ]
    .concat()
}
