//! The description of the management API, made from the handlers (`OpenAPI` 3.1).

use mahfada_web::problem::Problem;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::handlers::{entities, entity_status, lists, registrations};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mahfada trust registry: management API",
        description = "What officers ask of the trust registry: suspend and reinstate organizations, publish the trusted lists, issue registration certificates to relying parties. It is served on the management port only; the lists and the root document are public documents on the other port. Each API key has rights of its own (`publish`, `suspend`, `register`), and a key without rights may do nothing. Refusals are problem documents (RFC 9457) with a stable `code` and a title and advice in Arabic, French and English.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        lists::publish,
        entities::list,
        entity_status::suspend,
        entity_status::reinstate,
        registrations::issue,
    ),
    components(schemas(Problem)),
    modifiers(&ApiKey),
    security(("api_key" = [])),
    tags(
        (name = "entities", description = "Who stands in the register, and their status"),
        (name = "lists", description = "The signed lists of trusted entities"),
        (name = "registrations", description = "What relying parties may ask for"),
    )
)]
struct Api;

/// The API key, as a bearer token.
struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut Document) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The API key of an officer; the configuration knows its hash and rights.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Returns the description.
pub(crate) fn document() -> Document {
    Api::openapi()
}
