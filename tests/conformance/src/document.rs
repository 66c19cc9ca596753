//! Writes `docs/conformance.md`.

use crate::requirements::Specification;

const HEAD: &str = "# Conformance

What the specifications demand, in our words, and the tests that prove it. This page is made from \
`tests/conformance/requirements/`: the suite fails when a row names a test that does not exist, is ignored, or when \
this page says something else. A row stands for what its tests show and not for a certification; the texts of the \
specifications bind, not these lines. What is known and missing stands under [Not yet](#not-yet).

Run one test by the last part of its name: `cargo test -p mahfada-sd-jwt -- refuses_another_nonce`.
";

/// Writes the whole page.
#[must_use]
pub fn render(specifications: &[Specification]) -> String {
    let mut page = HEAD.to_owned();
    overview(specifications, &mut page);
    for specification in specifications {
        if !specification.requirement.is_empty() {
            proved(specification, &mut page);
        }
    }
    page.push_str("\n## Not yet\n\nKnown and not kept, or kept in part, or kept without a test of ours.\n");
    for specification in specifications {
        if !specification.not_yet.is_empty() {
            missing(specification, &mut page);
        }
    }
    page
}

fn overview(specifications: &[Specification], page: &mut String) {
    let mut sums = (0_usize, 0_usize);
    page.push_str("\n| specification | proved | not yet |\n|---|---|---|\n");
    for specification in specifications {
        let counts = (specification.requirement.len(), specification.not_yet.len());
        line(
            page,
            &[&specification.title, &counts.0.to_string(), &counts.1.to_string()],
        );
        sums = (sums.0.saturating_add(counts.0), sums.1.saturating_add(counts.1));
    }
    line(page, &["**together**", &sums.0.to_string(), &sums.1.to_string()]);
}

fn proved(specification: &Specification, page: &mut String) {
    page.push_str(&heading(specification));
    page.push_str("\n| id | clause | requirement | tests |\n|---|---|---|---|\n");
    for row in &specification.requirement {
        let tests: Vec<String> = row.tests.iter().map(|test| format!("`{test}`")).collect();
        line(page, &[&row.id, &row.clause, &row.text, &tests.join("<br>")]);
    }
}

fn missing(specification: &Specification, page: &mut String) {
    page.push_str("\n### ");
    page.push_str(&specification.title);
    page.push_str("\n\n| id | clause | requirement |\n|---|---|---|\n");
    for gap in &specification.not_yet {
        line(page, &[&gap.id, &gap.clause, &gap.text]);
    }
}

fn heading(specification: &Specification) -> String {
    format!("\n## {}\n\n{}\n", specification.title, specification.edition)
}

fn line(page: &mut String, cells: &[&str]) {
    for cell in cells {
        page.push_str("| ");
        page.push_str(cell);
        page.push(' ');
    }
    page.push_str("|\n");
}
