//! Domain parameters, each number at its full length.

use super::CurveParameters;

/// Decodes lowercase hexadecimal digits while compiling; a wrong digit or length does not compile.
#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs while compiling only, on the text below"
)]
const fn hex<const N: usize>(text: &str) -> [u8; N] {
    const fn digit(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }
    let text = text.as_bytes();
    assert!(text.len() == 2 * N, "not the length of the field");
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    bytes
}

/// P-256 (FIPS 186-5, SEC 2 secp256r1).
pub(super) static P256: CurveParameters = CurveParameters {
    p: &hex::<32>("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
    a: &hex::<32>("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"),
    b: &hex::<32>("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
    gx: &hex::<32>("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
    gy: &hex::<32>("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    n: &hex::<32>("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    h: 1,
};

/// P-384 (FIPS 186-5, SEC 2 secp384r1).
pub(super) static P384: CurveParameters = CurveParameters {
    p: &hex::<48>(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
         ffffffff0000000000000000ffffffff",
    ),
    a: &hex::<48>(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
         ffffffff0000000000000000fffffffc",
    ),
    b: &hex::<48>(
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a\
         c656398d8a2ed19d2a85c8edd3ec2aef",
    ),
    gx: &hex::<48>(
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
         5502f25dbf55296c3a545e3872760ab7",
    ),
    gy: &hex::<48>(
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0\
         0a60b1ce1d7e819d7a431d7c90ea0e5f",
    ),
    n: &hex::<48>(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
         581a0db248b0a77aecec196accc52973",
    ),
    h: 1,
};

/// P-521 (FIPS 186-5, SEC 2 secp521r1).
pub(super) static P521: CurveParameters = CurveParameters {
    p: &hex::<66>(
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         ffff",
    ),
    a: &hex::<66>(
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         fffc",
    ),
    b: &hex::<66>(
        "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef1\
         09e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b50\
         3f00",
    ),
    gx: &hex::<66>(
        "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d\
         3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5\
         bd66",
    ),
    gy: &hex::<66>(
        "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e\
         662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd1\
         6650",
    ),
    n: &hex::<66>(
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         fffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e9138\
         6409",
    ),
    h: 1,
};

/// brainpoolP256r1 (RFC 5639 §3.4).
pub(super) static BRAINPOOL_P256R1: CurveParameters = CurveParameters {
    p: &hex::<32>("a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377"),
    a: &hex::<32>("7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9"),
    b: &hex::<32>("26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6"),
    gx: &hex::<32>("8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262"),
    gy: &hex::<32>("547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997"),
    n: &hex::<32>("a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7"),
    h: 1,
};

/// brainpoolP384r1 (RFC 5639 §3.6).
pub(super) static BRAINPOOL_P384R1: CurveParameters = CurveParameters {
    p: &hex::<48>(
        "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123\
         acd3a729901d1a71874700133107ec53",
    ),
    a: &hex::<48>(
        "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f\
         8aa5814a503ad4eb04a8c7dd22ce2826",
    ),
    b: &hex::<48>(
        "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d5\
         7cb4390295dbc9943ab78696fa504c11",
    ),
    gx: &hex::<48>(
        "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8\
         e826e03436d646aaef87b2e247d4af1e",
    ),
    gy: &hex::<48>(
        "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff9912928\
         0e4646217791811142820341263c5315",
    ),
    n: &hex::<48>(
        "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7\
         cf3ab6af6b7fc3103b883202e9046565",
    ),
    h: 1,
};

/// brainpoolP512r1 (RFC 5639 §3.7).
pub(super) static BRAINPOOL_P512R1: CurveParameters = CurveParameters {
    p: &hex::<64>(
        "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330871\
         7d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
    ),
    a: &hex::<64>(
        "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc\
         2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
    ),
    b: &hex::<64>(
        "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a7\
         2bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
    ),
    gx: &hex::<64>(
        "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098e\
         ff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
    ),
    gy: &hex::<64>(
        "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111\
         b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
    ),
    n: &hex::<64>(
        "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870\
         553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
    ),
    h: 1,
};
