//! Algorithm identifiers: which hash, which signature.

use mahfada_crypto::Digest;
use mahfada_crypto::document::{DocumentAlgorithm, HashAlgorithm};

use super::asn1::{INTEGER, NULL, OID, SEQUENCE, positive_integer, small_integer};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

/// An `AlgorithmIdentifier` as received.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlgorithmIdentifier<'a> {
    oid: &'a [u8],
    parameters: Option<Tlv<'a>>,
    pub(super) raw: &'a [u8],
}

impl<'a> AlgorithmIdentifier<'a> {
    pub(super) fn parse(element: Tlv<'a>) -> Result<Self, TlvError> {
        if element.tag != SEQUENCE {
            return Err(TlvError::Unexpected);
        }
        let mut reader = Reader::new(element.value);
        let oid = reader.expect(OID)?;
        let parameters = if reader.is_empty() { None } else { Some(reader.next()?) };
        reader.finish()?;
        Ok(Self {
            oid,
            parameters,
            raw: element.raw,
        })
    }

    /// Names the hash; parameters must be absent or NULL.
    pub(super) fn hash(&self) -> Option<HashAlgorithm> {
        let hash = match self.oid {
            oid::SHA1 => HashAlgorithm::Sha1,
            oid::SHA224 => HashAlgorithm::Sha224,
            oid::SHA256 => HashAlgorithm::Sha256,
            oid::SHA384 => HashAlgorithm::Sha384,
            oid::SHA512 => HashAlgorithm::Sha512,
            _ => return None,
        };
        self.without_parameters().then_some(hash)
    }

    /// Names the signature algorithm; `digest` is the hash stated apart, which bare `rsaEncryption` needs.
    pub(super) fn signature(&self, digest: Option<HashAlgorithm>) -> Option<DocumentAlgorithm> {
        if self.oid == oid::RSA_PSS {
            return pss(self.parameters?).ok().flatten();
        }
        let algorithm = match self.oid {
            oid::RSA_ENCRYPTION => DocumentAlgorithm::RsaPkcs1(digest?),
            oid::RSA_SHA1 => DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha1),
            oid::RSA_SHA224 => DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha224),
            oid::RSA_SHA256 => DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
            oid::RSA_SHA384 => DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha384),
            oid::RSA_SHA512 => DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha512),
            oid::ECDSA_SHA1 => DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha1),
            oid::ECDSA_SHA224 => DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha224),
            oid::ECDSA_SHA256 => DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha256),
            oid::ECDSA_SHA384 => DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha384),
            oid::ECDSA_SHA512 => DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha512),
            _ => return None,
        };
        self.without_parameters().then_some(algorithm)
    }

    pub(super) fn is(&self, oid: &[u8]) -> bool {
        self.oid == oid
    }

    pub(super) const fn parameters(&self) -> Option<Tlv<'a>> {
        self.parameters
    }

    fn without_parameters(&self) -> bool {
        self.parameters
            .is_none_or(|parameters| parameters.tag == NULL && parameters.value.is_empty())
    }
}

/// Returns the hash that a signature algorithm uses.
pub(super) const fn hash_of(algorithm: &DocumentAlgorithm) -> Option<HashAlgorithm> {
    match algorithm {
        DocumentAlgorithm::RsaPkcs1(hash)
        | DocumentAlgorithm::RsaPss { hash, .. }
        | DocumentAlgorithm::EcdsaDer(hash)
        | DocumentAlgorithm::EcdsaPlain(hash) => Some(*hash),
        _ => None,
    }
}

/// Hashes with the provider, and what no provider has (SHA-1, SHA-224) with the document suite.
pub(super) fn hash(algorithm: HashAlgorithm, data: &[u8], digest: &dyn Digest) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha256 => digest.sha256(data).to_vec(),
        HashAlgorithm::Sha384 => digest.sha384(data).to_vec(),
        HashAlgorithm::Sha512 => digest.sha512(data).to_vec(),
        old => old.digest(data),
    }
}

// RFC 8017 appendix A.2.3: what is absent has its default; two different hashes and other trailers are refused.
fn pss(parameters: Tlv<'_>) -> Result<Option<DocumentAlgorithm>, TlvError> {
    if parameters.tag != SEQUENCE {
        return Err(TlvError::Unexpected);
    }
    let mut reader = Reader::new(parameters.value);
    let mut hash = Some(HashAlgorithm::Sha1);
    let mut mgf_hash = Some(HashAlgorithm::Sha1);
    let mut salt_len = 20;
    if let Some(explicit) = reader.optional(0xA0)? {
        hash = AlgorithmIdentifier::parse(Tlv::only(explicit)?)?.hash();
    }
    if let Some(explicit) = reader.optional(0xA1)? {
        let generator = AlgorithmIdentifier::parse(Tlv::only(explicit)?)?;
        let parameters = generator.parameters.filter(|_| generator.oid == oid::RSA_MGF1);
        mgf_hash = AlgorithmIdentifier::parse(parameters.ok_or(TlvError::Unexpected)?)?.hash();
    }
    if let Some(explicit) = reader.optional(0xA2)? {
        salt_len = salt_length(Tlv::only_of(INTEGER, explicit)?)?;
    }
    if let Some(explicit) = reader.optional(0xA3)?
        && small_integer(Tlv::only_of(INTEGER, explicit)?)? != 1
    {
        return Ok(None);
    }
    reader.finish()?;
    let (Some(hash), Some(mgf_hash)) = (hash, mgf_hash) else {
        return Ok(None);
    };
    let algorithm = DocumentAlgorithm::RsaPss {
        hash,
        mgf_hash,
        salt_len,
    };
    Ok((hash == mgf_hash).then_some(algorithm))
}

// A salt can be almost as long as the modulus.
fn salt_length(content: &[u8]) -> Result<usize, TlvError> {
    match content {
        [0] => Ok(0),
        _ => match positive_integer(content)? {
            [low] => Ok(usize::from(*low)),
            [high, low] => Ok(usize::from(u16::from_be_bytes([*high, *low]))),
            _ => Err(TlvError::Unexpected),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::der::{algorithm, integer, oid as der_oid, sequence, tlv};

    fn pss_with(hash: &[u8], mgf_hash: &[u8], salt: u8, trailer: Option<u8>) -> Option<DocumentAlgorithm> {
        let generator = sequence(&[&der_oid(oid::RSA_MGF1), &algorithm(mgf_hash)]);
        let parameters = sequence(&[
            &tlv(0xA0, &algorithm(hash)),
            &tlv(0xA1, &generator),
            &tlv(0xA2, &integer(&[salt])),
            &trailer.map(|field| tlv(0xA3, &integer(&[field]))).unwrap_or_default(),
        ]);
        let identifier = sequence(&[&der_oid(oid::RSA_PSS), &parameters]);
        AlgorithmIdentifier::parse(Tlv::only(&identifier).unwrap())
            .unwrap()
            .signature(None)
    }

    #[test]
    fn pss_parameters_decide_what_is_verified() {
        let expected = |salt_len| DocumentAlgorithm::RsaPss {
            hash: HashAlgorithm::Sha256,
            mgf_hash: HashAlgorithm::Sha256,
            salt_len,
        };
        assert_eq!(pss_with(oid::SHA256, oid::SHA256, 32, None), Some(expected(32)));
        assert_eq!(pss_with(oid::SHA256, oid::SHA256, 0, Some(1)), Some(expected(0)));
        // The longest salt of RSA-2048 with SHA-256.
        assert_eq!(pss_with(oid::SHA256, oid::SHA256, 222, None), Some(expected(222)));
        assert_eq!(pss_with(oid::SHA256, oid::SHA1, 32, None), None);
        assert_eq!(pss_with(oid::SHA256, oid::SHA256, 32, Some(2)), None);
    }

    #[test]
    fn bare_rsa_encryption_takes_the_hash_that_is_stated_apart() {
        let identifier = sequence(&[&der_oid(oid::RSA_ENCRYPTION), &tlv(0x05, &[])]);
        let identifier = AlgorithmIdentifier::parse(Tlv::only(&identifier).unwrap()).unwrap();
        let expected = DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
        assert_eq!(identifier.signature(Some(HashAlgorithm::Sha256)), Some(expected));
        assert_eq!(identifier.signature(None), None);
    }

    #[test]
    fn parameters_other_than_null_are_refused() {
        let identifier = sequence(&[&der_oid(oid::RSA_SHA256), &tlv(0x04, &[])]);
        let identifier = AlgorithmIdentifier::parse(Tlv::only(&identifier).unwrap()).unwrap();
        assert_eq!(identifier.signature(None), None);
    }
}
