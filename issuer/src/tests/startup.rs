//! Configurations that do not start (TI-40, TI-44; decision D15).

use std::collections::BTreeMap;
use std::ffi::OsString;

use mahfada_web::config::{ConfigError, load};

use crate::app::{RunError, TestAnchors, check};
use crate::config::Config;
use crate::fixture::{PID_API_KEY, World};

fn refusal(world: &World) -> RunError {
    let error = world.load(TestAnchors::AcceptedByDemo).unwrap_err();
    assert!(error.is_configuration());
    error
}

/// Writes an error with its causes.
fn text(error: &RunError) -> String {
    mahfada_web::fault::chain(error)
}

#[test]
fn the_test_card_authority_is_no_anchor_of_a_service() {
    let world = World::new();
    let error = world.load(TestAnchors::Refused).unwrap_err();
    assert!(error.is_configuration());
    assert!(text(&error).contains("test_anchor_refused"), "{error}");
    world.load(TestAnchors::AcceptedByDemo).unwrap();
}

#[test]
fn checking_a_configuration_refuses_what_running_it_would() {
    let error = check(World::new().parsed_config()).unwrap_err();
    assert!(error.is_configuration(), "{error}");
}

/// A world that a service may run in: nothing of it reads the card, whose test authority is refused.
fn without_card() -> World {
    let mut world = World::new();
    let card = format!("[card]\nanchors_dir = \"{}/anchors\"\n", world.folder.path().display());
    world = world.configured(&card, "");
    let (before, rest) = world
        .config
        .split_once("[[issuers.configurations]]\nid = \"pid\"")
        .unwrap();
    let (_, after) = rest.split_once("[[issuers.configurations]]").unwrap();
    world.config = format!("{before}[[issuers.configurations]]{after}");
    world
}

/// Returns what stands in the folder of a world.
fn files(world: &World) -> BTreeMap<OsString, Vec<u8>> {
    std::fs::read_dir(world.folder.path())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn checking_a_configuration_makes_no_database() {
    let world = without_card();
    let before = files(&world);
    check(world.parsed_config()).unwrap();
    assert!(files(&world) == before);
    assert!(!before.contains_key(&OsString::from("issuer.sqlite")));
}

#[test]
fn checking_a_configuration_leaves_an_older_database_as_it_is() {
    // SQLite keeps the number of the schema, `user_version`, in these bytes of the file.
    const USER_VERSION: std::ops::Range<usize> = 60..64;
    let world = without_card();
    drop(world.load(TestAnchors::Refused).unwrap());
    let path = world.folder.path().join("issuer.sqlite");
    let mut database = std::fs::read(&path).unwrap();
    assert!(u32::from_be_bytes(database[USER_VERSION].try_into().unwrap()) > 1);
    database[USER_VERSION].copy_from_slice(&1_u32.to_be_bytes());
    std::fs::write(&path, &database).unwrap();
    let before = files(&world);
    check(world.parsed_config()).unwrap();
    assert!(files(&world) == before);
}

#[test]
fn checking_a_configuration_tells_that_the_database_has_no_folder() {
    let world = without_card().configured("/issuer.sqlite", "/none/issuer.sqlite");
    let error = check(world.parsed_config()).unwrap_err();
    assert!(
        matches!(error, RunError::Folder(_)) && error.is_configuration(),
        "{error}"
    );
}

#[test]
fn key_files_marked_as_test_keys_are_refused_by_name_and_by_content() {
    for key in [
        "pid",
        "cnss-status",
        "sealing",
        "challenge",
        "nonce",
        "offer",
        "reference",
    ] {
        let world = World::new();
        let path = world.folder.path().join(format!("{key}.key"));
        let marked = world.folder.path().join(format!("{key}-TEST_ONLY.key"));
        std::fs::copy(&path, &marked).unwrap();
        let world = world.configured(&format!("/{key}.key"), &format!("/{key}-TEST_ONLY.key"));
        assert!(text(&refusal(&world)).contains("is a test key"), "{key}");
    }
    let world = World::new();
    world.folder.write("offer.key", "# TEST_ONLY\nAAAA");
    assert!(text(&refusal(&world)).contains("is a test key"));
}

#[test]
fn a_claim_that_must_stay_visible_is_no_claim_of_a_source() {
    for claim in ["iss", "nbf", "exp", "cnf", "vct", "status"] {
        for disclosure in ["always", "never"] {
            let world = World::new().configured(
                r#"{ path = ["family_name"], mandatory = true,"#,
                &format!(r#"{{ path = ["{claim}"], disclosure = "{disclosure}","#),
            );
            let RunError::Issuer(crate::IssuerConfigError::Claim(error)) = refusal(&world) else {
                panic!("another error for {claim}");
            };
            assert_eq!(error.code(), "sd_forbidden_claim");
        }
    }
}

#[test]
fn configurations_that_contradict_themselves_are_refused_by_the_key_that_is_wrong() {
    for (from, to, named) in [
        ("slug = \"cnss\"", "slug = \"pid\"", "slug"),
        ("slug = \"cnss\"", "slug = \"CNSS\"", "slug"),
        ("slug = \"cnss\"", "slug = \"\"", "slug"),
        ("id = \"extract\"", "id = \"pid\"", "stands twice"),
        ("scope = \"extract\"", "scope = \"pid\"", "stands twice"),
        ("batch_size = 3", "batch_size = 0", "batch_size"),
        ("batch_size = 3", "batch_size = 101", "batch_size"),
        ("size = 4096", "size = 0", "status.size"),
        ("size = 4096", "size = 33554433", "status.size"),
        ("ttl_seconds = 60", "ttl_seconds = 0", "status.ttl_seconds"),
        (
            "lifetime_seconds = 3600",
            "lifetime_seconds = 59",
            "status.lifetime_seconds",
        ),
        ("tenant = \"cnss\"", "tenant = \"other\"", "api_keys.tenant"),
        (
            "[card]\n",
            "[[webhooks]]\ntenant = \"other\"\nname = \"a\"\nurl = \"https://a.example\"\nsecret_file = \"/none\"\n\n[card]\n",
            "webhook a",
        ),
        (
            "[card]\n",
            "[telemetry]\notlp_endpoint = \"http://a.example\"\n\n[card]\n",
            "otlp_endpoint",
        ),
        (
            "[card]\n",
            "[outbound]\ntrust_anchors_file = \"/none\"\n\n[card]\n",
            "outbound",
        ),
        ("key_column = \"number\"", "key_column = \"id\"", "column id"),
        (
            "path = [\"open\"], kind = \"boolean\"",
            "path = [\"open\"], kind = \"integer\"",
            "column open",
        ),
        // The leaf is of another key.
        ("/cnss-status.pem", "/pid-status.pem", "status.signing"),
        ("anchors_dir = \"", "anchors_dir = \"/nonexistent", "card"),
    ] {
        let error = text(&refusal(&World::new().configured(from, to)));
        assert!(error.contains(named), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_key_has_one_role_over_all_issuers() {
    for (from, to) in [("/cnss-status.", "/cnss."), ("/cnss-status.", "/pid.")] {
        let error = refusal(&World::new().configured(from, to));
        assert!(matches!(error, RunError::Issuer(crate::IssuerConfigError::SharedKey)));
    }
}

#[test]
fn a_configuration_that_reads_cards_needs_a_card_authority() {
    let mut world = World::new();
    let line = format!("[card]\nanchors_dir = \"{}/anchors\"\n", world.folder.path().display());
    assert!(world.config.contains(&line));
    world.config = world.config.replace(&line, "");
    assert!(matches!(
        refusal(&world),
        RunError::Issuer(crate::IssuerConfigError::NoCard(_))
    ));
}

#[test]
fn a_register_with_a_subject_twice_or_with_control_characters_is_refused() {
    for (row, named) in [
        ("112233,Again,Fès,true,1,\n", "twice"),
        ("778899,Two\u{202E}Lines,Fès,true,1,\n", "column holder.name"),
        ("778899,\"Two\u{7}\",Fès,true,1,\n", "column holder.name"),
    ] {
        let world = World::new();
        let rows = include_str!("../fixture/rights.csv");
        world.folder.write("rights.csv", format!("{rows}{row}"));
        let error = text(&refusal(&world));
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn an_unknown_configuration_key_is_refused_by_name() {
    let world = World::new().configured("[card]", "[card]\nallow_test_anchors = true");
    world.folder.write("wrong.toml", &world.config);
    let path = world.folder.path().join("wrong.toml");
    let error: ConfigError = load::<Config>("issuer", Some(&path), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("allow_test_anchors"), "{error}");
}

#[test]
fn no_error_text_carries_a_secret() {
    let error = text(&refusal(&World::new().configured("/sealing.key", "/none.key")));
    assert!(error.contains("none.key") && !error.contains(PID_API_KEY));
}
