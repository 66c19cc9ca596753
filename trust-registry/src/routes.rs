//! Which path leads to which handler, on which port.

use actix_web::web::{self, Data, ServiceConfig};
use mahfada_web::health;

use crate::app::Registry;
use crate::handlers::{entities, lists, registrations, root};

/// What everybody reads.
pub(crate) fn public(config: &mut ServiceConfig, registry: &Data<Registry>) {
    config
        .app_data(registry.clone())
        .service(web::resource("/root.json").route(web::get().to(root::latest)))
        .service(web::resource("/root/{version}.json").route(web::get().to(root::version)))
        .service(web::resource("/lists/{slug}.jwt").route(web::get().to(lists::show)));
}

/// What operators use; every path but health asks for an API key.
pub(crate) fn management(config: &mut ServiceConfig, registry: &Data<Registry>) {
    let readiness = registry.clone();
    health::configure(config, move || readiness.readiness());
    config
        .app_data(registry.clone())
        .service(web::resource("/v1/lists/publish").route(web::post().to(lists::publish)))
        .service(web::resource("/v1/entities/{organization}/suspend").route(web::post().to(entities::suspend)))
        .service(web::resource("/v1/entities/{organization}/reinstate").route(web::post().to(entities::reinstate)))
        .service(web::resource("/v1/registrations").route(web::post().to(registrations::issue)));
}
