//! RFC 9457 problem documents: what the management port answers when it refuses.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::{Serialize, Serializer};

/// A refusal for an authenticated operator: the stable code first, and no personal data anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One line for people, the same for every occurrence of the code.
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
}

#[derive(Serialize)]
struct Members<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<&'a str>,
}

impl Problem {
    /// Starts a problem from its status, code and title.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            title: title.into(),
            status,
            code: code.into(),
            detail: None,
            check: None,
            clause: None,
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

    /// Names the clause that asks for it.
    #[must_use]
    pub fn with_clause(mut self, clause: impl Into<Box<str>>) -> Self {
        self.clause = Some(clause.into());
        self
    }

    /// A request that cannot be read.
    #[must_use]
    pub fn bad_request(code: impl Into<Cow<'static, str>>, detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "the request cannot be read").with_detail(detail)
    }

    /// Nothing under this name.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "nothing is known under this name")
    }

    /// No valid API key.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "a valid API key is needed")
    }

    /// The request does not fit the present state.
    #[must_use]
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "the request does not fit the present state").with_detail(detail)
    }

    /// A fault of ours; the reason belongs in the log, not here.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the service failed")
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
            answer.insert_header(("www-authenticate", "Bearer"));
        }
        answer.body(serde_json::to_string(self).unwrap_or_default())
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
        };
        members.serialize(serializer)
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
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_problem_has_the_members_of_rfc_9457() {
        let problem =
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "over_asking", "asks too much").with_check("registration");
        let answer = problem.to_response();
        assert_eq!(
            answer.headers().get("content-type").unwrap(),
            "application/problem+json"
        );
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "type": "urn:mahfada:problem:over_asking", "title": "asks too much", "status": 422,
                "code": "over_asking", "check": "registration"
            })
        );
    }
}
