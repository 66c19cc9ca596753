//! Values that are wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroize;

/// A value that `Debug` does not show and memory does not keep.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes custody of the value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Hands the value out; the caller answers for every copy.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("1234".to_owned())), "Secret(…)");
    }
}
