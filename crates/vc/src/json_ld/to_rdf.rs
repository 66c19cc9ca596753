//! Expansion and deserialisation to RDF in one walk (JSON-LD 1.1 API §5.1 and §8.1), refusing what would be dropped.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::active::ActiveContext;
use super::definition::{Coercion, Container, Direction, Keyword, Meaning, TermDefinition};
use super::error::ExpansionError;
use super::literal;
use super::pinned::Contexts;
use super::selection::Selection;
use crate::rdf::{Literal, Node, Object, Quad};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// An honest credential has some hundred statements; 1 MiB of JSON could make a hundred thousand.
const STATEMENT_LIMIT: usize = 10_000;

/// Numbers for the blank nodes of one document, by their place in it.
///
/// Parts of the document that are walked later get the same numbers, which is what skolemization is for in the
/// specification (Data Integrity ECDSA §3.4.6); the document must not move in between.
#[derive(Debug, Default)]
pub(crate) struct BlankLabels(HashMap<(usize, BlankKind), u32>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum BlankKind {
    Node,
    Graph,
    ListItem,
}

impl BlankLabels {
    fn number<T>(&mut self, place: &T, kind: BlankKind) -> Node {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        Node::Blank(*self.0.entry((std::ptr::from_ref(place).addr(), kind)).or_insert(next))
    }
}

/// Turns a document, or the selected part of one, into statements, each once.
pub(crate) fn to_rdf(
    document: &Map<String, Value>,
    selection: &Selection,
    contexts: &Contexts,
    labels: &mut BlankLabels,
) -> Result<Vec<Quad>, ExpansionError> {
    let mut walk = Walk {
        contexts,
        labels,
        quads: Vec::new(),
    };
    let place = Place {
        active: contexts.initial(),
        scoped: None,
        selection,
        graph: None,
    };
    walk.node(document, &place)?;
    if walk.quads.is_empty() {
        return Err(ExpansionError::NotADocument);
    }
    // A dataset is a set: a value that an array repeats is one statement.
    walk.quads.sort_unstable();
    walk.quads.dedup();
    Ok(walk.quads)
}

struct Walk<'a> {
    contexts: &'a Contexts,
    labels: &'a mut BlankLabels,
    quads: Vec<Quad>,
}

/// Where in the document and in which graph a value stands.
#[derive(Clone)]
struct Place<'a> {
    active: Arc<ActiveContext>,
    /// The context that the property brings along.
    scoped: Option<Arc<Value>>,
    selection: &'a Selection,
    graph: Option<Node>,
}

/// A property whose values are being read.
struct Property<'a> {
    name: &'a str,
    definition: Option<&'a TermDefinition>,
}

impl Walk<'_> {
    /// Reads a node object and returns what stands for it.
    fn node(&mut self, members: &Map<String, Value>, place: &Place<'_>) -> Result<Node, ExpansionError> {
        let before_types = self.node_context(members, place)?;
        let active = self.type_context(members, &before_types)?;
        let subject = self.subject(members, &active)?;
        for (name, value) in members {
            let Some(selection) = place.selection.member(name) else {
                continue;
            };
            let place = Place {
                active: Arc::clone(&active),
                scoped: None,
                selection,
                graph: place.graph.clone(),
            };
            match active.expand_vocab(name) {
                Some(Meaning::Keyword(Keyword::Context | Keyword::Id)) => {}
                Some(Meaning::Keyword(Keyword::Type)) => self.types(&subject, name, value, &before_types, &place)?,
                Some(Meaning::Iri(predicate)) => self.property(&subject, &predicate, name, value, place)?,
                Some(Meaning::Keyword(_)) => return Err(ExpansionError::Keyword(name.clone())),
                _ if name.starts_with('@') => return Err(ExpansionError::Keyword(name.clone())),
                _ => return Err(ExpansionError::UndefinedTerm(name.clone())),
            }
        }
        Ok(subject)
    }

    /// Leaves a type-scoped context, enters a property-scoped one, and applies the node's own (§5.1.2 steps 7 to 9).
    fn node_context(
        &self,
        members: &Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<Arc<ActiveContext>, ExpansionError> {
        let only_a_reference = members.len() == 1
            && members
                .keys()
                .all(|name| place.active.expand_vocab(name) == Some(Meaning::Keyword(Keyword::Id)));
        let mut active = match &place.active.previous {
            Some(previous) if !only_a_reference => Arc::clone(previous),
            _ => Arc::clone(&place.active),
        };
        if let Some(scoped) = &place.scoped {
            active = self.contexts.apply_scoped(&active, scoped, true, true)?;
        }
        if let Some(own) = members.get("@context") {
            active = self.contexts.apply_local(&active, own)?;
        }
        Ok(active)
    }

    /// Applies the contexts that the types bring along, in the order of the types (§5.1.2 step 11).
    fn type_context(
        &self,
        members: &Map<String, Value>,
        before: &Arc<ActiveContext>,
    ) -> Result<Arc<ActiveContext>, ExpansionError> {
        let mut active = Arc::clone(before);
        for (_, value) in members
            .iter()
            .filter(|(name, _)| before.expand_vocab(name) == Some(Meaning::Keyword(Keyword::Type)))
        {
            let mut types: Vec<&str> = match value {
                Value::String(name) => vec![name],
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            types.sort_unstable();
            for name in types {
                if let Some(scoped) = before.term(name).and_then(|definition| definition.context.as_ref()) {
                    active = self.contexts.apply_scoped(&active, scoped, false, false)?;
                }
            }
        }
        Ok(active)
    }

    fn subject(&mut self, members: &Map<String, Value>, active: &ActiveContext) -> Result<Node, ExpansionError> {
        let mut found = None;
        for (name, value) in members {
            if active.expand_vocab(name) != Some(Meaning::Keyword(Keyword::Id)) {
                continue;
            }
            if found.is_some() {
                return Err(ExpansionError::Keyword(name.clone()));
            }
            let iri = value.as_str().and_then(|id| active.expand_reference(id));
            found = Some(Node::Iri(
                iri.ok_or_else(|| ExpansionError::RelativeReference(name.clone()))?,
            ));
        }
        Ok(found.unwrap_or_else(|| self.labels.number(members, BlankKind::Node)))
    }

    fn types(
        &mut self,
        subject: &Node,
        name: &str,
        value: &Value,
        before_types: &ActiveContext,
        place: &Place<'_>,
    ) -> Result<(), ExpansionError> {
        let items = match value {
            Value::Array(items) if !items.is_empty() => items.as_slice(),
            Value::String(_) => std::slice::from_ref(value),
            _ => return Err(ExpansionError::NoStatement(name.to_owned())),
        };
        for (number, item) in items.iter().enumerate() {
            if value.is_array() && place.selection.element(number).is_none() {
                continue;
            }
            let text = item
                .as_str()
                .ok_or_else(|| ExpansionError::NoStatement(name.to_owned()))?;
            let Some(Meaning::Iri(iri)) = before_types.expand_vocab(text) else {
                return Err(ExpansionError::UndefinedTerm(text.to_owned()));
            };
            let predicate = format!("{RDF}type").into();
            self.push(subject.clone(), predicate, Object::Node(Node::Iri(iri)), place)?;
        }
        Ok(())
    }

    fn property(
        &mut self,
        subject: &Node,
        predicate: &Arc<str>,
        name: &str,
        value: &Value,
        mut place: Place<'_>,
    ) -> Result<(), ExpansionError> {
        let active = Arc::clone(&place.active);
        let definition = active.term(name).map(Arc::as_ref);
        place.scoped = definition.and_then(|definition| definition.context.clone());
        let property = Property { name, definition };
        let container = definition.map_or(Container::Set, |definition| definition.container);
        if definition.is_some_and(|definition| definition.coercion == Coercion::Json) {
            let literal = literal::json_literal(value).ok_or_else(|| ExpansionError::NoStatement(name.to_owned()))?;
            return self.push(subject.clone(), Arc::clone(predicate), Object::Literal(literal), &place);
        }
        match value {
            Value::Array(items) if container == Container::List => {
                let list = self.list(items, &property, &place)?;
                self.push(subject.clone(), Arc::clone(predicate), Object::Node(list), &place)
            }
            Value::Array(items) if items.is_empty() => Err(ExpansionError::NoStatement(name.to_owned())),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    let Some(selection) = place.selection.element(number) else {
                        continue;
                    };
                    let place = Place {
                        selection,
                        ..place.clone()
                    };
                    self.single(subject, predicate, item, container, &property, &place)?;
                }
                Ok(())
            }
            single if container == Container::List => {
                let list = self.list(std::slice::from_ref(single), &property, &place)?;
                self.push(subject.clone(), Arc::clone(predicate), Object::Node(list), &place)
            }
            single => self.single(subject, predicate, single, container, &property, &place),
        }
    }

    fn single(
        &mut self,
        subject: &Node,
        predicate: &Arc<str>,
        value: &Value,
        container: Container,
        property: &Property<'_>,
        place: &Place<'_>,
    ) -> Result<(), ExpansionError> {
        let object = match (container, value) {
            (Container::Graph, Value::Object(members)) => {
                let graph = self.labels.number(members, BlankKind::Graph);
                let inner = Place {
                    graph: Some(graph.clone()),
                    ..place.clone()
                };
                let before = self.quads.len();
                self.node(members, &inner)?;
                if self.quads.len() == before {
                    return Err(ExpansionError::NoStatement(property.name.to_owned()));
                }
                Object::Node(graph)
            }
            (Container::Graph, _) => return Err(ExpansionError::NoStatement(property.name.to_owned())),
            _ => self.object(value, property, place)?,
        };
        self.push(subject.clone(), Arc::clone(predicate), object, place)
    }

    fn object(&mut self, value: &Value, property: &Property<'_>, place: &Place<'_>) -> Result<Object, ExpansionError> {
        let no_statement = || ExpansionError::NoStatement(property.name.to_owned());
        let Value::Object(members) = value else {
            let active = match &place.scoped {
                Some(scoped) => self.contexts.apply_scoped(&place.active, scoped, true, true)?,
                None => Arc::clone(&place.active),
            };
            return coerced(value, property, &active);
        };
        let keyword = |wanted: Keyword| {
            members
                .iter()
                .find(|(name, _)| place.active.expand_vocab(name) == Some(Meaning::Keyword(wanted)))
                .map(|(_, value)| value)
        };
        if keyword(Keyword::Value).is_some() {
            return value_object(members, &place.active).map(Object::Literal);
        }
        if let Some(items) = keyword(Keyword::List) {
            let (Value::Array(items), 1) = (items, members.len()) else {
                return Err(no_statement());
            };
            return self.list(items, property, place).map(Object::Node);
        }
        self.node(members, place).map(Object::Node)
    }

    /// Builds an RDF list (§8.3); a part of a list is another list, so lists are selected whole.
    fn list(&mut self, items: &[Value], property: &Property<'_>, place: &Place<'_>) -> Result<Node, ExpansionError> {
        if *place.selection != Selection::All {
            return Err(ExpansionError::Keyword("@list".to_owned()));
        }
        let mut rest = Node::Iri(format!("{RDF}nil").into());
        for item in items.iter().rev() {
            let cell = self.labels.number(item, BlankKind::ListItem);
            let first = self.object(item, property, place)?;
            self.push(cell.clone(), format!("{RDF}first").into(), first, place)?;
            self.push(cell.clone(), format!("{RDF}rest").into(), Object::Node(rest), place)?;
            rest = cell;
        }
        Ok(rest)
    }

    fn push(
        &mut self,
        subject: Node,
        predicate: Arc<str>,
        object: Object,
        place: &Place<'_>,
    ) -> Result<(), ExpansionError> {
        if self.quads.len() >= STATEMENT_LIMIT {
            return Err(ExpansionError::TooManyStatements);
        }
        self.quads.push(Quad {
            subject,
            predicate,
            object,
            graph: place.graph.clone(),
        });
        Ok(())
    }
}

/// Value Expansion (§5.3) of a scalar.
fn coerced(value: &Value, property: &Property<'_>, active: &ActiveContext) -> Result<Object, ExpansionError> {
    let no_statement = || ExpansionError::NoStatement(property.name.to_owned());
    let relative = || ExpansionError::RelativeReference(property.name.to_owned());
    let coercion = property
        .definition
        .map_or(&Coercion::None, |definition| &definition.coercion);
    let literal = match (value, coercion) {
        (Value::String(text), Coercion::Id) => {
            let iri = active.expand_reference(text).ok_or_else(relative)?;
            return Ok(Object::Node(Node::Iri(iri)));
        }
        (Value::String(text), Coercion::Vocab) => {
            let Some(Meaning::Iri(iri)) = active.expand_vocab(text) else {
                return Err(relative());
            };
            return Ok(Object::Node(Node::Iri(iri)));
        }
        (Value::String(text), Coercion::None) => Some(literal::text(text, active, property.definition)),
        (_, Coercion::Datatype(iri)) => literal::scalar(value, Some(iri)),
        _ => literal::scalar(value, None),
    };
    literal.map(Object::Literal).ok_or_else(no_statement)
}

/// Reads a value object (§5.1.2 step 15) into a literal (§8.2.2).
fn value_object(members: &Map<String, Value>, active: &ActiveContext) -> Result<Literal, ExpansionError> {
    let (mut value, mut datatype, mut language, mut direction) = (None, None, None, None);
    for (name, member) in members {
        let refused = || ExpansionError::Keyword(name.clone());
        let repeated = match (active.expand_vocab(name), member) {
            (Some(Meaning::Keyword(Keyword::Value)), _) => value.replace(member).is_some(),
            (Some(Meaning::Keyword(Keyword::Type)), Value::String(text)) => datatype.replace(text.as_str()).is_some(),
            (Some(Meaning::Keyword(Keyword::Language)), Value::String(tag)) => language
                .replace(literal::language_tag(tag).ok_or_else(refused)?)
                .is_some(),
            (Some(Meaning::Keyword(Keyword::Direction)), Value::String(text)) => direction
                .replace(Direction::from_name(text).ok_or_else(refused)?)
                .is_some(),
            _ => return Err(refused()),
        };
        if repeated {
            return Err(refused());
        }
    }
    let refused = || ExpansionError::Keyword("@value".to_owned());
    match (value.ok_or_else(refused)?, datatype) {
        (Value::String(text), None) => Ok(literal::directed(text, language, direction)),
        _ if language.is_some() || direction.is_some() => Err(refused()),
        (value, Some("@json")) => literal::json_literal(value).ok_or_else(refused),
        (value, None) => literal::scalar(value, None).ok_or_else(refused),
        (value, Some(text)) => match active.expand_vocab(text) {
            Some(Meaning::Iri(iri)) => literal::scalar(value, Some(&iri)).ok_or_else(refused),
            _ => Err(ExpansionError::UndefinedTerm(text.to_owned())),
        },
    }
}
