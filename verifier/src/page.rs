//! The pages that a citizen's browser sees: self-contained, without script, in Arabic, French and English.

mod language;
mod texts;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use mahfada_base::base64url;
use mahfada_crypto::Digest;

pub(crate) use self::language::Language;
use self::texts::Texts;

/// The whole style; the policy allows this text and no other.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;display:grid;min-height:100vh;place-items:center}\
main{max-width:32rem;padding:2rem 1.5rem}\
h1{font-size:1.5rem;line-height:1.3;margin:0 0 1rem}\
.open{display:block;margin:1.5rem 0;padding:1rem;border-radius:.5rem;background:#0a5c36;color:#fff;\
text-align:center;text-decoration:none;font-weight:600}\
.open:focus-visible{outline:3px solid currentColor;outline-offset:3px}\
.note{font-size:1rem;opacity:.8}";

/// What a page says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page<'a> {
    /// The request waits: whose it is, what for, and the link that opens the wallet.
    Open {
        agency: Option<&'a str>,
        purpose: Option<&'a str>,
        link: &'a str,
    },
    /// The answer has arrived; the page does not know the verdict.
    Arrived { agency: Option<&'a str> },
    /// The request is not open any more, or never was.
    Closed,
    /// The browser is not the one that began, or came too late.
    OtherBrowser,
    /// The service failed.
    Unavailable,
}

impl Page<'_> {
    const fn status(self) -> StatusCode {
        match self {
            Self::Open { .. } | Self::Arrived { .. } => StatusCode::OK,
            Self::Closed => StatusCode::NOT_FOUND,
            Self::OtherBrowser => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Makes the answer in the language that the browser prefers.
    pub(crate) fn to_response(self, request: &HttpRequest, digest: &dyn Digest) -> HttpResponse {
        self.start(digest).body(self.html(Language::of(request)))
    }

    /// Makes the answer with a session cookie.
    pub(crate) fn with_cookie(self, cookie: String, request: &HttpRequest, digest: &dyn Digest) -> HttpResponse {
        self.start(digest)
            .insert_header(("set-cookie", cookie))
            .body(self.html(Language::of(request)))
    }

    fn start(self, digest: &dyn Digest) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(self.status());
        let style = base64url::encode_standard(digest.sha256(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        answer
            .insert_header(("content-type", "text/html; charset=utf-8"))
            .insert_header(("content-security-policy", policy))
            .insert_header(("cache-control", "no-store"))
            .insert_header(("referrer-policy", "no-referrer"))
            .insert_header(("x-content-type-options", "nosniff"))
            .insert_header(("vary", "accept-language"));
        answer
    }

    fn html(self, language: Language) -> String {
        let texts = Texts::in_language(language);
        let (title, body) = match self {
            Self::Open { agency, purpose, link } => (texts.open_title, open(texts, agency, purpose, link)),
            Self::Arrived { agency } => (texts.arrived_title, [named(agency), paragraph(texts.arrived)].concat()),
            Self::Closed => (texts.closed_title, paragraph(texts.closed)),
            Self::OtherBrowser => (texts.other_title, paragraph(texts.other)),
            Self::Unavailable => (texts.failed_title, paragraph(texts.failed)),
        };
        format!(
            "<!doctype html><html lang=\"{lang}\" dir=\"{dir}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
             <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>",
            lang = language.tag(),
            dir = language.direction(),
            title = escape(title),
        )
    }
}

fn open(texts: &Texts, agency: Option<&str>, purpose: Option<&str>, link: &str) -> String {
    let why = purpose.map(|purpose| format!("<p>{} <bdi>{}</bdi></p>", escape(texts.purpose), escape(purpose)));
    [
        named(agency),
        why.unwrap_or_default(),
        format!(
            "<a class=\"open\" href=\"{}\">{}</a>",
            escape(link),
            escape(texts.open_wallet)
        ),
        format!("<p class=\"note\">{}</p>", escape(texts.only_yours)),
        format!("<p class=\"note\">{}</p>", escape(texts.come_back)),
    ]
    .concat()
}

fn named(agency: Option<&str>) -> String {
    agency
        .map(|name| format!("<p><strong><bdi>{}</bdi></strong></p>", escape(name)))
        .unwrap_or_default()
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// Escapes a text for HTML content and for attributes in double or single quotes; the only way into a page.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use mahfada_crypto::aws_lc::PROVIDER;

    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let hostile = "</p><script>alert(1)</script>\" onclick='x'&";
        let page = Page::Open {
            agency: Some(hostile),
            purpose: Some(hostile),
            link: hostile,
        };
        for language in [Language::Arabic, Language::French, Language::English] {
            let html = page.html(language);
            assert!(
                !html.contains("<script") && !html.contains("onclick='") && !html.contains("\" onclick"),
                "{html}"
            );
            assert_eq!(html.matches("&lt;/p&gt;&lt;script&gt;").count(), 3, "{html}");
        }
        assert_eq!(escape("<&>\"'a"), "&lt;&amp;&gt;&quot;&#39;a");
    }

    #[test]
    fn every_page_speaks_every_language_and_arabic_runs_from_right_to_left() {
        let pages = [
            Page::Open {
                agency: None,
                purpose: None,
                link: "openid4vp://authorize",
            },
            Page::Arrived { agency: Some("Banque") },
            Page::Closed,
            Page::OtherBrowser,
            Page::Unavailable,
        ];
        for page in pages {
            let [arabic, french, english] =
                [Language::Arabic, Language::French, Language::English].map(|language| page.html(language));
            assert!(arabic.contains("<html lang=\"ar\" dir=\"rtl\">"), "{arabic}");
            assert!(french.contains("<html lang=\"fr\" dir=\"ltr\">"), "{french}");
            assert!(english.contains("<html lang=\"en\" dir=\"ltr\">"), "{english}");
            assert!(arabic != french && french != english);
        }
    }

    #[test]
    fn a_page_allows_its_own_style_and_nothing_else() {
        let request = TestRequest::default().to_http_request();
        let answer = Page::Closed.to_response(&request, PROVIDER.digest);
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        let style = base64url::encode_standard(PROVIDER.digest.sha256(STYLE.as_bytes()));
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(
            policy.contains(&style) && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let html = Page::Closed.html(Language::English);
        assert!(html.contains(&format!("<style>{STYLE}</style>")), "{html}");
    }
}
