//! Random sources that are no random sources: tests and demo data only.
//!
//! Nothing here may reach a key that protects anything.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use crate::{Random, RandomError};

/// A predictable [`Random`]: whoever knows the seed knows every key made from it.
///
/// It exists so that tests and demo data come out the same on every run. SHA-256 in counter mode: block `i` is
/// `SHA-256("mahfada seeded random" || SHA-256(seed) || i)`; every call starts at a fresh block, so calls never repeat.
#[derive(Debug)]
pub struct SeededRandom {
    seed: [u8; 32],
    next_block: AtomicU64,
}

impl SeededRandom {
    /// Starts the sequence of a seed of any length.
    #[must_use]
    pub fn new(seed: impl AsRef<[u8]>) -> Self {
        Self {
            seed: Sha256::digest(seed.as_ref()).into(),
            next_block: AtomicU64::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        for chunk in buffer.chunks_mut(32) {
            let block = Sha256::new()
                .chain_update(b"mahfada seeded random")
                .chain_update(self.seed)
                .chain_update(self.next_block.fetch_add(1, Ordering::SeqCst).to_be_bytes())
                .finalize();
            chunk.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

/// A [`Random`] that always fails, to test that its callers stop.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailingRandom;

impl Random for FailingRandom {
    fn fill(&self, _buffer: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(random: &SeededRandom) -> [u8; 40] {
        let mut bytes = [0; 40];
        random.fill(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_seed_gives_one_sequence_without_repetition() {
        let (first, second) = (SeededRandom::new("a"), SeededRandom::new("a"));
        let start = draw(&first);
        assert_eq!(start, draw(&second));
        assert_ne!(start, draw(&first));
        assert_ne!(start, draw(&SeededRandom::new("b")));
        assert_ne!(start[..8], start[32..]);
    }
}
