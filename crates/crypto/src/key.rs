//! Public keys, thumbprints and signatures as values that cannot be confused.

use std::fmt;

/// A point on P-256 in uncompressed form; checked to lie on the curve when it was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct P256PublicKey([u8; 65]);

impl P256PublicKey {
    /// Takes a point that a provider has checked. Only providers call this.
    #[cfg_attr(
        not(any(feature = "pure", feature = "aws-lc")),
        expect(dead_code, reason = "no provider is built")
    )]
    pub(crate) const fn from_checked_point(sec1: [u8; 65]) -> Self {
        Self(sec1)
    }

    /// Returns `04 || x || y`.
    #[must_use]
    pub const fn sec1(&self) -> &[u8; 65] {
        &self.0
    }

    /// Returns the affine coordinates.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let (mut x, mut y) = ([0; 32], [0; 32]);
        let (head, tail) = self.0.split_at(33);
        x.iter_mut().zip(head.iter().skip(1)).for_each(|(to, from)| *to = *from);
        y.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        (x, y)
    }
}

impl fmt::Debug for P256PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (x, _) = self.coordinates();
        write!(
            f,
            "P256PublicKey({}…)",
            mahfada_base::base64url::encode(x.get(..6).unwrap_or_default())
        )
    }
}

/// A public key that verifies signatures of tokens; its point was checked when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicKey {
    /// A point on P-256.
    P256(P256PublicKey),
    /// An uncompressed point on P-384, checked.
    P384(Box<[u8; 97]>),
    /// An Ed25519 key, checked to decompress.
    Ed25519([u8; 32]),
}

/// The SHA-256 thumbprint of a key (RFC 7638).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint(pub [u8; 32]);

impl Thumbprint {
    /// Returns the base64url text, as `jkt` carries it.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        mahfada_base::base64url::encode(self.0)
    }

    /// Reads the base64url text of a `jkt`; `None` when it is not 32 canonical bytes.
    #[must_use]
    pub fn from_base64url(text: &str) -> Option<Self> {
        mahfada_base::base64url::decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({})", self.to_base64url())
    }
}

/// A signature in the fixed-length form of JOSE (`r || s` for ECDSA).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(pub Vec<u8>);
