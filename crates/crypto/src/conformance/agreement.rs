//! ECDH over P-256.

use super::all_providers;
use crate::hazmat::SeededRandom;
use crate::wycheproof::{Tally, cases, decode_hex, groups, hex};
use crate::{CryptoProvider, KeyError};

pub(super) fn wycheproof_ecdh(provider: &CryptoProvider) {
    let coordinate =
        |key: &serde_json::Value, name: &str| mahfada_base::base64url::decode(key[name].as_str().unwrap()).unwrap();
    let (mut tally, mut other_curves) = (Tally::default(), 0);
    for case in cases(&groups("ecdh_secp256r1_webcrypto")[0]) {
        let (public, private) = (&case["public"], &case["private"]);
        // A JWK names its curve, which its reader checks; the point alone gives these away as well.
        if public["crv"] != "P-256" {
            assert_eq!(case["result"], "invalid");
            other_curves += 1;
        }
        let scalar = coordinate(private, "d").try_into().unwrap();
        let shared = provider
            .keys
            .p256_public(&coordinate(public, "x"), &coordinate(public, "y"))
            .and_then(|peer| provider.agreement.from_scalar(&scalar).unwrap().agree(&peer));
        if let Ok(shared) = &shared {
            assert_eq!(shared.expose().as_slice(), hex(case, "shared"), "case {}", case["tcId"]);
        }
        tally.judge(case, false, shared.is_ok());
    }
    assert_eq!(
        tally,
        Tally {
            valid: 330,
            invalid: 23
        }
    );
    assert_eq!(other_curves, 5);
}

pub(super) fn agreement_meets_in_the_middle(provider: &CryptoProvider) {
    let ours = provider.agreement.generate(&SeededRandom::new("ours")).unwrap();
    for other in all_providers() {
        let theirs = other.agreement.generate(&SeededRandom::new("theirs")).unwrap();
        let (here, there) = (
            ours.agree(theirs.public_key()).unwrap(),
            theirs.agree(ours.public_key()).unwrap(),
        );
        assert_eq!(here.expose(), there.expose());
        let restored = other.agreement.from_scalar(ours.to_scalar().unwrap().expose()).unwrap();
        assert_eq!(restored.public_key(), ours.public_key());
    }
    assert!(!format!("{ours:?}").contains(&format!("{:?}", ours.to_scalar().unwrap().expose())));
}

pub(super) fn refuses_scalars_out_of_range(provider: &CryptoProvider) {
    let order = decode_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    for scalar in [[0; 32], order.try_into().unwrap(), [0xff; 32]] {
        assert_eq!(
            provider.agreement.from_scalar(&scalar).map(|_| ()),
            Err(KeyError::Malformed)
        );
    }
}
