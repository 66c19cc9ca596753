//! The named curves and their parameters, so that explicit parameters can be compared exactly.

mod brainpool_p512r1;
mod parameters;

pub(super) use brainpool_p512r1::BrainpoolP512r1;

/// A curve that documents are signed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
    /// brainpoolP256r1.
    BrainpoolP256r1,
    /// brainpoolP384r1.
    BrainpoolP384r1,
    /// brainpoolP512r1.
    BrainpoolP512r1,
}

/// The domain parameters of a curve `y² = x³ + ax + b` over the field of `p` elements, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurveParameters {
    /// The prime of the field, `field_len` bytes.
    pub p: &'static [u8],
    /// The coefficient a, `field_len` bytes.
    pub a: &'static [u8],
    /// The coefficient b, `field_len` bytes.
    pub b: &'static [u8],
    /// The x-coordinate of the base point, `field_len` bytes.
    pub gx: &'static [u8],
    /// The y-coordinate of the base point, `field_len` bytes.
    pub gy: &'static [u8],
    /// The order of the base point, `order_len` bytes.
    pub n: &'static [u8],
    /// The cofactor.
    pub h: u8,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 6] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// Returns the length of a coordinate in bytes.
    #[must_use]
    pub const fn field_len(self) -> usize {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 32,
            Self::P384 | Self::BrainpoolP384r1 => 48,
            Self::BrainpoolP512r1 => 64,
            Self::P521 => 66,
        }
    }

    /// Returns the length of the order in bytes; it equals that of the field for all these curves.
    #[must_use]
    pub const fn order_len(self) -> usize {
        self.field_len()
    }

    /// Returns the domain parameters.
    #[must_use]
    pub const fn parameters(self) -> &'static CurveParameters {
        match self {
            Self::P256 => &parameters::P256,
            Self::P384 => &parameters::P384,
            Self::P521 => &parameters::P521,
            Self::BrainpoolP256r1 => &parameters::BRAINPOOL_P256R1,
            Self::BrainpoolP384r1 => &parameters::BRAINPOOL_P384R1,
            Self::BrainpoolP512r1 => &parameters::BRAINPOOL_P512R1,
        }
    }
}
