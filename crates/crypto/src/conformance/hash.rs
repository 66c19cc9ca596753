//! SHA-2, HMAC and HKDF.

use crate::wycheproof::{Tally, cases, decode_hex, groups, hex};
use crate::{CryptoProvider, KeyError};

pub(super) fn wycheproof_hkdf(provider: &CryptoProvider) {
    let mut tally = Tally::default();
    for group in groups("hkdf_sha256") {
        for case in cases(&group) {
            let mut output = vec![0; usize::try_from(case["size"].as_u64().unwrap()).unwrap()];
            let derived =
                provider
                    .mac
                    .hkdf_sha256(&hex(case, "salt"), &hex(case, "ikm"), &hex(case, "info"), &mut output);
            if derived.is_ok() {
                assert_eq!(output, hex(case, "okm"), "case {}", case["tcId"]);
            }
            tally.judge(case, false, derived.is_ok());
        }
    }
    assert_eq!(tally, Tally { valid: 83, invalid: 3 });
}

/// The one-block messages of FIPS 180-4.
pub(super) fn known_digests(provider: &CryptoProvider) {
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let sha384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
                  8086072ba1e7cc2358baeca134c825a7";
    let sha512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                  2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    assert_eq!(provider.digest.sha256(b"abc").as_slice(), decode_hex(sha256));
    assert_eq!(provider.digest.sha384(b"abc").as_slice(), decode_hex(sha384));
    assert_eq!(provider.digest.sha512(b"abc").as_slice(), decode_hex(sha512));
}

/// RFC 4231 §4.3 and §4.7, RFC 5869 §A.1 and §A.3.
pub(super) fn known_macs(provider: &CryptoProvider) {
    let long_key = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
    assert_eq!(
        provider.mac.hmac_sha256(&[0xaa; 131], message).as_slice(),
        decode_hex(long_key)
    );
    let short_key = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let message = b"what do ya want for nothing?";
    assert_eq!(
        provider.mac.hmac_sha256(b"Jefe", message).as_slice(),
        decode_hex(short_key)
    );

    let mut output = [0; 42];
    let (salt, info) = (
        decode_hex("000102030405060708090a0b0c"),
        decode_hex("f0f1f2f3f4f5f6f7f8f9"),
    );
    provider
        .mac
        .hkdf_sha256(&salt, &[0x0b; 22], &info, &mut output)
        .unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(output.as_slice(), decode_hex(expected));
    provider.mac.hkdf_sha256(b"", &[0x0b; 22], b"", &mut output).unwrap();
    let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
    assert_eq!(output.as_slice(), decode_hex(expected));
}

pub(super) fn hkdf_ends_at_255_blocks(provider: &CryptoProvider) {
    let derive = |length| {
        provider
            .mac
            .hkdf_sha256(b"salt", b"input", b"info", &mut vec![0; length])
    };
    assert_eq!(derive(8160), Ok(()));
    assert_eq!(derive(8161), Err(KeyError::OutputTooLong));
}
