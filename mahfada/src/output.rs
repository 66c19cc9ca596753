//! How the commands answer: lines on standard output, one sentence on standard error, and an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;

/// The exit code of a command that could not judge what it was given.
const COULD_NOT_JUDGE: u8 = 2;

/// Writes one line of text; a reader that went away ends nothing that still has an effect.
pub(crate) fn text(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(value) {
        text(&line);
    }
}

/// Writes JSON over several lines, for people.
pub(crate) fn json_pretty(value: &impl Serialize) {
    if let Ok(lines) = serde_json::to_string_pretty(value) {
        text(&lines);
    }
}

/// Says on standard error why a command ended, with every cause.
pub(crate) fn complain(error: &dyn std::error::Error) {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    warn(&line);
}

/// Writes one line to standard error.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "mahfada: {}", plain(line));
}

/// Makes a text from outside harmless for a terminal: no control characters, nothing that turns the direction.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() || is_invisible(character) {
                char::REPLACEMENT_CHARACTER
            } else {
                character
            }
        })
        .collect()
}

/// Tells whether a character changes how others are shown, or shows nothing.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Ends a judging command: 0 when it judged, whatever the verdict, and 2 when it could not.
pub(crate) fn judged<E: std::error::Error>(outcome: Result<(), E>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(COULD_NOT_JUDGE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(plain("سلمى Salma"), "سلمى Salma");
        for steering in ["\u{1b}[2J", "a\nb", "\u{202e}x", "\u{2066}x", "\u{9b}2J", "\u{200b}"] {
            let shown = plain(steering);
            assert!(shown.contains(char::REPLACEMENT_CHARACTER), "{steering:?}");
            assert!(
                !shown.chars().any(|shown| shown.is_control() || is_invisible(shown)),
                "{steering:?}"
            );
        }
    }
}
