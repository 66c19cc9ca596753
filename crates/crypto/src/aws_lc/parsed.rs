//! The keys that a thread has parsed last, as AWS-LC holds them.
//!
//! A key is checked when it is read and used soon after, often again and again: an issuer's for every credential. AWS-LC
//! would parse its point each time, which costs a verifier a twentieth of its work.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

use crate::KeyError;

/// How many keys a thread keeps; the oldest makes room.
const KEPT: usize = 8;

thread_local! {
    static PARSED: RefCell<VecDeque<([u8; 65], Arc<ParsedPublicKey>)>> = const { RefCell::new(VecDeque::new()) };
}

/// Parses a point on P-256, or returns it as this thread has parsed it before.
///
/// # Errors
/// [`KeyError::Malformed`] when it does not lie on the curve; such a point is not kept.
pub(super) fn p256(sec1: &[u8; 65]) -> Result<Arc<ParsedPublicKey>, KeyError> {
    PARSED.with_borrow_mut(|parsed| {
        if let Some((_, key)) = parsed.iter().find(|(point, _)| point == sec1) {
            return Ok(Arc::clone(key));
        }
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, sec1).map_err(|_| KeyError::Malformed)?;
        let key = Arc::new(key);
        parsed.truncate(KEPT - 1);
        parsed.push_front((*sec1, Arc::clone(&key)));
        Ok(key)
    })
}
