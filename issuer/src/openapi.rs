//! The description of the management API, made from the handlers (`OpenAPI` 3.1).

use mahfada_web::problem::Problem;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::handlers::{events, issuance_change, issuances, offer, offers};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mahfada issuer: management API",
        description = "What the back office of an agency asks of its credential issuer: offers, issuances, events. It is served on the management port only. Each API key belongs to one credential issuer, and what belongs to another is answered as if it did not exist. Refusals are problem documents (RFC 9457) with a stable `code` and a title and advice in Arabic, French and English.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        offers::post,
        offer::get,
        offer::get_qr,
        issuances::list,
        issuances::get,
        issuance_change::post,
        events::get,
    ),
    components(schemas(Problem)),
    modifiers(&ApiKey),
    security(("api_key" = [])),
    tags(
        (name = "offers", description = "Credentials offered to persons of the register"),
        (name = "issuances", description = "What was issued, and its status"),
        (name = "events", description = "What happens, as it happens"),
    )
)]
struct Api;

/// The API key, as a bearer token.
struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut Document) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The API key of the agency; the configuration knows its hash.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Returns the description.
pub(crate) fn document() -> Document {
    Api::openapi()
}
