//! A page of `docs/` as a walk: its commands, and what they print.
//!
//! * A fence `sh` holds commands; a test runs them all, one block after the other, in one shell and one folder.
//! * A fence `text` that follows a fence `sh` is what that block prints, line by line. `…` stands for anything within a
//!   line, and alone on a line for any number of lines.
//! * Every other fence is for the reader.

use std::path::Path;

/// A block of commands with what it prints, if the page says so.
#[derive(Debug)]
pub(crate) struct Block {
    /// The commands.
    pub(crate) commands: String,
    /// What they print.
    pub(crate) prints: Option<String>,
}

/// A fence of the page: its language and its text.
#[derive(Debug)]
pub(crate) struct Fence {
    /// What stands behind the three backticks.
    pub(crate) language: String,
    /// The lines between.
    pub(crate) text: String,
}

/// Reads a page of the folder `docs`.
pub(crate) fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Takes the fences out of a page.
pub(crate) fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for line in page.lines() {
        open = match (open, line.strip_prefix("```")) {
            (None, Some(language)) => Some(Fence {
                language: language.to_owned(),
                text: String::new(),
            }),
            (Some(fence), Some("")) => {
                fences.push(fence);
                None
            }
            (Some(mut fence), _) => {
                fence.text.push_str(line);
                fence.text.push('\n');
                Some(fence)
            }
            (None, None) => None,
        };
    }
    assert!(open.is_none(), "a fence of the page has no end");
    fences
}

/// Takes the walk out of a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for fence in fences(page) {
        match (fence.language.as_str(), blocks.last_mut()) {
            ("sh", _) => blocks.push(Block {
                commands: fence.text,
                prints: None,
            }),
            ("text", Some(block)) if block.prints.is_none() => block.prints = Some(fence.text),
            ("text", _) => panic!("what is said to be printed stands behind no commands:\n{}", fence.text),
            _ => {}
        }
    }
    blocks
}

/// Tells whether an output is what the page says, `…` standing for anything.
pub(crate) fn fits(expected: &str, output: &str) -> bool {
    let expected: Vec<&str> = expected.trim().lines().map(str::trim_end).collect();
    let output: Vec<&str> = output.trim().lines().map(str::trim_end).collect();
    lines_fit(&expected, &output)
}

fn lines_fit(expected: &[&str], output: &[&str]) -> bool {
    match (expected, output) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=output.len()).any(|from| lines_fit(rest, &output[from..])),
        ([line, rest @ ..], [first, others @ ..]) => line_fits(line, first) && lines_fit(rest, others),
        _ => false,
    }
}

fn line_fits(expected: &str, line: &str) -> bool {
    let Some((before, after)) = expected.split_once('…') else {
        return expected == line;
    };
    let Some(rest) = line.strip_prefix(before) else {
        return false;
    };
    let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.into_iter().any(|at| line_fits(after, &rest[at..]))
}

#[test]
fn an_output_fits_what_the_page_says_or_it_does_not() {
    assert!(fits("a … c\n", "a b b c\n"));
    assert!(fits("a\n…\nz", "a\nb\nc\nz\n") && fits("a\n…\nz", "a\nz"));
    assert!(fits("…x…", "x") && fits("é…", "éß"));
    for (expected, output) in [("a", "b"), ("a\nb", "a"), ("a", "a\nb"), ("a … c", "a b"), ("", "a")] {
        assert!(!fits(expected, output), "{expected:?} {output:?}");
    }
}

#[test]
fn a_page_is_read_block_by_block() {
    let page = "x\n```sh\none\n```\n```text\n1\n```\n```toml\nt\n```\n```sh\ntwo\n```\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 2);
    assert_eq!(
        (&*blocks[0].commands, blocks[0].prints.as_deref()),
        ("one\n", Some("1\n"))
    );
    assert_eq!((&*blocks[1].commands, blocks[1].prints.as_deref()), ("two\n", None));
}
