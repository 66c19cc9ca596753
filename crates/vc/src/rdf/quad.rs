//! Quads and their canonical N-Quads form (RDF 1.1 N-Quads, RDFC-1.0 §5).

use std::fmt::Write as _;
use std::sync::Arc;

/// A subject or a graph name: an IRI, or a blank node by its number in the dataset.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    Iri(Arc<str>),
    Blank(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Object {
    Node(Node),
    Literal(Literal),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Literal {
    pub(crate) value: String,
    pub(crate) kind: LiteralKind,
}

/// What is said of a literal besides its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum LiteralKind {
    /// `xsd:string`, which N-Quads leave unsaid.
    Plain,
    Datatype(Arc<str>),
    Language(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Quad {
    pub(crate) subject: Node,
    pub(crate) predicate: Arc<str>,
    pub(crate) object: Object,
    pub(crate) graph: Option<Node>,
}

impl Quad {
    /// Returns the blank nodes as subject, object and graph name, with the position letters of RDFC-1.0 §4.7.
    pub(crate) fn blanks(&self) -> impl Iterator<Item = (char, u32)> {
        let object = match &self.object {
            Object::Node(node) => Some(node),
            Object::Literal(_) => None,
        };
        [('s', Some(&self.subject)), ('o', object), ('g', self.graph.as_ref())]
            .into_iter()
            .filter_map(|(position, node)| match node {
                Some(Node::Blank(number)) => Some((position, *number)),
                _ => None,
            })
    }

    /// Writes the statement with its line end; `label` writes the name of a blank node without `_:`.
    pub(crate) fn write(&self, out: &mut String, label: &impl Fn(u32, &mut String)) {
        write_node(&self.subject, out, label);
        out.push_str(" <");
        out.push_str(&self.predicate);
        out.push_str("> ");
        match &self.object {
            Object::Node(node) => write_node(node, out, label),
            Object::Literal(literal) => literal.write(out),
        }
        if let Some(graph) = &self.graph {
            out.push(' ');
            write_node(graph, out, label);
        }
        out.push_str(" .\n");
    }
}

fn write_node(node: &Node, out: &mut String, label: &impl Fn(u32, &mut String)) {
    match node {
        Node::Iri(iri) => {
            out.push('<');
            out.push_str(iri);
            out.push('>');
        }
        Node::Blank(number) => {
            out.push_str("_:");
            label(*number, out);
        }
    }
}

impl Literal {
    fn write(&self, out: &mut String) {
        out.push('"');
        for c in self.value.chars() {
            write_char(c, out);
        }
        out.push('"');
        match &self.kind {
            LiteralKind::Plain => {}
            LiteralKind::Datatype(iri) => {
                out.push_str("^^<");
                out.push_str(iri);
                out.push('>');
            }
            LiteralKind::Language(tag) => {
                out.push('@');
                out.push_str(tag);
            }
        }
    }
}

/// Escapes what RDFC-1.0 §5.2 says and nothing else.
fn write_char(c: char, out: &mut String) {
    match c {
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\0'..='\u{1f}' | '\u{7f}' => {
            let _infallible = write!(out, "\\u{:04X}", u32::from(c));
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_controls_and_keeps_arabic() {
        let literal = Literal {
            value: "حفّاظة \"\\\u{8}\t\n\u{c}\r\u{1}\u{7f}".to_owned(),
            kind: LiteralKind::Language("ar".into()),
        };
        let mut out = String::new();
        literal.write(&mut out);
        assert_eq!(out, "\"حفّاظة \\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u007F\"@ar");
    }
}
