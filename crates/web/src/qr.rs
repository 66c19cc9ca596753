//! The code that another device scans.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

/// The quiet zone on each side, in modules (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// Draws a link as an SVG element of its own, black on white with its quiet zone; it scales without loss.
///
/// A link too long for a code gives none.
#[must_use]
pub fn svg(link: &str) -> Option<String> {
    let code = QRBuilder::new(link).ecl(ECL::M).build().ok()?;
    let side = code.size + 2 * QUIET;
    let mut text = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="256" height="256" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d=""##
    );
    for (y, row) in (QUIET..).zip((0..code.size).map(|row| &code[row])) {
        for (start, length) in dark_runs(row.iter().map(|module| module.value())) {
            let x = start + QUIET;
            // Writing to a string cannot fail.
            let _ = write!(text, "M{x} {y}h{length}v1h-{length}z");
        }
    }
    text.push_str(r#""/></svg>"#);
    Some(text)
}

/// Returns where dark modules begin and how many stand together.
fn dark_runs(modules: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in modules.enumerate().filter(|(_, dark)| *dark) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_where_the_dark_modules_stand() {
        let modules = [true, true, false, true, false, false, true];
        assert_eq!(dark_runs(modules.into_iter()), [(0, 2), (3, 1), (6, 1)]);
        assert!(dark_runs([false; 4].into_iter()).is_empty());
    }

    #[test]
    fn a_link_becomes_one_svg_element_with_its_three_finders() {
        let text = svg("openid4vp://authorize?client_id=x509_hash%3Aabc").unwrap();
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>"), "{text}");
        assert_eq!(text.matches("<svg").count(), 1);
        // The first row of the symbol begins and ends with the seven dark modules of a finder pattern.
        assert!(text.contains("M4 4h7v1h-7z"), "{text}");
        assert!(!text.contains("<script"));
    }

    #[test]
    fn what_fits_in_no_code_gives_none() {
        assert_eq!(svg(&"a".repeat(4_000)), None);
    }
}
