//! The table of pinned contexts: every context by URL and hash, and none from the network.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use mahfada_base::json;
use mahfada_crypto::Digest;
use serde_json::Value;

use super::active::{ActiveContext, Processor};
use super::error::ContextError;
use crate::rdf::hex;

/// The contexts that every deployment pins: URL, document, SHA-256 of the document.
const STANDARD: [(&str, &str, &str); 5] = [
    (
        "https://www.w3.org/ns/credentials/v2",
        include_str!("../../contexts/credentials-v2.jsonld"),
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    (
        "https://w3id.org/security/data-integrity/v2",
        include_str!("../../contexts/data-integrity-v2.jsonld"),
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    (
        "https://w3id.org/security/multikey/v1",
        include_str!("../../contexts/multikey-v1.jsonld"),
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
    (
        "https://w3id.org/security/jwk/v1",
        include_str!("../../contexts/jwk-v1.jsonld"),
        "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
    ),
    (
        "https://www.w3.org/ns/credentials/status/v1",
        include_str!("../../contexts/bitstring-status-list-v1.jsonld"),
        "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7",
    ),
];

/// Active contexts kept between documents; the pinned table makes only so many, and types can be combined.
const CACHE_LIMIT: usize = 512;

/// The pinned contexts, by URL; a document that names any other is refused.
#[derive(Debug)]
pub struct Contexts {
    documents: HashMap<String, Arc<Value>>,
    inline: bool,
    initial: Arc<ActiveContext>,
    cache: RwLock<HashMap<CacheKey, Arc<ActiveContext>>>,
}

/// An active context by what made it: the one before, the place of the local context, and how it was applied.
pub(super) type CacheKey = (u64, usize, bool, bool);

impl Contexts {
    /// Pins the contexts of VCDM 2.0, Data Integrity 1.0 and Bitstring Status List 1.0.
    ///
    /// # Errors
    /// [`ContextError`] when a context in this binary does not have its hash.
    pub fn standard(digest: &dyn Digest) -> Result<Self, ContextError> {
        let mut contexts = Self {
            documents: HashMap::new(),
            inline: false,
            initial: Arc::new(ActiveContext::default()),
            cache: RwLock::default(),
        };
        for (url, document, hash) in STANDARD {
            contexts.pin(url, document.as_bytes(), hash, digest)?;
        }
        Ok(contexts)
    }

    /// Pins one more context: its URL, its bytes, and their SHA-256 in lower-case hexadecimal.
    ///
    /// # Errors
    /// [`ContextError`] when the bytes have another hash, are no context, or the URL is pinned already.
    pub fn pin(&mut self, url: &str, document: &[u8], sha256: &str, digest: &dyn Digest) -> Result<(), ContextError> {
        let unsupported = || ContextError::Unsupported(url.to_owned());
        let actual = hex(&digest.sha256(document));
        if actual != sha256 {
            return Err(ContextError::Hash(url.to_owned()));
        }
        let Ok(Value::Object(mut members)) = json::parse(document) else {
            return Err(unsupported());
        };
        let context = members.remove("@context").ok_or_else(unsupported)?;
        if self.documents.contains_key(url) {
            return Err(unsupported());
        }
        self.documents.insert(url.to_owned(), Arc::new(context));
        Ok(())
    }

    /// Accepts contexts written inside documents too, for test suites; a product does not.
    #[must_use]
    pub const fn with_inline_contexts(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Returns the pinned URLs.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    pub(super) fn initial(&self) -> Arc<ActiveContext> {
        Arc::clone(&self.initial)
    }

    pub(super) fn document(&self, url: &str) -> Result<&Arc<Value>, ContextError> {
        self.documents
            .get(url)
            .ok_or_else(|| ContextError::NotPinned(url.to_owned()))
    }

    /// Applies the `@context` of a document or of one of its nodes.
    pub(super) fn apply_local(
        &self,
        active: &Arc<ActiveContext>,
        local: &Value,
    ) -> Result<Arc<ActiveContext>, ContextError> {
        match local {
            Value::String(url) => self.apply_url(active, url),
            Value::Array(items) => items
                .iter()
                .try_fold(Arc::clone(active), |active, item| self.apply_local_item(&active, item)),
            _ => self.apply_local_item(active, local),
        }
    }

    fn apply_local_item(&self, active: &Arc<ActiveContext>, item: &Value) -> Result<Arc<ActiveContext>, ContextError> {
        match item {
            Value::String(url) => self.apply_url(active, url),
            Value::Object(_) if self.inline => Processor::new(self).process(active, item, true, false),
            _ => Err(ContextError::Inline),
        }
    }

    fn apply_url(&self, active: &Arc<ActiveContext>, url: &str) -> Result<Arc<ActiveContext>, ContextError> {
        let document = self.document(url)?;
        self.apply_scoped(active, document, true, false)
    }

    /// Applies a context that the pinned table owns, from memory when it was applied to the same one before.
    pub(super) fn apply_scoped(
        &self,
        active: &Arc<ActiveContext>,
        context: &Arc<Value>,
        propagate: bool,
        override_protected: bool,
    ) -> Result<Arc<ActiveContext>, ContextError> {
        let cacheable = active.pinned;
        let key = (active.id, Arc::as_ptr(context).addr(), propagate, override_protected);
        if cacheable && let Some(known) = self.cache.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut made = Processor::new(self).process(active, context, propagate, override_protected)?;
        if cacheable {
            let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = cache.get(&key) {
                return Ok(Arc::clone(known));
            }
            if cache.len() < CACHE_LIMIT {
                let id = u64::try_from(cache.len()).unwrap_or(u64::MAX).saturating_add(1);
                Arc::make_mut(&mut made).pin(id);
                cache.insert(key, Arc::clone(&made));
            }
        }
        Ok(made)
    }
}
