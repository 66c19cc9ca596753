//! Where a credential says that its status stands (§6).

use serde_json::{Value, json};

/// A reference to one entry of one list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusReference {
    /// The address of the list, equal to `sub` of its token.
    pub uri: String,
    /// The index of the entry, counted from 0.
    pub idx: u64,
}

/// Why a `status` claim holds no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusReferenceError {
    /// The claim has no `status_list` object: another mechanism, or none.
    #[error("the status claim has no status list")]
    NoStatusList,
    /// `idx` is not an integer from 0 to 2^64 - 1.
    #[error("the index of the status is not a whole number")]
    Index,
    /// `uri` is missing or empty.
    #[error("the status has no address")]
    Uri,
}

impl StatusReferenceError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoStatusList => "status_unsupported",
            Self::Index => "status_index",
            Self::Uri => "status_uri",
        }
    }
}

impl StatusReference {
    /// Reads `status_list` from the value of a `status` claim; unknown members are ignored.
    ///
    /// A credential whose status cannot be read must not pass for one without status.
    ///
    /// # Errors
    /// [`StatusReferenceError`] when there is no list, or index or address have the wrong form.
    pub fn from_claim(status: &Value) -> Result<Self, StatusReferenceError> {
        let list = status.get("status_list").and_then(Value::as_object);
        let list = list.ok_or(StatusReferenceError::NoStatusList)?;
        let idx = list
            .get("idx")
            .and_then(Value::as_u64)
            .ok_or(StatusReferenceError::Index)?;
        let uri = list.get("uri").and_then(Value::as_str).filter(|uri| !uri.is_empty());
        Ok(Self {
            uri: uri.ok_or(StatusReferenceError::Uri)?.to_owned(),
            idx,
        })
    }

    /// Writes the value of the `status` claim.
    #[must_use]
    pub fn to_claim(&self) -> Value {
        json!({"status_list": {"idx": self.idx, "uri": self.uri}})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for idx in [0, 1_048_575, u64::MAX] {
            let reference = StatusReference {
                uri: "https://a.example/1".to_owned(),
                idx,
            };
            assert_eq!(StatusReference::from_claim(&reference.to_claim()), Ok(reference));
        }
    }

    #[test]
    fn refuses_an_index_that_is_no_whole_number() {
        for idx in [
            "-1",
            "1.0",
            "1.5",
            "18446744073709551616",
            "\"1\"",
            "null",
            "[1]",
            "true",
        ] {
            let claim = format!(r#"{{"status_list":{{"idx":{idx},"uri":"https://a.example/1"}}}}"#);
            let claim: Value = serde_json::from_str(&claim).unwrap();
            let refused = StatusReference::from_claim(&claim).unwrap_err();
            assert_eq!(refused.code(), "status_index", "{idx}");
        }
        let missing = json!({"status_list": {"uri": "https://a.example/1"}});
        assert_eq!(StatusReference::from_claim(&missing), Err(StatusReferenceError::Index));
    }

    #[test]
    fn refuses_other_mechanisms_and_missing_addresses() {
        for other in [
            json!({}),
            json!("x"),
            json!({"status_list": []}),
            json!({"other": {"idx": 1}}),
        ] {
            let refused = StatusReference::from_claim(&other).unwrap_err();
            assert_eq!(refused.code(), "status_unsupported");
        }
        for uri in [json!(""), json!(1), Value::Null] {
            let claim = json!({"status_list": {"idx": 1, "uri": uri}});
            assert_eq!(StatusReference::from_claim(&claim).unwrap_err().code(), "status_uri");
        }
    }
}
