//! Active Authentication: the chip's signature over the challenge (Doc 9303-11 §6.1).
//!
//! It proves that the key of DG15 signed this challenge; that DG15 is the card's, passive authentication proves.

use mahfada_crypto::Digest;
use mahfada_crypto::document::{
    self, DocumentAlgorithm, DocumentKey, EcPublicKey, HashAlgorithm, RawRsaError, RsaPublicKey,
};

use super::algorithm::hash;
use super::key::{self, UnusableKey};
use super::refusal::{Refusal, refusal, require};
use super::security_infos::SecurityInfos;
use crate::tlv::Tlv;

// Decision D13: shorter chip keys count as legacy.
const LEAST_RSA_BITS: usize = 1536;

/// A chip proved genuine, perhaps with an algorithm that policy must allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChipProof {
    pub(super) weakness: Option<Refusal>,
}

/// Verifies the chip's answer to the challenge.
pub(super) fn verify(
    dg15: &[u8],
    dg14: Option<&[u8]>,
    challenge: [u8; 8],
    answer: &[u8],
    digest: &dyn Digest,
) -> Result<ChipProof, Refusal> {
    let unusable = refusal("aa_key", "DG15 holds no key that is supported");
    let spki = Tlv::only_of(0x6F, dg15).and_then(Tlv::only).map_err(|_| unusable)?;
    let key = key::parse(spki).map_err(|reason| match reason {
        UnusableKey::Curve => reason.refusal(),
        UnusableKey::Key => unusable,
    })?;
    match &key {
        DocumentKey::Rsa(rsa) => iso9796(rsa, challenge, answer, digest),
        DocumentKey::Ec(ec) => ecdsa(ec, &key, dg14, challenge, answer),
        _ => Err(unusable),
    }
}

/// ISO/IEC 9796-2 scheme 1 with message recovery: `6A | M1 | D | trailer`.
fn iso9796(key: &RsaPublicKey, challenge: [u8; 8], answer: &[u8], digest: &dyn Digest) -> Result<ChipProof, Refusal> {
    let mut block = key.raw(answer).map_err(|error| match error {
        RawRsaError::Range => refusal("aa_range", "the answer is not below the modulus"),
        _ => refusal("aa_length", "the answer has not the length of the modulus"),
    })?;
    // The signer may have sent n - s, whichever is less.
    if block.last().is_some_and(|last| last & 0x0F != 0x0C) {
        block = key.complement(&block);
    }
    let body = block
        .strip_prefix(&[0x6A])
        .ok_or_else(|| refusal("iso9796_header", "the recovered block has another header"))?;
    let (body, algorithm) =
        trailer(body).ok_or_else(|| refusal("iso9796_trailer", "the recovered block names no known hash"))?;
    let invalid = refusal(
        "aa_signature_invalid",
        "the chip signed another challenge, or another chip signed",
    );
    let split = body.len().checked_sub(algorithm.output_len()).ok_or(invalid)?;
    let (recovered, signed) = body.split_at_checked(split).ok_or(invalid)?;
    let message = [recovered, &challenge[..]].concat();
    if hash(algorithm, &message, digest) == signed {
        let short = (key.bits() < LEAST_RSA_BITS).then_some(refusal("weak_key", "the chip's key is too short"));
        Ok(ChipProof {
            weakness: short.or_else(|| weak_hash(algorithm)),
        })
    } else {
        Err(invalid)
    }
}

fn trailer(block: &[u8]) -> Option<(&[u8], HashAlgorithm)> {
    if let Some(body) = block.strip_suffix(&[0xBC]) {
        return Some((body, HashAlgorithm::Sha1));
    }
    let (body, [hash, 0xCC]) = block.split_last_chunk::<2>()? else {
        return None;
    };
    let hash = match hash {
        0x33 => HashAlgorithm::Sha1,
        0x34 => HashAlgorithm::Sha256,
        0x35 => HashAlgorithm::Sha512,
        0x36 => HashAlgorithm::Sha384,
        0x38 => HashAlgorithm::Sha224,
        _ => return None,
    };
    Some((body, hash))
}

fn ecdsa(
    ec: &EcPublicKey,
    key: &DocumentKey,
    dg14: Option<&[u8]>,
    challenge: [u8; 8],
    answer: &[u8],
) -> Result<ChipProof, Refusal> {
    let infos = dg14.map(SecurityInfos::parse).transpose()?.unwrap_or_default();
    let algorithm = infos
        .active_authentication_hash
        .ok_or_else(|| refusal("aa_algorithm", "DG14 names no known algorithm for the chip's key"))?;
    let length = ec.curve().order_len();
    require(
        answer.len() == length.saturating_mul(2),
        "aa_ecdsa_not_plain",
        "the answer is not two numbers of the length of the order",
    )?;
    let order = ec.curve().parameters().n;
    let in_range = |number: &[u8]| number.iter().any(|byte| *byte != 0) && number < order;
    let (r, s) = answer.split_at_checked(length).unwrap_or_default();
    require(
        in_range(r) && in_range(s),
        "aa_ecdsa_range",
        "a number of the answer is zero or not below the order",
    )?;
    document::verify(key, &DocumentAlgorithm::EcdsaPlain(algorithm), &challenge, answer).map_err(|_| {
        refusal(
            "aa_signature_invalid",
            "the chip signed another challenge, or another chip signed",
        )
    })?;
    Ok(ChipProof {
        weakness: weak_hash(algorithm),
    })
}

fn weak_hash(algorithm: HashAlgorithm) -> Option<Refusal> {
    (algorithm == HashAlgorithm::Sha1).then_some(refusal("weak_hash", "the chip signs with SHA-1"))
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::pure::PROVIDER;

    use super::*;
    use crate::vectors::{hex, member, transcripts};

    // A key of 1024 bits made for this test, and its answer to the challenge of Doc 9303-11 appendix F.
    const DG15: &str = "6f81a230819f300d06092a864886f70d010101050003818d0030818902818100d2a9768dea34213c\
         1942ac102ee2363a453a20dc2aae25f1775f29f6c459eaf730cfc40f1b5caa9c091da8612c2ed19f\
         25b63ddcf951a187f0b8303b06ae07de2bbc2a52696d33c6f62f90ff1da932f48f2b8b984f466a0d\
         787c73d72f893f5f783969ddd483b8e1ac9aa92985106beb480999ab95def5684bc5f741b510755b\
         0203010001";
    const ANSWER: &str = "4dd59cdbcf5490aaa6a476980807bd74922107b96c6bcd7c05b6980c1bfdc9d58e3f80b4d4740cfc\
         28e16c1a96484b20f43c44aa53640160c2fac847c7afca9ac3f310e94781bc13c0326e52e95c899f\
         d7d2543582eabc4c2b638a6af5be7b7a7c37a5583e80e0543f7d1933f3bfb5a915c7cd03467b0203\
         17cd075089d0da67";
    const CHALLENGE: [u8; 8] = [0xF1, 0x73, 0x58, 0x99, 0x74, 0xBF, 0x40, 0xC6];

    fn check(answer: &[u8], challenge: [u8; 8]) -> Result<ChipProof, &'static str> {
        verify(&hex(DG15), None, challenge, answer, PROVIDER.digest).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_short_key_proves_the_chip_and_counts_as_legacy() {
        let proof = check(&hex(ANSWER), CHALLENGE).unwrap();
        assert_eq!(proof.weakness.unwrap().code, "weak_key");
    }

    #[test]
    fn a_session_with_a_real_passport_comes_out() {
        for session in transcripts("active_authentication") {
            let challenge: [u8; 8] = member(&session, "rnd_ifd").try_into().unwrap();
            let (dg15, answer) = (member(&session, "dg15"), member(&session, "answer"));
            let proof = verify(&dg15, None, challenge, &answer, PROVIDER.digest).unwrap();
            assert_eq!(proof.weakness, None);
            let refused = verify(&dg15, None, [0; 8], &answer, PROVIDER.digest).unwrap_err();
            assert_eq!(refused.code, "aa_signature_invalid");
        }
    }

    #[test]
    fn an_answer_counts_for_its_challenge_only() {
        let mut other = CHALLENGE;
        other[0] ^= 1;
        assert_eq!(check(&hex(ANSWER), other).unwrap_err(), "aa_signature_invalid");
    }

    #[test]
    fn no_flipped_bit_of_an_answer_counts() {
        for bit in 0..1024 {
            let mut answer = hex(ANSWER);
            answer[bit / 8] ^= 1 << (bit % 8);
            check(&answer, CHALLENGE).unwrap_err();
        }
    }

    #[test]
    fn an_elliptic_curve_key_needs_the_algorithm_from_dg14() {
        let dg15 = crate::testing::TestCard::new(
            1,
            &crate::testing::Citizen::sample(),
            mahfada_base::UnixTime::new(1_795_348_800),
        )
        .data_groups()[&15]
            .clone();
        let refusal = verify(&dg15, None, CHALLENGE, &[1; 64], PROVIDER.digest).unwrap_err();
        assert_eq!(refusal.code, "aa_algorithm");
    }
}
