//! Which path leads to which endpoint, on which port.

use actix_web::web::{self, ServiceConfig};
use mahfada_web::protocol::{self, Endpoint};

use crate::handlers::{entities, entity_status, lists, registrations, root};

/// What everybody reads.
pub(crate) fn public(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/root.json").get(root::latest))
        .service(Endpoint::at("/root/{version}.json").get(root::version))
        .service(Endpoint::at("/lists/{slug}.jwt").get(lists::show))
        .default_service(web::to(no_such_endpoint));
}

/// What officers use, beside health, metrics and the description; every path asks for an API key.
pub(crate) fn management(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/v1/lists/publish").post(lists::publish))
        .service(Endpoint::at("/v1/entities").get(entities::list))
        .service(Endpoint::at("/v1/entities/{organization}/suspend").post(entity_status::suspend))
        .service(Endpoint::at("/v1/entities/{organization}/reinstate").post(entity_status::reinstate))
        .service(Endpoint::at("/v1/registrations").post(registrations::issue))
        .default_service(web::to(no_such_endpoint));
}

async fn no_such_endpoint() -> actix_web::HttpResponse {
    protocol::not_found()
}
