//! The members of a registration request whose types belong to the format, described for people.

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// Why the claims are needed.
pub(super) fn purpose() -> RefOr<Schema> {
    texts("Why the claims are needed, by language; at least one.")
}

/// What the service is.
pub(super) fn srv_description() -> RefOr<Schema> {
    texts("What the service is, by language.")
}

fn texts(description: &str) -> RefOr<Schema> {
    let one = ObjectBuilder::new()
        .property("lang", text("The language (BCP 47), such as `ar`, `fr` or `en`."))
        .required("lang")
        .property("value", text("The text."))
        .required("value");
    array(one).description(Some(description)).into()
}

/// How to reach the authority.
pub(super) fn supervisory_authority() -> RefOr<Schema> {
    ObjectBuilder::new()
        .description(Some("The authority that watches over the processing."))
        .property("email", text("The mail address."))
        .property("phone", text("The telephone number."))
        .property("uri", text("The web form or page."))
        .into()
}

/// The credentials and their claims.
pub(super) fn credentials() -> RefOr<Schema> {
    let types = ObjectBuilder::new()
        .property("vct_values", array(text("A type of SD-JWT VC.")))
        .required("vct_values");
    let path = ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(SchemaType::AnyValue))
        .description(Some(
            "The path: names, places in arrays, or null for all elements (OpenID4VP §7); everything below is registered as well.",
        ));
    let claim = ObjectBuilder::new().property("path", path).required("path");
    let credential = ObjectBuilder::new()
        .property("format", text("The format, such as `dc+sd-jwt`."))
        .required("format")
        .property("meta", types)
        .required("meta")
        .property(
            "claim",
            array(claim).description(Some("The claims; none means that no claim may be asked for.")),
        );
    array(credential)
        .description(Some("The credentials and claims that may be asked for; at least one."))
        .into()
}

fn array(items: ObjectBuilder) -> ArrayBuilder {
    ArrayBuilder::new().items(items)
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .description(Some(description))
}
