//! `mahfada wallet` in a running country: an offer, a presentation, and what is left on disk.
#![forbid(unsafe_code)]

#[cfg(test)]
mod wallet {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    use mahfada::demo::{CNSS_RIGHTS, Place, World};
    use serde_json::{Value, json};

    /// A country, and a citizen with a terminal.
    struct Scene {
        runtime: tokio::runtime::Runtime,
        world: World,
        root: PathBuf,
        store: PathBuf,
    }

    impl Scene {
        fn new() -> Self {
            mahfada_web::tls::install_provider();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let world = runtime.block_on(World::start()).unwrap();
            let root = world.folder().join("pinned.json");
            std::fs::write(&root, &world.pinned_root).unwrap();
            let store = world.folder().join("wallet");
            Self {
                runtime,
                world,
                root,
                store,
            }
        }

        fn wallet(&self, arguments: &[&str], typed: &str) -> Output {
            self.wallet_with(&["--root", &self.root.display().to_string()], arguments, typed)
        }

        fn wallet_with(&self, options: &[&str], arguments: &[&str], typed: &str) -> Output {
            let mut child = Command::new(env!("CARGO_BIN_EXE_mahfada"))
                .arg("wallet")
                .arg("--store")
                .arg(&self.store)
                .arg("--tls-ca")
                .arg(&self.world.tls_anchor_file)
                .args(options)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // A command that asks nothing closes the pipe.
            let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
            child.wait_with_output().unwrap()
        }

        fn post(&self, place: &Place, path: &str, body: &Value) -> Value {
            let url = format!("{}{path}", place.management_url);
            let answer = self.runtime.block_on(self.world.https.post(&url, &place.api_key, body));
            answer.unwrap().body
        }

        /// Returns the link and the transaction code.
        fn offer(&self) -> (String, String) {
            let body = json!({"credential_configuration_id": "cnss-rights", "subject": "M-0001", "tx_code": true});
            let offer = self.post(&self.world.cnss, "/v1/offers", &body);
            (text(&offer["offer_uri"]), text(&offer["tx_code"]))
        }

        fn ask(&self) -> Value {
            let query = json!({"credentials": [{
                "id": "rights", "format": "dc+sd-jwt", "meta": {"vct_values": [CNSS_RIGHTS]},
                "claims": [{"path": ["cnss_number"]}, {"path": ["rights_open"]}],
            }]});
            let body = json!({"query": query, "flow": "cross_device"});
            self.post(&self.world.hospital, "/v1/presentations", &body)
        }

        fn verdict(&self, request: &Value) -> Value {
            let place = &self.world.hospital;
            let url = format!(
                "{}/v1/presentations/{}",
                place.management_url,
                text(&request["presentation_id"])
            );
            self.runtime
                .block_on(self.world.https.get(&url, &place.api_key))
                .unwrap()
                .body
        }

        fn accept(&self) {
            let (link, code) = self.offer();
            succeeded(&self.wallet(&["--yes", "accept", &link, "--tx-code", &code], ""));
        }
    }

    fn text(value: &Value) -> String {
        value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
    }

    #[track_caller]
    fn succeeded(output: &Output) -> String {
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{out}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        out
    }

    /// The exit codes that the help text promises.
    const DECLINED: i32 = 1;
    const USAGE: i32 = 2;
    const UNTRUSTED: i32 = 3;
    const REFUSED: i32 = 4;
    const UNAVAILABLE: i32 = 5;
    const CARD: i32 = 6;
    const STORE: i32 = 7;

    #[track_caller]
    fn failed(output: &Output, exit: i32, code: &str) {
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{error}");
        assert!(error.contains(code), "{error}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path));
            } else {
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn a_credential_is_accepted_listed_presented_and_remembered() {
        let scene = Scene::new();
        let (link, code) = scene.offer();
        let new = scene.wallet(&["accept", &link], &format!("y\n{code}\ny\n"));
        let said = succeeded(&new);
        assert!(said.contains("CNSS") && said.contains("cnss_number"), "{said}");
        assert!(String::from_utf8_lossy(&new.stderr).contains("software keys"));

        let list = succeeded(&scene.wallet_with(&[], &["list"], ""));
        assert!(list.contains(CNSS_RIGHTS) && list.contains("10 unspent"), "{list}");

        let request = scene.ask();
        let said = succeeded(&scene.wallet_with(&[], &["present", &text(&request["deep_link"])], "y\n"));
        assert!(said.contains("CHU Ibn Sina") && said.contains("rights_open"), "{said}");
        let verdict = scene.verdict(&request);
        assert_eq!(verdict["accepted"], true, "{verdict}");

        let history = succeeded(&scene.wallet_with(&[], &["history"], ""));
        assert!(
            history.contains("presented") && history.contains("GOVMA-CHUIS"),
            "{history}"
        );
        assert!(history.contains("rights_open"), "{history}");
        let list = succeeded(&scene.wallet_with(&[], &["list"], ""));
        assert!(list.contains("9 unspent"), "{list}");

        for file in files(&scene.store) {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            // The lock is empty.
            if file.file_name().unwrap() != "lock" {
                assert_eq!(mode, 0o600, "{}", file.display());
            }
        }
        let sealed = std::fs::read(scene.store.join("wallet.sealed")).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("cnss"));
    }

    #[test]
    fn without_a_yes_nothing_is_accepted_kept_or_shown() {
        let scene = Scene::new();
        let (link, code) = scene.offer();
        failed(
            &scene.wallet(&["accept", &link, "--tx-code", &code], "n\n"),
            DECLINED,
            "declined",
        );
        failed(
            &scene.wallet(&["accept", &link, "--tx-code", &code], ""),
            DECLINED,
            "declined",
        );
        let unkept = scene.wallet(&["accept", &link, "--tx-code", &code], "y\nn\n");
        assert_eq!(unkept.status.code(), Some(1));
        assert!(succeeded(&scene.wallet(&["list"], "")).contains("No credentials."));

        scene.accept();
        let request = scene.ask();
        let refused = scene.wallet(&["present", &text(&request["deep_link"])], "\n");
        assert_eq!(refused.status.code(), Some(1));
        assert_ne!(scene.verdict(&request)["accepted"], true);
        let history = succeeded(&scene.wallet(&["history"], ""));
        assert!(
            history.contains("refused") && !history.contains("presented"),
            "{history}"
        );
    }

    #[test]
    fn a_new_wallet_needs_a_root_document_and_believes_no_other() {
        let scene = Scene::new();
        failed(&scene.wallet_with(&[], &["list"], ""), USAGE, "--root");
        assert!(!scene.store.exists());
        let nonsense = scene.world.folder().join("nonsense.json");
        std::fs::write(&nonsense, "{}").unwrap();
        let output = scene.wallet_with(&["--root", &nonsense.display().to_string()], &["list"], "");
        failed(&output, USAGE, "root document");
        let output = Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(["wallet", "list"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
    }

    #[test]
    fn a_wrong_code_and_a_foreign_link_get_nothing() {
        let scene = Scene::new();
        let (link, _) = scene.offer();
        failed(
            &scene.wallet(&["--yes", "accept", &link, "--tx-code", "000000"], ""),
            REFUSED,
            "issuer_refused",
        );
        failed(
            &scene.wallet(&["--yes", "accept", &link], ""),
            DECLINED,
            "transaction code",
        );
        failed(
            &scene.wallet(&["--yes", "present", "https://example.com"], ""),
            UNTRUSTED,
            "invalid_request",
        );
        assert!(succeeded(&scene.wallet(&["list"], "")).contains("No credentials."));
    }

    #[test]
    fn an_older_copy_a_lost_store_and_an_open_key_are_noticed() {
        let scene = Scene::new();
        scene.accept();
        let file = scene.store.join("wallet.sealed");
        let old = std::fs::read(&file).unwrap();
        let request = scene.ask();
        succeeded(&scene.wallet(&["--yes", "present", &text(&request["deep_link"])], ""));
        let new = std::fs::read(&file).unwrap();
        std::fs::write(&file, &old).unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "state_rollback");
        let mut changed = new.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &changed).unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "store_sealed");
        std::fs::remove_file(&file).unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "is missing");
        std::fs::write(&file, &new).unwrap();
        let key = scene.store.join("store.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "others may read");
        std::fs::remove_file(&key).unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "is missing");
    }

    #[test]
    fn two_processes_do_not_use_one_wallet() {
        let scene = Scene::new();
        succeeded(&scene.wallet(&["list"], ""));
        let lock = std::fs::File::create(scene.store.join("lock")).unwrap();
        lock.lock().unwrap();
        failed(&scene.wallet(&["list"], ""), STORE, "another process");
    }

    /// An offer of the identity issuer that leads to the card.
    fn card_offer(scene: &Scene, grants: &Value) -> String {
        let offer = json!({
            "credential_issuer": scene.world.pid_issuer(),
            "credential_configuration_ids": ["pid"],
            "grants": grants,
        });
        let mut url = reqwest::Url::parse("openid-credential-offer://").unwrap();
        url.query_pairs_mut()
            .append_pair("credential_offer", &offer.to_string());
        url.into()
    }

    fn make_card(folder: &Path, seed: u64) {
        let made = Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args([
                "eid",
                "make-card",
                &folder.display().to_string(),
                "--seed",
                &seed.to_string(),
            ])
            .output()
            .unwrap();
        let said = succeeded(&made);
        assert!(said.contains("TEST card") && said.contains("csca.cer"), "{said}");
    }

    #[test]
    fn a_card_in_a_folder_brings_a_credential_and_its_copy_does_not() {
        let scene = Scene::new();
        let card = scene.world.folder().join("card");
        make_card(&card, 7);
        let folder = card.display().to_string();
        let offer = card_offer(&scene, &json!({"authorization_code": {}}));
        let said = succeeded(&scene.wallet(&["accept", &offer, "--card", &folder], "y\ny\n"));
        assert!(said.contains("The data of your card go to this issuer."), "{said}");
        let given_name = mahfada_eid::testing::Citizen::sample().given_name;
        assert!(said.to_uppercase().contains(&given_name.to_uppercase()), "{said}");
        assert!(succeeded(&scene.wallet(&["list"], "")).contains("urn:mahfada:pid:1"));

        // What can be read of a card can be copied; its key cannot.
        std::fs::remove_file(card.join("TEST_ONLY_aa_ec.key.pem")).unwrap();
        let copied = scene.wallet(&["--yes", "accept", &offer, "--card", &folder], "");
        assert!([REFUSED, CARD].contains(&copied.status.code().unwrap()), "{copied:?}");
        make_card(&scene.world.folder().join("other"), 8);
        let other = scene.world.folder().join("other/TEST_ONLY_aa_ec.key.pem");
        std::fs::copy(other, card.join("TEST_ONLY_aa_ec.key.pem")).unwrap();
        let copied = scene.wallet(&["--yes", "accept", &offer, "--card", &folder], "");
        failed(&copied, REFUSED, "issuer_refused");
    }

    #[test]
    fn a_folder_that_is_no_card_and_an_offer_that_needs_none_are_refused() {
        let scene = Scene::new();
        let offer = card_offer(&scene, &json!({"authorization_code": {}}));
        let empty = scene.world.folder().join("empty");
        std::fs::create_dir_all(&empty).unwrap();
        let folder = empty.display().to_string();
        failed(
            &scene.wallet(&["--yes", "accept", &offer, "--card", &folder], ""),
            USAGE,
            "holds no card",
        );
        make_card(&empty, 1);
        let again = Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(["eid", "make-card", &folder])
            .output();
        failed(&again.unwrap(), USAGE, "is not empty");
        let (link, _) = scene.offer();
        failed(
            &scene.wallet(&["--yes", "accept", &link, "--card", &folder], ""),
            UNTRUSTED,
            "issuer_unsupported",
        );
        std::fs::write(empty.join("TEST_ONLY_aa_ec.key.pem"), "no key").unwrap();
        failed(
            &scene.wallet(&["--yes", "accept", &offer, "--card", &folder], ""),
            USAGE,
            "no P-256 key",
        );
    }

    #[test]
    fn a_wallet_without_a_registry_believes_whom_the_trust_file_names_and_says_so() {
        let scene = Scene::new();
        let authority = scene.world.folder().join("cnss-authority.pem").display().to_string();
        let (link, code) = scene.offer();
        let accept = ["accept", link.as_str(), "--tx-code", code.as_str()];
        let said = succeeded(&scene.wallet_with(&["--trust", &authority, "--yes"], &accept, ""));
        assert!(said.contains("NO REGISTRY vouches for this issuer"), "{said}");
        let list = succeeded(&scene.wallet_with(&["--trust", &authority], &["list"], ""));
        assert!(list.contains("by-hand:") && list.contains("NOT registered"), "{list}");

        // The hospital's certificate stands under the access authority, which nobody chose.
        let request = scene.ask();
        let link = text(&request["deep_link"]);
        let unknown = scene.wallet_with(&["--trust", &authority, "--yes"], &["present", &link], "");
        failed(&unknown, UNTRUSTED, "request_signature");
        let both = scene.world.folder().join("both.pem");
        let access = std::fs::read_to_string(scene.world.folder().join("access-authority.pem")).unwrap();
        std::fs::write(&both, access + &std::fs::read_to_string(&authority).unwrap()).unwrap();
        let both = both.display().to_string();
        let said = succeeded(&scene.wallet_with(&["--trust", &both, "--yes"], &["present", &link], ""));
        assert!(said.contains("NO REGISTRY vouches for this verifier"), "{said}");
        assert_eq!(scene.verdict(&request)["accepted"], true);

        // Without the file there is nobody to believe, and no registry comes from anywhere.
        failed(
            &scene.wallet_with(&["--yes"], &["present", &link], ""),
            UNAVAILABLE,
            "--trust",
        );
        failed(&scene.wallet(&["list"], ""), USAGE, "gets none later");
    }

    #[test]
    fn the_trust_file_does_not_take_over_from_the_registry() {
        let scene = Scene::new();
        scene.accept();
        let access = scene.world.folder().join("access-authority.pem").display().to_string();
        let request = scene.ask();
        let link = text(&request["deep_link"]);
        let said = succeeded(&scene.wallet(&["--trust", &access, "--yes", "present", &link], ""));
        assert!(said.contains("purpose:") && !said.contains("NO REGISTRY"), "{said}");
    }

    #[test]
    fn a_trust_file_holds_certificates_of_authorities() {
        let scene = Scene::new();
        let nonsense = scene.world.folder().join("nonsense.pem");
        std::fs::write(&nonsense, "no certificate").unwrap();
        let nonsense = nonsense.display().to_string();
        failed(
            &scene.wallet_with(&["--trust", &nonsense], &["list"], ""),
            USAGE,
            "no certificates",
        );
        let leaf = scene.world.folder().join("cnss-signer.pem").display().to_string();
        failed(
            &scene.wallet_with(&["--trust", &leaf], &["list"], ""),
            USAGE,
            "no authority's",
        );
        failed(
            &scene.wallet_with(&["--trust", "/nowhere.pem"], &["list"], ""),
            USAGE,
            "cannot read",
        );
        failed(
            &scene.wallet(&["--insecure-loopback", "list"], ""),
            USAGE,
            "needs --trust",
        );
        assert!(!scene.store.exists());
    }
}
