use http::Response;
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::testing::{Phone, REGISTRY, Request, World, empty_trust, list, reply, root_bytes};
use crate::{CredentialStore, WalletError};

fn registry(request: &Request, roots: u64, sequence: u64) -> Response<Vec<u8>> {
    let path = request.uri().path();
    if let Some(version) = path.strip_prefix("/root/") {
        let version: u64 = version.strip_suffix(".json").unwrap().parse().unwrap();
        if version > roots {
            return reply(404, "application/problem+json", "{}");
        }
        return reply(200, "application/json", root_bytes(version));
    }
    let slug = path
        .strip_prefix("/lists/")
        .and_then(|name| name.strip_suffix(".jwt"))
        .unwrap();
    reply(
        200,
        "application/jose",
        list(TrustRole::from_slug(slug).unwrap(), sequence),
    )
}

fn update(
    store: TrustStore,
    server: impl FnMut(&Request) -> Response<Vec<u8>>,
) -> Result<TrustStore, TrustUpdateError> {
    let world = World::new();
    let mut flow = TrustUpdate::new(store, &format!("{REGISTRY}/"));
    Phone::new().drive(|input| flow.step(input, &world.context()), server)
}

#[test]
fn walks_through_roots_and_fetches_every_list() {
    let store = update(empty_trust(), |request| registry(request, 3, 4)).unwrap();
    assert_eq!(store.root().document().version, 3);
    for role in TrustRole::ALL {
        assert_eq!(store.list(role).unwrap().sequence(), 4);
    }
}

#[test]
fn an_older_list_is_refused_after_a_restart() {
    let mut wallet = CredentialStore::new(&root_bytes(1));
    let trust = update(wallet.trust_store(&PROVIDER).unwrap().unwrap(), |r| registry(r, 2, 4)).unwrap();
    wallet.remember_trust(&trust).unwrap();
    let again = wallet.trust_store(&PROVIDER).unwrap().unwrap();
    assert_eq!(again.root().document().version, 2);
    let error = update(again, |request| registry(request, 2, 3)).unwrap_err();
    assert_eq!(error.code(), "list_rollback");
    assert_eq!(WalletError::from(&error), WalletError::Untrusted("list_rollback"));
}

#[test]
fn a_root_that_its_officers_did_not_sign_is_refused() {
    let error = update(empty_trust(), |request| match request.uri().path() {
        "/root/2.json" => reply(200, "application/json", root_bytes(1)),
        _ => registry(request, 1, 1),
    });
    assert_eq!(error.unwrap_err().code(), "root_version");
}

#[test]
fn a_redirecting_or_failing_registry_updates_nothing() {
    let answers = [
        (reply(302, "application/json", ""), "unexpected_redirect"),
        (reply(500, "application/json", ""), "response_status"),
        (reply(200, "text/html", root_bytes(2)), "response_content_type"),
    ];
    for (answer, code) in answers {
        let error = update(empty_trust(), |_| answer.clone()).unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[test]
fn a_registry_without_tls_is_not_asked() {
    let world = World::new();
    let mut flow = TrustUpdate::new(empty_trust(), "http://registry.example");
    let error = flow.step(Input::Start, &world.context()).unwrap_err();
    assert_eq!(error.code(), "address_not_https");
    let error = flow.step(Input::Start, &world.context()).unwrap_err();
    assert_eq!(error.code(), "out_of_order");
}

#[test]
fn an_endless_row_of_roots_ends_the_update() {
    let error = update(empty_trust(), |request| registry(request, u64::MAX, 1)).unwrap_err();
    assert_eq!(error.code(), "too_many_roots");
}
