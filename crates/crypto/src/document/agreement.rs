//! ECDH on the curves of documents (BSI TR-03111 §4.3.1), for chip authentication.

use std::fmt;

use mahfada_base::Secret;
use p256::elliptic_curve::group::Curve as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey};

use super::Curve;
use super::curve::BrainpoolP512r1;
use super::ecdsa::{EcPublicKey, on_curve, point, scalar};
use crate::KeyError;

/// A private key on a curve of documents; the server's ephemeral key of a chip authentication.
pub struct EcAgreementKey {
    scalar: Secret<Vec<u8>>,
    public: EcPublicKey,
}

impl EcAgreementKey {
    /// Reads a scalar of the length of the order, big-endian.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] unless it has that length and lies in `1..n`.
    pub fn new(curve: Curve, scalar_be: &[u8]) -> Result<Self, KeyError> {
        let sec1 = on_curve!(curve, public_half(scalar_be)).ok_or(KeyError::Malformed)?;
        Ok(Self {
            scalar: Secret::new(scalar_be.to_vec()),
            public: EcPublicKey::new(curve, &sec1)?,
        })
    }

    /// Returns the public half.
    #[must_use]
    pub const fn public_key(&self) -> &EcPublicKey {
        &self.public
    }

    /// Computes the x-coordinate of the shared point at its full length.
    ///
    /// The curves have cofactor 1, so a peer on the curve is never of small order.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the peer is on another curve.
    pub fn agree(&self, peer: &EcPublicKey) -> Result<Secret<Vec<u8>>, KeyError> {
        let curve = self.public.curve();
        if peer.curve() != curve {
            return Err(KeyError::Malformed);
        }
        on_curve!(curve, shared_x(self.scalar.expose(), peer.sec1()))
            .map(Secret::new)
            .ok_or(KeyError::Malformed)
    }
}

impl fmt::Debug for EcAgreementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EcAgreementKey").field(&self.public).finish()
    }
}

fn public_half<C>(private: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let public = PublicKey::<C>::from_secret_scalar(&scalar::<C>(private)?);
    Some(public.as_affine().to_sec1_point(false).as_bytes().to_vec())
}

fn shared_x<C>(private: &[u8], peer: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let shared = point::<C>(peer)? * *scalar::<C>(private)?;
    Some(shared.to_affine().x().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wycheproof::decode_hex;

    fn key(curve: Curve, byte: u8) -> EcAgreementKey {
        let mut scalar = vec![byte; curve.order_len()];
        scalar[0] = 0;
        EcAgreementKey::new(curve, &scalar).unwrap()
    }

    #[test]
    fn both_sides_agree_on_every_curve() {
        for curve in Curve::ALL {
            let (one, two) = (key(curve, 3), key(curve, 5));
            let shared = one.agree(two.public_key()).unwrap();
            assert_eq!(shared.expose(), two.agree(one.public_key()).unwrap().expose());
            assert_eq!(shared.expose().len(), curve.field_len());
            assert_ne!(shared.expose(), one.agree(one.public_key()).unwrap().expose());
        }
    }

    // RFC 8734 appendix A.
    #[test]
    fn published_agreements_come_out() {
        for (curve, private, peer_x, peer_y, shared) in [
            (
                Curve::BrainpoolP256r1,
                "81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d",
                "8d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b39f7b",
                "990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d7006547cec6a",
                "89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b",
            ),
            (
                Curve::BrainpoolP384r1,
                "1e20f5e048a5886f1f157c74e91bde2b98c8b52d58e5003d57053fc4b0bd65d6f15eb5d1ee1610df870795143627d042",
                "4d44326f269a597a5b58bba565da5556ed7fd9a8a9eb76c25f46db69d19dc8ce6ad18e404b15738b2086df37e71d1eb4",
                "62d692136de56cbe93bf5fa3188ef58bc8a3a0ec6c1e151a21038a42e9185329b5b275903d192f8d4e1f32fe9cc78c48",
                "0bd9d3a7ea0b3d519d09d8e48d0785fb744a6b355e6304bc51c229fbbce239bbadf6403715c35d4fb2a5444f575d4f42",
            ),
            (
                Curve::BrainpoolP512r1,
                "16302ff0dbbb5a8d733dab7141c1b45acbc8715939677f6a56850a38bd87bd59b09e80279609ff333eb9d4c061231fb26f92eeb04982a5f1d1764cad57665422",
                "9d45f66de5d67e2e6db6e93a59ce0bb48106097ff78a081de781cdb31fce8ccbaaea8dd4320c4119f1e9cd437a2eab3731fa9668ab268d871deda55a5473199f",
                "2fdc313095bcdd5fb3a91636f07a959c8e86b5636a1e930e8396049cb481961d365cc11453a06c719835475b12cb52fc3c383bce35e27ef194512b71876285fa",
                "a7927098655f1f9976fa50a9d566865dc530331846381c87256baf3226244b76d36403c024d7bbf0aa0803eaff405d3d24f11a9b5c0bef679fe1454b21c4cd1f",
            ),
        ] {
            let key = EcAgreementKey::new(curve, &decode_hex(private)).unwrap();
            let peer = EcPublicKey::new(curve, &[vec![4], decode_hex(peer_x), decode_hex(peer_y)].concat()).unwrap();
            assert_eq!(*key.agree(&peer).unwrap().expose(), decode_hex(shared), "{curve:?}");
        }
    }

    #[test]
    fn refuses_scalars_out_of_range_and_peers_elsewhere() {
        for curve in Curve::ALL {
            let order = curve.parameters().n;
            for wrong in [order, &vec![0; order.len()], &order[1..], &[order, &[1]].concat()] {
                assert_eq!(EcAgreementKey::new(curve, wrong).unwrap_err(), KeyError::Malformed);
            }
        }
        let peer = key(Curve::BrainpoolP256r1, 3);
        assert_eq!(
            key(Curve::P256, 3).agree(peer.public_key()).unwrap_err(),
            KeyError::Malformed
        );
    }

    #[test]
    fn debug_shows_no_scalar() {
        assert!(!format!("{:?}", key(Curve::P256, 0xAB)).contains("171, 171"));
    }
}
