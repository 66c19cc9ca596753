//! Tests that macros make: `proptest!`, and suites that run one list of tests for each implementation.

/// A macro of ours that makes a test of each name in a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    modules: Vec<String>,
    by_subject: bool,
    rules: Vec<(String, String)>,
}

impl Suite {
    /// Reads the definition of a macro; `None` for one that makes no tests.
    pub(crate) fn read(definition: &str) -> Option<Self> {
        let words = words(definition);
        find(&words, &["#", "[", "test", "]", "fn", "$"]).next()?;
        let modules = find(&words, &["mod"]).filter(|after| after.get(1) == Some(&"{"));
        Some(Self {
            modules: modules
                .filter_map(|after| after.first().map(|&word| word.to_owned()))
                .collect(),
            by_subject: find(&words, &["mod", "$"]).next().is_some(),
            rules: rules(&words),
        })
    }

    /// Names the tests that an invocation in `module` makes.
    pub(crate) fn tests(&self, module: &str, invocation: &str) -> Vec<String> {
        let own = rules(&words(invocation));
        let rules = if own.is_empty() { &self.rules } else { &own };
        let mut modules: Vec<String> = self.modules.iter().map(|inner| format!("{module}::{inner}")).collect();
        if modules.is_empty() {
            modules.push(module.to_owned());
        }
        let mut tests = Vec::new();
        for module in modules {
            for (subject, rule) in rules {
                tests.push(if self.by_subject {
                    format!("{module}::{subject}::{rule}")
                } else {
                    format!("{module}::{rule}")
                });
            }
        }
        tests
    }
}

/// Names the functions that stand behind `#[test]` in the tokens of a macro such as `proptest!`.
pub(crate) fn plain_tests(tokens: &str) -> Vec<String> {
    let words = words(tokens);
    find(&words, &["#", "[", "test", "]", "fn"])
        .filter_map(|after| after.first().copied())
        .filter(|word| is_name(word))
        .map(str::to_owned)
        .collect()
}

/// Reads lists such as `subject: one, two;` or `subject: one two;`.
fn rules(words: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (position, window) in words.windows(3).enumerate() {
        let &[subject, ":", first] = window else { continue };
        let bound = position.checked_sub(1).and_then(|before| words.get(before)) == Some(&"$");
        if bound || !is_name(subject) || !is_name(first) {
            continue;
        }
        let list = words.iter().skip(position.saturating_add(2)).copied();
        let list: Vec<&str> = list.take_while(|word| *word == "," || is_name(word)).collect();
        let names = list.into_iter().filter(|word| *word != ",");
        found.extend(names.map(|rule| (subject.to_owned(), rule.to_owned())));
    }
    found
}

/// Finds every place of a sequence, and returns what stands behind it.
fn find<'a, 'w>(words: &'a [&'w str], sequence: &'a [&'a str]) -> impl Iterator<Item = &'a [&'w str]> {
    (0..words.len()).filter_map(move |start| {
        let rest = words.get(start..)?;
        rest.starts_with(sequence)
            .then(|| rest.get(sequence.len()..).unwrap_or_default())
    })
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Cuts tokens into names and single signs; what stands in quotes is left out.
fn words(tokens: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = tokens.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            quoted(rest)
        } else if first.is_ascii_alphanumeric() || first == '_' {
            rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '_')
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(length);
        if first != '"' {
            words.push(word);
        }
        rest = after.trim_start();
    }
    words
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (position, sign) in text.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return position.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_a_property_are_tests() {
        let tokens =
            r##"# ! [config] # [test] fn one (a in "# [test] fn no ()") { } fn helper () { } # [test] fn two () { }"##;
        assert_eq!(plain_tests(tokens), ["one", "two"]);
    }

    #[test]
    fn a_suite_runs_each_test_in_each_module() {
        let definition = "($($s:ident: $($t:ident)*;)*) => {
            mod pure { $($(#[test] fn $t() { super::$s::$t(); })*)* }
            #[cfg(feature = \"x\")] mod other { $($(#[test] fn $t() { super::$s::$t(); })*)* }
        };";
        let suite = Suite::read(definition).unwrap();
        assert_eq!(
            suite.tests("p::c", "keys: a b; hash: c;"),
            [
                "p::c::pure::a",
                "p::c::pure::b",
                "p::c::pure::c",
                "p::c::other::a",
                "p::c::other::b",
                "p::c::other::c"
            ]
        );
    }

    #[test]
    fn a_suite_may_hold_its_list_itself() {
        let definition = "($open:ident) => { $crate::suite! { @tests $open; keys: a, b; hash: c; } };
            (@tests $open:ident; $($s:ident: $($t:ident),+;)+) => {
                $(mod $s { $(#[test] fn $t() { $crate::c::$s::$t(&*super::$open()); })+ })+
            };";
        let suite = Suite::read(definition).unwrap();
        assert_eq!(
            suite.tests("p", "on_a_file"),
            ["p::keys::a", "p::keys::b", "p::hash::c"]
        );
    }

    #[test]
    fn another_macro_is_no_suite() {
        assert_eq!(Suite::read("($name:literal) => { include_str!($name) };"), None);
    }
}
