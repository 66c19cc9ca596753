//! Master lists of a test authority (Doc 9303-12 §9).

use mahfada_base::UnixTime;

use super::der::{integer, sequence, set};
use super::pki::{CurveEncoding, SignerCertificate, TestAuthority, key};
use super::sod::{SignerOptions, sign};
use crate::oid as id;

/// Who signs a test master list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSigner {
    /// A master list signer.
    MasterList,
    /// A document signer, who may not.
    Document,
}

impl TestAuthority {
    /// Returns a master list of certificates whose signer's certificate this authority issued, valid for a year.
    #[must_use]
    pub fn master_list(&self, certificates: &[Vec<u8>], signer: ListSigner, now: UnixTime) -> Vec<u8> {
        let (key, serial) = (key("master list", 0), vec![0x22]);
        let certificate = self.issue(&SignerCertificate {
            key: key.as_ref(),
            serial: &serial,
            not_before: now.start_of_day(),
            not_after: now.start_of_day().plus(365 * 86_400),
            encoding: CurveEncoding::Named,
            authority_key_identifier: true,
            extended_key_usage: match signer {
                ListSigner::MasterList => Some(id::MASTER_LIST_SIGNER),
                ListSigner::Document => None,
            },
        });
        let content = sequence(&[&integer(&[0]), &set(&[&certificates.concat()])]);
        let options = SignerOptions {
            certificates: certificate,
            issuer: self.name(),
            serial,
            more_attributes: 0,
        };
        sign(id::MASTER_LIST, &content, key.as_ref(), &options)
    }
}
