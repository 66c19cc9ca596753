//! What an entry of a list means (§7.1).

/// The status of one credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 0: the credential is valid as far as the list goes.
    Valid,
    /// 1: revoked; that it stays so is the issuer's to keep (§7.1).
    Invalid,
    /// 2: suspended; needs a list of at least 2 bits.
    Suspended,
    /// Any other value, whose meaning this system does not know; it is no ground to accept.
    ApplicationSpecific(u8),
}

impl Status {
    /// Reads the value of an entry.
    #[must_use]
    pub const fn from_value(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::ApplicationSpecific(other),
        }
    }

    /// Returns the value of the entry.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::ApplicationSpecific(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_keeps_its_meaning() {
        assert_eq!(Status::from_value(0), Status::Valid);
        assert_eq!(Status::from_value(1), Status::Invalid);
        assert_eq!(Status::from_value(2), Status::Suspended);
        for value in 0..=u8::MAX {
            assert_eq!(Status::from_value(value).value(), value);
        }
    }
}
