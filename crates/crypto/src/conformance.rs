//! One suite for every provider: what one accepts, all accept, and what one refuses, all refuse.

mod aead;
mod agreement;
mod hash;
mod keys;
mod signatures;

use crate::CryptoProvider;

macro_rules! suite {
    ($($subject:ident: $($test:ident)*;)*) => {
        mod pure {
            $($(#[test] fn $test() { super::$subject::$test(&crate::pure::PROVIDER); })*)*
        }
        #[cfg(feature = "aws-lc")]
        mod aws_lc {
            $($(#[test] fn $test() { super::$subject::$test(&crate::aws_lc::PROVIDER); })*)*
        }
    };
}

suite! {
    signatures:
        wycheproof_es256
        wycheproof_es384
        wycheproof_ed25519
        signs_what_it_verifies
        refuses_key_of_another_algorithm
        refuses_small_order_commitment;
    keys:
        refuses_other_lengths
        refuses_points_off_the_curve
        failing_random_makes_no_key
        one_seed_makes_one_key
        pkcs8_survives_a_round_trip
        refuses_foreign_pkcs8;
    agreement:
        wycheproof_ecdh
        agreement_meets_in_the_middle
        refuses_scalars_out_of_range;
    aead:
        wycheproof_aes_gcm
        seals_and_opens
        refuses_changed_ciphertext
        refuses_aead_keys_of_other_lengths;
    hash:
        wycheproof_hkdf
        known_digests
        known_macs
        hkdf_ends_at_255_blocks;
}

/// Every provider that is built in.
fn all_providers() -> Vec<&'static CryptoProvider> {
    vec![
        &crate::pure::PROVIDER,
        #[cfg(feature = "aws-lc")]
        &crate::aws_lc::PROVIDER,
    ]
}

#[cfg(feature = "aws-lc")]
#[test]
fn the_system_source_does_not_repeat() {
    use crate::Random as _;

    let draw = || {
        let mut bytes = [0; 32];
        crate::aws_lc::SystemRandom.fill(&mut bytes).unwrap();
        bytes
    };
    assert_ne!(draw(), draw());
}
