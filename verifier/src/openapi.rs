//! The description of the management API, made from the handlers.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi as Description, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::handlers::{events, presentations, saved_queries};

/// Paths without handlers of this crate: path, what it answers, media type, whether it can answer 503.
const SHARED: [(&str, &str, &str, bool); 5] = [
    ("/livez", "The process runs", "text/plain", false),
    ("/healthz", "The process runs", "text/plain", false),
    (
        "/readyz",
        "The report of what the service needs",
        "application/json",
        true,
    ),
    ("/metrics", "The metrics", "application/openmetrics-text", false),
    ("/openapi.json", "This description", "application/json", false),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mahfada verifier, management API",
        description = "An agency asks for claims and reads a verdict that it can file. This API listens on the \
                       management port only; wallets speak OpenID4VP on the public port.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(presentations::post, presentations::get, saved_queries::get, events::get),
    modifiers(&ApiKeyScheme, &SharedPaths),
    tags(
        (name = "presentations", description = "Questions and their verdicts"),
        (name = "events", description = "What happens, as it happens"),
        (name = "operation", description = "Health, metrics and this description; no API key"),
    )
)]
struct Document;

struct ApiKeyScheme;
struct SharedPaths;

/// Returns the description.
pub(crate) fn document() -> Description {
    Document::openapi()
}

impl Modify for ApiKeyScheme {
    fn modify(&self, api: &mut Description) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The API key of an agency; everything answered is that agency's own.",
            ))
            .build();
        api.components
            .get_or_insert_default()
            .add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

impl Modify for SharedPaths {
    fn modify(&self, api: &mut Description) {
        for (path, what, media_type, may_fail) in SHARED {
            let content = || ContentBuilder::new().schema(Some(ObjectBuilder::new())).build();
            let answer = |text: &str| {
                ResponseBuilder::new()
                    .description(text)
                    .content(media_type, content())
                    .build()
            };
            let mut operation = OperationBuilder::new()
                .tag("operation")
                .summary(Some(what))
                .response("200", answer(what));
            if may_fail {
                operation = operation.response("503", answer("Something that the service needs is missing"));
            }
            let item = PathItem::new(HttpMethod::Get, operation.build());
            api.paths.paths.insert(path.to_owned(), item);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use mahfada_web::openapi::verify_checked_in;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_checked_in_description_is_the_present_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi/verifier.json");
        verify_checked_in(&path, &document()).unwrap();
    }

    #[test]
    fn every_operation_with_a_key_names_its_refusals_as_problems() {
        let api = serde_json::to_value(document()).unwrap();
        let mut with_key = 0;
        for (path, item) in api["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                if operation.get("security").is_none() {
                    assert!(!path.starts_with("/v1/"), "{path}");
                    continue;
                }
                with_key += 1;
                assert_eq!(operation["security"][0]["api_key"], Value::Array(Vec::new()), "{path}");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    if status.starts_with(['4', '5']) {
                        let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                        assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
                    }
                }
            }
        }
        assert_eq!(with_key, 4);
        assert_eq!(api["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    }
}
