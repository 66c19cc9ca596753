//! Configurations that do not start (decision D15), and the check of a configuration that leaves nothing behind.

use mahfada_storage::StorageError;
use mahfada_web::config::{EX_CONFIG, load};
use mahfada_web::fault::chain;

use crate::fixture::Site;
use crate::registry::{PublishError, RootPublishError};
use crate::{Config, RunError, check};

/// What both the start and the check say.
async fn refusal(site: &Site) -> String {
    let (checked, refused) = (check(&site.config()).unwrap_err(), site.refused().await);
    assert_eq!((checked.exit_code(), refused.exit_code()), (EX_CONFIG, EX_CONFIG));
    let (checked, refused) = (chain(&checked), chain(&refused));
    assert!(
        checked.contains(refused.rsplit(": ").next().unwrap()),
        "{checked} / {refused}"
    );
    checked
}

#[tokio::test]
async fn checking_a_configuration_writes_nothing() {
    let site = Site::new();
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(&site.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let config = site.config();
    let before = files();
    check(&config).unwrap();
    assert_eq!(files(), before);
}

#[tokio::test]
async fn a_list_signer_that_the_root_does_not_name_stops_the_start() {
    let site = Site::new();
    let stranger = Site::new();
    for file in ["pid-issuers.key", "pid-issuers.pem"] {
        site.write(file, std::fs::read(stranger.folder.join(file)).unwrap());
    }
    let text = refusal(&site).await;
    assert!(
        text.starts_with("list_signers.pid-issuers: readers would refuse the list: "),
        "{text}"
    );
}

#[tokio::test]
async fn a_key_that_does_not_fit_its_certificate_is_named() {
    let site = Site::new();
    let other = Site::new();
    site.write(
        "registrar.key",
        std::fs::read(other.folder.join("registrar.key")).unwrap(),
    );
    let text = refusal(&site).await;
    assert!(text.starts_with("registration_signer: "), "{text}");
}

#[test]
fn each_wrong_key_is_named() {
    for (from, to, named) in [
        ("/root.json", "/none.json", "root_document_file"),
        ("/root.json", "/entities.json", "root_document_file"),
        ("/entities.json", "/root.json", "entities_file"),
        ("/pid-issuers.key", "/none.key", "list_signers.pid-issuers"),
        ("/registrar.pem", "/none.pem", "registration_signer"),
        ("/tls.pem", "/none.pem", "server"),
        ("/registry.db", "/none/registry.db", "storage.path"),
        ("tenant = \"dgssi\"", "tenant = \"\"", "api_keys"),
        (
            "[storage]",
            "[telemetry]\notlp_endpoint = \"http://a.example\"\n[storage]",
            "telemetry",
        ),
        ("value = \"Operator\"", "value = \"Other\"", "list_signers.pid-issuers"),
        (
            "root_document_file",
            "list_life_seconds = 299\nroot_document_file",
            "list_life_seconds",
        ),
        (
            "root_document_file",
            "list_life_seconds = 259201\nroot_document_file",
            "list_life_seconds",
        ),
    ] {
        let site = Site::new();
        let toml = site.toml();
        assert!(toml.contains(from), "{from}");
        let error = check(&site.parsed(&toml.replacen(from, to, 1))).unwrap_err();
        assert_eq!(error.exit_code(), EX_CONFIG);
        assert!(chain(&error).starts_with(named), "{from} -> {to}: {}", chain(&error));
    }
}

#[test]
fn test_keys_and_keys_with_two_roles_are_refused() {
    let site = Site::new();
    std::fs::copy(site.folder.join("registrar.key"), site.folder.join("TEST_ONLY.key")).unwrap();
    let toml = site.toml().replace("/registrar.key", "/TEST_ONLY.key");
    let error = check(&site.parsed(&toml)).unwrap_err();
    assert!(
        matches!(&error, RunError::TestKey(key) if key == "registration_signer"),
        "{error}"
    );
    let toml = site.toml().replace("/registrar.", "/pid-issuers.");
    assert!(matches!(check(&site.parsed(&toml)).unwrap_err(), RunError::SharedKey));
}

#[test]
fn an_unknown_key_of_the_configuration_is_named() {
    let site = Site::new();
    for (from, to, named) in [
        (
            "root_document_file",
            "list_lief_seconds = 1\nroot_document_file",
            "list_lief_seconds",
        ),
        ("registration-signers]", "registration-singers]", "registration-singers"),
        ("\"publish\"", "\"publihs\"", "publihs"),
        ("tenant = \"dgssi\"", "tenant = \"dgssi\"\nright = []", "right"),
    ] {
        let path = site.write("bad.toml", site.toml().replacen(from, to, 1));
        let error = load::<Config>("trust-registry", Some(&path), std::iter::empty()).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_store_that_fails_is_not_the_configurations_fault() {
    let of = |error: StorageError| RunError::from(RootPublishError::Storage(error)).exit_code();
    assert_eq!((of(StorageError::Busy), of(StorageError::Full)), (1, 1));
    assert_eq!(
        of(StorageError::Conflict),
        EX_CONFIG,
        "a first root document that is not version 1"
    );
    let role = mahfada_trust::TrustRole::PidIssuers;
    assert_eq!(RunError::Publish(role, PublishError::RootSuperseded).exit_code(), 1);
}
