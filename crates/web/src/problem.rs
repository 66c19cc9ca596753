//! RFC 9457 problem documents: what the management port answers when it refuses.

mod table;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub use table::ProblemCode;

/// What one language says about a problem; the same for every occurrence of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemText {
    /// What is the case, on one line.
    pub title: &'static str,
    /// What the reader can do about it.
    pub what_to_do: &'static str,
}

/// The three languages of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemTexts {
    /// Arabic.
    pub ar: ProblemText,
    /// French.
    pub fr: ProblemText,
    /// English.
    pub en: ProblemText,
}

/// What the table says about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemRow {
    /// The code on the wire.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The clause of the specification, law or decision that asks for the refusal.
    pub clause: Option<&'static str>,
    /// What people read.
    pub texts: ProblemTexts,
}

impl ProblemCode {
    /// Returns the stable reason code on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A refusal for an authenticated operator: the stable code first, and no personal data anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One line for people in English, the same for every occurrence of the code.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable reason code; `type` on the wire is a URN made from it.
    pub code: Cow<'static, str>,
    /// What is particular to this occurrence.
    pub detail: Option<Box<str>>,
    /// The check of a report that failed.
    pub check: Option<Box<str>>,
    /// The clause of the specification or law that asks for it.
    pub clause: Option<Box<str>>,
    /// The place in the request that is at fault.
    pub path: Option<Box<str>>,
}

/// A refusal as `application/problem+json` (RFC 9457).
#[derive(Serialize, ToSchema)]
struct Members<'a> {
    /// A URN made from the code.
    r#type: String,
    /// One line in English, the same for every occurrence of the code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// The stable reason code.
    code: &'a str,
    /// What is particular to this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// The check that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'a str>,
    /// The clause of the specification, law or decision that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<&'a str>,
    /// The place in the request that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// Title and what to do in Arabic, French and English.
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<&'a ProblemTexts>,
}

impl Problem {
    /// Starts a problem from its row in the table.
    #[must_use]
    pub fn of(code: ProblemCode) -> Self {
        let row = code.row();
        Self {
            title: Cow::Borrowed(row.texts.en.title),
            status: code.status(),
            code: Cow::Borrowed(row.name),
            detail: None,
            check: None,
            clause: row.clause.map(Into::into),
            path: None,
        }
    }

    /// Starts a problem from its status, code and title. A code of the table keeps the title of the table.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, title: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        if let Some(known) = ProblemCode::from_name(&code) {
            return Self {
                status,
                ..Self::of(known)
            };
        }
        Self {
            title: title.into(),
            status,
            code,
            detail: None,
            check: None,
            clause: None,
            path: None,
        }
    }

    /// Says what is particular to this occurrence; no claim values.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the check that failed.
    #[must_use]
    pub fn with_check(mut self, check: impl Into<Box<str>>) -> Self {
        self.check = Some(check.into());
        self
    }

    /// Names the clause that asks for it, instead of the one of the table.
    #[must_use]
    pub fn with_clause(mut self, clause: impl Into<Box<str>>) -> Self {
        self.clause = Some(clause.into());
        self
    }

    /// Names the place in the request that is at fault: a claims path, a JSON path or a parameter; never a value.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<Box<str>>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Returns what people read, when the code has a row in the table.
    #[must_use]
    pub fn texts(&self) -> Option<&'static ProblemTexts> {
        ProblemCode::from_name(&self.code).map(|code| &code.row().texts)
    }

    /// A request that cannot be read.
    #[must_use]
    pub fn bad_request(code: impl Into<Cow<'static, str>>, detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "the request cannot be read").with_detail(detail)
    }

    /// Nothing under this name.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of(ProblemCode::NotFound)
    }

    /// No valid API key.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::of(ProblemCode::Unauthorized)
    }

    /// The request does not fit the present state.
    #[must_use]
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "the request does not fit the present state").with_detail(detail)
    }

    /// A fault of ours; the reason belongs in the log, not here.
    #[must_use]
    pub fn internal() -> Self {
        Self::of(ProblemCode::Internal)
    }

    /// Something that the service needs is out of reach.
    #[must_use]
    pub fn unavailable(code: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code,
            "the service cannot answer at present",
        )
    }

    /// Makes the answer: `application/problem+json`, not to be stored.
    #[must_use]
    pub fn to_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer
            .insert_header(("content-type", "application/problem+json"))
            .insert_header(("cache-control", "no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3 asks for at least one parameter behind the scheme.
            answer.insert_header(("www-authenticate", r#"Bearer realm="management""#));
        }
        answer.body(serde_json::to_string(self).unwrap_or_default())
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::of(code)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = Members {
            r#type: format!("urn:mahfada:problem:{}", self.code),
            title: &self.title,
            status: self.status.as_u16(),
            code: &self.code,
            detail: self.detail.as_deref(),
            check: self.check.as_deref(),
            clause: self.clause.as_deref(),
            path: self.path.as_deref(),
            texts: self.texts(),
        };
        members.serialize(serializer)
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Members::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Members::schemas(schemas);
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.title)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.to_response()
    }
}

#[cfg(test)]
mod tests;
