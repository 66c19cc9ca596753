//! Active contexts and the context processing algorithm (JSON-LD 1.1 API §4.1).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::{Coercion, Container, Direction, Keyword, Meaning, OwnLanguage, TermDefinition};
use super::error::ContextError;
use super::iri::{is_absolute, is_keyword_like};
use super::pinned::Contexts;

/// Contexts that name contexts that name contexts: no honest table goes deeper.
const DEPTH_LIMIT: u8 = 8;

/// The terms in force at one place of a document.
#[derive(Clone, Debug)]
pub(super) struct ActiveContext {
    terms: HashMap<Arc<str>, Arc<TermDefinition>>,
    vocab: Option<Arc<str>>,
    pub(super) language: Option<Arc<str>>,
    pub(super) direction: Option<Direction>,
    /// The context to return to below a type-scoped one.
    pub(super) previous: Option<Arc<Self>>,
    /// Tells apart the contexts that are kept in memory.
    pub(super) id: u64,
    /// Made of pinned contexts alone, so that it may be kept.
    pub(super) pinned: bool,
}

impl Default for ActiveContext {
    fn default() -> Self {
        Self {
            terms: HashMap::new(),
            vocab: None,
            language: None,
            direction: None,
            previous: None,
            id: 0,
            pinned: true,
        }
    }
}

impl ActiveContext {
    pub(super) fn pin(&mut self, id: u64) {
        self.id = id;
        self.pinned = true;
    }

    pub(super) fn term(&self, name: &str) -> Option<&Arc<TermDefinition>> {
        self.terms.get(name)
    }

    /// Expands a member name, a type or a `@vocab` reference (JSON-LD 1.1 API §5.2); `None` when nothing defines it.
    pub(super) fn expand_vocab(&self, text: &str) -> Option<Meaning> {
        if let Some(definition) = self.terms.get(text) {
            return match &definition.meaning {
                Meaning::Nothing => None,
                known => Some(known.clone()),
            };
        }
        if let Some(keyword) = Keyword::from_name(text) {
            return Some(Meaning::Keyword(keyword));
        }
        if is_keyword_like(text) {
            return None;
        }
        if text.contains(':') {
            return self.expand_reference(text).map(Meaning::Iri);
        }
        let iri = format!("{}{text}", self.vocab.as_ref()?);
        is_absolute(&iri).then(|| Meaning::Iri(iri.into()))
    }

    /// Expands a compact or absolute IRI; the base is null, so relative ones are `None`.
    pub(super) fn expand_reference(&self, text: &str) -> Option<Arc<str>> {
        let (prefix, suffix) = text.split_once(':')?;
        if !suffix.starts_with("//")
            && let Some(TermDefinition {
                meaning: Meaning::Iri(base),
                prefix: true,
                ..
            }) = self.terms.get(prefix).map(Arc::as_ref)
        {
            let iri = format!("{base}{suffix}");
            return is_absolute(&iri).then(|| iri.into());
        }
        is_absolute(text).then(|| text.into())
    }

    fn protected_term(&self) -> Option<&Arc<str>> {
        self.terms
            .iter()
            .find(|(_, definition)| definition.protected)
            .map(|(name, _)| name)
    }
}

/// Applies local contexts to active ones.
pub(super) struct Processor<'a> {
    contexts: &'a Contexts,
    depth: u8,
}

impl<'a> Processor<'a> {
    pub(super) const fn new(contexts: &'a Contexts) -> Self {
        Self { contexts, depth: 0 }
    }

    /// Returns the active context after a local one.
    pub(super) fn process(
        &self,
        active: &Arc<ActiveContext>,
        local: &Value,
        propagate: bool,
        override_protected: bool,
    ) -> Result<Arc<ActiveContext>, ContextError> {
        let mut result = ActiveContext {
            pinned: false,
            ..active.as_ref().clone()
        };
        if !propagate && result.previous.is_none() {
            result.previous = Some(Arc::clone(active));
        }
        let items = match local {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for item in items {
            self.apply(&mut result, item, override_protected)?;
        }
        Ok(Arc::new(result))
    }

    fn apply(&self, result: &mut ActiveContext, item: &Value, override_protected: bool) -> Result<(), ContextError> {
        match item {
            Value::Null => {
                if !override_protected && let Some(name) = result.protected_term() {
                    return Err(ContextError::ProtectedTerm(name.as_ref().to_owned()));
                }
                *result = ActiveContext {
                    previous: result.previous.take(),
                    pinned: false,
                    ..ActiveContext::default()
                };
                Ok(())
            }
            Value::String(url) => {
                let document = self.contexts.document(url)?;
                let deeper = Self {
                    contexts: self.contexts,
                    depth: self.depth.saturating_add(1),
                };
                if deeper.depth > DEPTH_LIMIT {
                    return Err(ContextError::TooDeep);
                }
                let items = match document.as_ref() {
                    Value::Array(items) => items.as_slice(),
                    single => std::slice::from_ref(single),
                };
                items.iter().try_for_each(|item| deeper.apply(result, item, false))
            }
            Value::Object(members) => Definitions::new(members, override_protected)?.define_all(result),
            _ => Err(ContextError::Unsupported("@context".to_owned())),
        }
    }
}

/// One context object on its way into an active context.
struct Definitions<'a> {
    members: &'a Map<String, Value>,
    protected: bool,
    override_protected: bool,
    /// `false` while a term is being defined: meeting it again is a cycle.
    defined: HashMap<&'a str, bool>,
}

impl<'a> Definitions<'a> {
    fn new(members: &'a Map<String, Value>, override_protected: bool) -> Result<Self, ContextError> {
        let protected = match members.get("@protected") {
            None => false,
            Some(Value::Bool(protected)) => *protected,
            Some(_) => return Err(ContextError::Unsupported("@protected".to_owned())),
        };
        Ok(Self {
            members,
            protected,
            override_protected,
            defined: HashMap::new(),
        })
    }

    fn define_all(mut self, active: &mut ActiveContext) -> Result<(), ContextError> {
        self.set_defaults(active)?;
        for name in self.members.keys() {
            if !is_keyword_like(name) || name == "@type" {
                self.define(active, name)?;
            }
        }
        Ok(())
    }

    /// Reads the keywords of the context object; one that is not listed is refused, not ignored.
    fn set_defaults(&self, active: &mut ActiveContext) -> Result<(), ContextError> {
        for (name, value) in self.members.iter().filter(|(name, _)| is_keyword_like(name)) {
            match (name.as_str(), value) {
                ("@version", Value::Number(version)) if version.as_f64() == Some(1.1) => {}
                ("@protected", _) | ("@type", Value::Object(_)) | ("@base", Value::Null) => {}
                ("@vocab", Value::Null) => active.vocab = None,
                ("@vocab", Value::String(vocab)) if is_absolute(vocab) => active.vocab = Some(vocab.as_str().into()),
                ("@language", Value::Null) => active.language = None,
                ("@language", Value::String(tag)) => active.language = Some(tag.to_ascii_lowercase().into()),
                ("@direction", Value::Null) => active.direction = None,
                ("@direction", Value::String(text)) if Direction::from_name(text).is_some() => {
                    active.direction = Direction::from_name(text);
                }
                _ => return Err(ContextError::Unsupported(name.clone())),
            }
        }
        Ok(())
    }

    /// Create Term Definition (JSON-LD 1.1 API §4.2).
    fn define(&mut self, active: &mut ActiveContext, name: &'a str) -> Result<(), ContextError> {
        let unsupported = || ContextError::Unsupported(name.to_owned());
        match self.defined.get(name) {
            Some(true) => return Ok(()),
            Some(false) => return Err(unsupported()),
            None => {}
        }
        self.defined.insert(name, false);
        let value = self.members.get(name).ok_or_else(unsupported)?;
        if name == "@type" {
            check_type_keyword(value).ok_or_else(unsupported)?;
        } else {
            let definition = self.read(active, name, value)?;
            self.insert(active, name, definition)?;
        }
        self.defined.insert(name, true);
        Ok(())
    }

    fn insert(&self, active: &mut ActiveContext, name: &str, mut new: TermDefinition) -> Result<(), ContextError> {
        if let Some(old) = active.terms.get(name)
            && old.protected
            && !self.override_protected
        {
            if !old.says_the_same(&new) {
                return Err(ContextError::ProtectedTerm(name.to_owned()));
            }
            new.protected = true;
        }
        active.terms.insert(name.into(), Arc::new(new));
        Ok(())
    }

    fn read(
        &mut self,
        active: &mut ActiveContext,
        name: &'a str,
        value: &'a Value,
    ) -> Result<TermDefinition, ContextError> {
        let unsupported = || ContextError::Unsupported(name.to_owned());
        let mut definition = TermDefinition {
            meaning: Meaning::Nothing,
            coercion: Coercion::None,
            container: Container::Set,
            context: None,
            language: OwnLanguage::Default,
            prefix: false,
            protected: self.protected,
        };
        let id = match value {
            Value::Null => return Ok(definition),
            Value::String(id) => Some(id.as_str()),
            Value::Object(members) => {
                self.read_members(active, members, &mut definition)
                    .ok_or_else(unsupported)??;
                match members.get("@id") {
                    None => None,
                    Some(Value::Null) => return Ok(definition),
                    Some(Value::String(id)) => Some(id.as_str()),
                    Some(_) => return Err(unsupported()),
                }
            }
            _ => return Err(unsupported()),
        };
        definition.meaning = match id.filter(|id| *id != name) {
            Some(id) => self.meaning(active, id)?,
            None => self.meaning_of_name(active, name)?,
        }
        .ok_or_else(unsupported)?;
        if let Meaning::Iri(iri) = &definition.meaning {
            let simple = value.is_string() && !name.contains([':', '/']);
            definition.prefix |= simple && iri.ends_with([':', '/', '?', '#', '[', ']', '@']);
        }
        Ok(definition)
    }

    /// Reads the members of an expanded term definition; `None` when one is not supported.
    fn read_members(
        &mut self,
        active: &mut ActiveContext,
        members: &'a Map<String, Value>,
        definition: &mut TermDefinition,
    ) -> Option<Result<(), ContextError>> {
        for (name, value) in members {
            match (name.as_str(), value) {
                ("@id", _) => {}
                ("@protected", Value::Bool(protected)) => definition.protected = *protected,
                ("@prefix", Value::Bool(prefix)) => definition.prefix = *prefix,
                ("@language", Value::Null) => definition.language = OwnLanguage::Nothing,
                ("@language", Value::String(tag)) => {
                    definition.language = OwnLanguage::Tag(tag.to_ascii_lowercase().into());
                }
                ("@container", container) => definition.container = read_container(container)?,
                ("@context", context) => definition.context = Some(Arc::new(context.clone())),
                ("@type", Value::String(text)) => match self.coercion(active, text) {
                    Ok(coercion) => definition.coercion = coercion?,
                    Err(error) => return Some(Err(error)),
                },
                _ => return None,
            }
        }
        Some(Ok(()))
    }

    fn coercion(&mut self, active: &mut ActiveContext, text: &'a str) -> Result<Option<Coercion>, ContextError> {
        Ok(Some(match text {
            "@id" => Coercion::Id,
            "@vocab" => Coercion::Vocab,
            "@json" => Coercion::Json,
            "@none" => Coercion::Untouched,
            _ => match self.meaning(active, text)? {
                Some(Meaning::Iri(iri)) => Coercion::Datatype(iri),
                _ => return Ok(None),
            },
        }))
    }

    /// Expands what a definition refers to, defining the terms it needs first.
    fn meaning(&mut self, active: &mut ActiveContext, text: &'a str) -> Result<Option<Meaning>, ContextError> {
        let needed = [text, text.split_once(':').map_or(text, |(prefix, _)| prefix)];
        for name in needed {
            if self.members.contains_key(name) && !is_keyword_like(name) {
                self.define(active, name)?;
            }
        }
        Ok(active.expand_vocab(text))
    }

    /// Expands a term that has no `@id`: a compact IRI, or a name under `@vocab`.
    fn meaning_of_name(&mut self, active: &mut ActiveContext, name: &'a str) -> Result<Option<Meaning>, ContextError> {
        if let Some((prefix, _)) = name.split_once(':') {
            if self.members.contains_key(prefix) {
                self.define(active, prefix)?;
            }
            return Ok(active.expand_reference(name).map(Meaning::Iri));
        }
        let iri = active.vocab.as_ref().map(|vocab| format!("{vocab}{name}"));
        Ok(iri.filter(|iri| is_absolute(iri)).map(|iri| Meaning::Iri(iri.into())))
    }
}

/// `@type` may be redefined as a set or protected, which changes nothing in RDF.
fn check_type_keyword(value: &Value) -> Option<()> {
    let members = value.as_object()?;
    members
        .iter()
        .all(|(name, value)| match name.as_str() {
            "@container" => value.as_str() == Some("@set"),
            "@protected" => value.is_boolean(),
            _ => false,
        })
        .then_some(())
}

fn read_container(container: &Value) -> Option<Container> {
    let names: Vec<&str> = match container {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    match *names.as_slice() {
        ["@set"] => Some(Container::Set),
        ["@list"] => Some(Container::List),
        ["@graph"] | ["@graph", "@set"] | ["@set", "@graph"] => Some(Container::Graph),
        _ => None,
    }
}
