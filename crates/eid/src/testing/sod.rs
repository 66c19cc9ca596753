//! Signed data of the test card: its document security object (Doc 9303-10 §4.6.2), and master lists.

use std::collections::BTreeMap;

use mahfada_crypto::{Signer, pure};

use super::der::{algorithm, ecdsa_signature, integer, octets, oid, sequence, set, tlv};
use super::pki;
use crate::oid as id;

/// What stands around the signed content.
pub(super) struct SignerOptions {
    pub(super) certificates: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) more_attributes: u8,
}

/// Signs the hashes of the data groups with the document signer's key.
pub(super) fn sign_groups(groups: &BTreeMap<u8, Vec<u8>>, signer: &dyn Signer, options: &SignerOptions) -> Vec<u8> {
    tlv(
        0x77,
        &sign(id::LDS_SECURITY_OBJECT, &security_object(groups), signer, options),
    )
}

/// Signs content of a type as CMS signed data.
pub(super) fn sign(content_type: &[u8], content: &[u8], signer: &dyn Signer, options: &SignerOptions) -> Vec<u8> {
    let attributes = signed_attributes(content_type, content, options.more_attributes);
    let signature = ecdsa_signature(&pki::sign(signer, &tlv(0x31, &attributes)));
    let signer_info = sequence(&[
        &integer(&[1]),
        &sequence(&[&options.issuer, &integer(&options.serial)]),
        &algorithm(id::SHA256),
        &tlv(0xA0, &attributes),
        &algorithm(id::ECDSA_SHA256),
        &octets(&signature),
    ]);
    let signed_data = sequence(&[
        &integer(&[3]),
        &set(&[&algorithm(id::SHA256)]),
        &sequence(&[&oid(content_type), &tlv(0xA0, &octets(content))]),
        &tlv(0xA0, &options.certificates),
        &set(&[&signer_info]),
    ]);
    sequence(&[&oid(id::SIGNED_DATA), &tlv(0xA0, &signed_data)])
}

fn security_object(groups: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let hashes: Vec<u8> = groups
        .iter()
        .flat_map(|(number, file)| sequence(&[&integer(&[*number]), &octets(&pure::PROVIDER.digest.sha256(file))]))
        .collect();
    sequence(&[&integer(&[0]), &algorithm(id::SHA256), &sequence(&[&hashes])])
}

fn signed_attributes(content_type: &[u8], content: &[u8], more: u8) -> Vec<u8> {
    let attribute = |kind: &[u8], value: &[u8]| sequence(&[&oid(kind), &set(&[value])]);
    let digest = pure::PROVIDER.digest.sha256(content);
    let mut attributes = vec![
        attribute(id::CONTENT_TYPE, &oid(content_type)),
        attribute(id::MESSAGE_DIGEST, &octets(&digest)),
    ];
    attributes.extend((0..more).map(|number| attribute(&[0x2A, 0x03, number & 0x7F], &octets(&[number]))));
    attributes.concat()
}
