//! Which language a browser prefers (RFC 9110 §12.5.4).

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;

/// The most bytes of the header that are looked at.
const MAX_HEADER: usize = 512;

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Arabic,
    French,
    English,
}

impl Language {
    /// Returns the language that the browser likes best of those there are, Arabic when it likes none of them.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let header = request.headers().get(ACCEPT_LANGUAGE);
        header
            .and_then(|header| header.to_str().ok())
            .and_then(Self::preferred)
            .unwrap_or(Self::Arabic)
    }

    /// Returns the language tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Returns the direction in which it is written.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            Self::French | Self::English => "ltr",
        }
    }

    fn preferred(header: &str) -> Option<Self> {
        if header.len() > MAX_HEADER {
            return None;
        }
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts.find_map(weight).unwrap_or(1_000);
            let better = best.is_none_or(|(_, least)| weight > least);
            if let Some(language) = Self::from_tag(tag).filter(|_| weight > 0 && better) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let main = tag.split('-').next().unwrap_or_default();
        [Self::Arabic, Self::French, Self::English]
            .into_iter()
            .find(|language| main.eq_ignore_ascii_case(language.tag()))
    }
}

/// Reads `q=0.8` as 800.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.trim().split_once('=')?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{whole}{fraction:0<3}");
    let sound = name.eq_ignore_ascii_case("q") && fraction.len() <= 3;
    digits.parse().ok().filter(|weight| sound && *weight <= 1_000)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(header: &str) -> Language {
        Language::of(
            &TestRequest::default()
                .insert_header(("accept-language", header))
                .to_http_request(),
        )
    }

    #[test]
    fn the_best_liked_language_is_taken() {
        for (header, expected) in [
            ("fr-MA,fr;q=0.9,ar;q=0.8", Language::French),
            ("es, en;q=0.5, fr;q=0.7", Language::French),
            ("EN-gb", Language::English),
            ("fr;q=0, en;q=0.1", Language::English),
            ("ar-MA, fr", Language::Arabic),
            ("fr;q=0.25, en;q=0.3", Language::English),
        ] {
            assert_eq!(of(header), expected, "{header}");
        }
    }

    #[test]
    fn without_a_known_one_it_is_arabic() {
        for header in ["", "es", "*", ";;,,", "fra", &"en,".repeat(400)] {
            assert_eq!(of(header), Language::Arabic, "{header}");
        }
        assert_eq!(
            Language::of(&TestRequest::default().to_http_request()),
            Language::Arabic
        );
    }
}
