use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;

static TESTS: LazyLock<Tests> = LazyLock::new(|| scan(&workspace_root()).unwrap());

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("requirements")
}

fn page() -> PathBuf {
    workspace_root().join("docs/conformance.md")
}

#[test]
fn every_row_names_tests_that_exist_and_run() {
    let count = TESTS.names().count();
    assert!(count > 1_000, "only {count} tests: the scan is broken");
    let specifications = read_all(&folder()).unwrap();
    let faults = faults(&specifications, &TESTS);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_page_says_what_the_rows_say() {
    let rendered = render(&read_all(&folder()).unwrap());
    if std::env::var_os("MAHFADA_BLESS").is_some() {
        std::fs::write(page(), &rendered).unwrap();
    }
    let written = std::fs::read_to_string(page()).unwrap_or_default();
    let line = rendered
        .lines()
        .zip(written.lines())
        .position(|(one, other)| one != other);
    assert!(
        rendered == written,
        "docs/conformance.md differs from line {}; MAHFADA_BLESS=1 writes it anew",
        line.unwrap_or_default() + 1
    );
}

#[test]
fn the_scan_finds_tests_of_every_making() {
    for name in [
        "mahfada-conformance::tests::the_scan_finds_tests_of_every_making",
        "mahfada-web::server::tests::serves_over_tls_and_ends_when_told",
        "mahfada-sd-jwt::present::tests::presents_exactly_the_subset",
        "mahfada-crypto::conformance::pure::wycheproof_es256",
        "mahfada-crypto::conformance::aws_lc::wycheproof_es256",
        "mahfada-eid::card::card::a_copied_card_is_refused",
        "mahfada-tests::operations::page::a_page_is_read_block_by_block",
    ] {
        assert!(TESTS.exists(name), "{name}");
    }
    assert!(!TESTS.exists("mahfada-conformance::tests::folder"));
    assert!(TESTS.is_ignored("mahfada-eid::vectors::vectors::no_flipped_bit_is_accepted_at_all"));
}

#[test]
fn a_row_without_proof_is_named() {
    let rows = |more: &str| -> Vec<Specification> {
        let head = "title = \"T\"\nedition = \"E\"\n";
        vec![toml::from_str(&format!("{head}{more}")).unwrap()]
    };
    let row = |id: &str, tests: &str| {
        format!("[[requirement]]\nid = \"{id}\"\nclause = \"§1\"\ntext = \"x\"\ntests = [{tests}]\n")
    };
    let good = "\"mahfada-conformance::tests::a_row_without_proof_is_named\"";
    let gap = "[[not_yet]]\nid = \"A-1\"\nclause = \"§1\"\ntext = \"x\"\n";
    for (more, expected) in [
        (row("A-1", good), vec![]),
        (row("A-1", ""), vec!["A-1 names no test"]),
        (row("A-1", "\"p::t\""), vec!["A-1 names p::t, which does not exist"]),
        (row("A-1", good) + &row("A-1", good), vec!["A-1 stands twice"]),
        (row("A-1", good) + gap, vec!["A-1 stands twice"]),
        (
            gap.replace("\"x\"", "\"\""),
            vec!["A-1 has no clause or text of one line"],
        ),
    ] {
        assert_eq!(faults(&rows(&more), &TESTS), expected, "{more}");
    }
    let twice = row("A-1", &format!("{good}, {good}"));
    assert_eq!(faults(&rows(&twice), &TESTS).len(), 1);
}
