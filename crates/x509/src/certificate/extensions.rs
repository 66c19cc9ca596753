//! The extensions that path validation understands (RFC 5280 §4.2).

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use der::asn1::AnyRef;
use der::{Decode, Tag, Tagged as _};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectAltName, SubjectKeyIdentifier};

use crate::oid;

/// What the extensions of a certificate say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a statement of its own in the certificate"
)]
pub(crate) struct Extensions {
    pub(crate) ca: bool,
    pub(crate) path_len: Option<u8>,
    pub(crate) digital_signature: bool,
    pub(crate) key_cert_sign: bool,
    pub(crate) extended_key_usages: Vec<String>,
    pub(crate) dns_names: Vec<String>,
    pub(crate) uri_names: Vec<String>,
    pub(crate) subject_key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key_identifier: Option<Vec<u8>>,
    pub(crate) name_constraints: bool,
    pub(crate) unknown_critical: bool,
}

impl Extensions {
    /// Reads the extensions; `None` when one stands twice or a known one cannot be read.
    pub(crate) fn read(tbs: &TbsCertificate) -> Option<Self> {
        let mut read = Self::default();
        let list = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
        for (position, extension) in list.iter().enumerate() {
            if list
                .iter()
                .take(position)
                .any(|earlier| earlier.extn_id == extension.extn_id)
            {
                return None;
            }
            read.take(extension.extn_id, extension.critical, extension.extn_value.as_bytes())?;
        }
        Some(read)
    }

    fn take(&mut self, id: const_oid::ObjectIdentifier, critical: bool, value: &[u8]) -> Option<()> {
        match id {
            ID_CE_BASIC_CONSTRAINTS => {
                let constraints: BasicConstraints = decode(value)?;
                self.ca = constraints.ca;
                self.path_len = constraints.path_len_constraint;
            }
            ID_CE_KEY_USAGE => {
                let usage: KeyUsage = decode(value)?;
                self.digital_signature = usage.digital_signature();
                self.key_cert_sign = usage.key_cert_sign();
            }
            ID_CE_EXT_KEY_USAGE => self.extended_key_usages = purposes(value)?,
            ID_CE_SUBJECT_ALT_NAME => self.take_names(decode(value)?),
            ID_CE_SUBJECT_KEY_IDENTIFIER => {
                self.subject_key_identifier = Some(decode::<SubjectKeyIdentifier>(value)?.0.into_bytes().to_vec());
            }
            ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = decode::<AuthorityKeyIdentifier>(value)?
                    .key_identifier
                    .map(|id| id.into_bytes().to_vec());
            }
            ID_CE_NAME_CONSTRAINTS => self.name_constraints = true,
            _ => self.unknown_critical |= critical,
        }
        Some(())
    }

    fn take_names(&mut self, names: SubjectAltName) {
        for name in names.0 {
            match name {
                GeneralName::DnsName(name) => self.dns_names.push(name.as_str().to_owned()),
                GeneralName::UniformResourceIdentifier(uri) => self.uri_names.push(uri.as_str().to_owned()),
                _ => {}
            }
        }
    }
}

fn decode<'a, T: Decode<'a> + AssociatedOid>(value: &'a [u8]) -> Option<T> {
    T::from_der(value).ok()
}

fn purposes(value: &[u8]) -> Option<Vec<String>> {
    let purposes: Vec<AnyRef<'_>> = Vec::from_der(value).ok()?;
    purposes
        .into_iter()
        .map(|purpose| (purpose.tag() == Tag::ObjectIdentifier).then(|| oid::to_dotted(purpose.value()))?)
        .collect()
}
