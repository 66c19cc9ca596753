//! A small country with an issuer, a verifier and a phone, made from the same message crates as the real ones.

mod country;
mod issuer;
mod phone;
mod verifier;

pub(crate) use country::*;
pub(crate) use issuer::*;
pub(crate) use phone::*;
pub(crate) use verifier::*;

use http::Response;

pub(crate) type Request = http::Request<Vec<u8>>;

/// Answers with a body of a media type.
pub(crate) fn reply(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}
