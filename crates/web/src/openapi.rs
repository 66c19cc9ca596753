//! `GET /openapi.json` of the management port, and the check that the checked-in description is the present one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use utoipa::openapi::OpenApi;

use crate::protocol::Endpoint;

/// The variable of the environment that makes [`verify_checked_in`] write instead of compare.
pub const BLESS: &str = "MAHFADA_BLESS";

/// The checked-in description is not the one that the code has.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenApiError {
    /// The description cannot be written as JSON.
    #[error("the description cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The file cannot be read or written.
    #[error("cannot read or write {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file says something else than the code.
    #[error("{path} differs from the code at line {line}; run the test with MAHFADA_BLESS=1 and look at the change")]
    Drift {
        /// The file.
        path: PathBuf,
        /// The first line that differs, counted from 1.
        line: usize,
    },
}

/// Adds `GET /openapi.json`; it needs no API key, since it says nothing that the documentation does not.
pub fn configure(config: &mut ServiceConfig, document: Arc<str>) {
    let show = move || {
        let body = document.to_string();
        async move {
            HttpResponse::Ok()
                .insert_header(("content-type", "application/json"))
                .insert_header(("cache-control", "no-cache"))
                .body(body)
        }
    };
    config.service(Endpoint::at("/openapi.json").get(show));
}

/// Writes the description as indented JSON with a line end: what is checked in and what is served.
///
/// # Errors
/// [`OpenApiError::Json`] when it has no JSON form.
pub fn to_text(api: &OpenApi) -> Result<String, OpenApiError> {
    let mut text = serde_json::to_string_pretty(api)?;
    text.push('\n');
    Ok(text)
}

/// Compares the description with a checked-in file, for a test; with `MAHFADA_BLESS=1` it writes the file instead.
///
/// # Errors
/// [`OpenApiError`] naming the file and the first line that differs.
pub fn verify_checked_in(path: &Path, api: &OpenApi) -> Result<(), OpenApiError> {
    let bless = crate::config::process_environment().any(|(name, value)| name == BLESS && value == "1");
    compare(path, &to_text(api)?, bless)
}

fn compare(path: &Path, present: &str, bless: bool) -> Result<(), OpenApiError> {
    let failed = |source| OpenApiError::File {
        path: path.to_owned(),
        source,
    };
    if bless {
        return std::fs::write(path, present).map_err(failed);
    }
    let checked_in = std::fs::read_to_string(path).map_err(failed)?;
    if checked_in == present {
        return Ok(());
    }
    let same = checked_in.lines().zip(present.lines()).take_while(|(a, b)| a == b);
    Err(OpenApiError::Drift {
        path: path.to_owned(),
        line: same.count().saturating_add(1),
    })
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use utoipa::OpenApi as _;

    use super::*;
    use crate::fixture::scratch_file;
    use crate::problem::Problem;

    #[derive(utoipa::OpenApi)]
    #[openapi(info(title = "Sample", version = "1"), components(schemas(Problem)))]
    struct Sample;

    #[actix_web::test]
    async fn serves_the_document_to_everybody() {
        let text: Arc<str> = to_text(&Sample::openapi()).unwrap().into();
        let served = text.clone();
        let app = init_service(App::new().configure(move |config| configure(config, served.clone()))).await;
        let answer = call_service(&app, TestRequest::with_uri("/openapi.json").to_request()).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
        assert_eq!(read_body(answer).await, text.as_bytes());
        let other = TestRequest::post().uri("/openapi.json").to_request();
        assert_eq!(
            call_service(&app, other).await.headers().get("allow").unwrap(),
            "GET, HEAD"
        );
    }

    #[test]
    fn the_problem_and_its_texts_are_in_the_description() {
        let document = serde_json::to_value(Sample::openapi()).unwrap();
        for name in ["Problem", "ProblemTexts", "ProblemText"] {
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}: {document}"
            );
        }
    }

    #[test]
    fn a_checked_in_file_that_differs_is_found_by_line() {
        let path = scratch_file("api.json", b"");
        compare(&path, "a\nb\n", true).unwrap();
        compare(&path, "a\nb\n", false).unwrap();
        for (present, at) in [("a\nc\n", 2), ("x\nb\n", 1), ("a\nb\nc\n", 3), ("a\n", 2), ("a\nb", 3)] {
            let error = compare(&path, present, false).unwrap_err();
            assert!(
                matches!(error, OpenApiError::Drift { line, .. } if line == at),
                "{error}"
            );
        }
        let missing = compare(Path::new("/nonexistent/api.json"), "", false).unwrap_err();
        assert!(matches!(missing, OpenApiError::File { .. }));
        assert!(matches!(
            verify_checked_in(&path, &Sample::openapi()),
            Err(OpenApiError::Drift { line: 1, .. })
        ));
    }
}
