//! The memory against rollback remembers.

use super::run;
use crate::Storage;

/// The last value under each key is found.
pub fn replaces_under_a_key(storage: &dyn Storage) {
    let put = |key: &'static str, json: &'static str| {
        run(storage, move |unit| unit.trust_memory().put(key, json));
    };
    let get = |key: &'static str| run(storage, move |unit| unit.trust_memory().get(key));
    assert_eq!(get("lists"), None);
    put("lists", r#"{"pid-issuers":1}"#);
    put("root", r#"{"version":1}"#);
    put("lists", r#"{"pid-issuers":2}"#);
    assert_eq!(get("lists").as_deref(), Some(r#"{"pid-issuers":2}"#));
    assert_eq!(get("root").as_deref(), Some(r#"{"version":1}"#));
}
