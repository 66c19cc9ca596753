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

    #[track_caller]
    fn failed(output: &Output, code: &str) {
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
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
        failed(&scene.wallet(&["accept", &link, "--tx-code", &code], "n\n"), "declined");
        failed(&scene.wallet(&["accept", &link, "--tx-code", &code], ""), "declined");
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
        failed(&scene.wallet_with(&[], &["list"], ""), "--root");
        assert!(!scene.store.exists());
        let nonsense = scene.world.folder().join("nonsense.json");
        std::fs::write(&nonsense, "{}").unwrap();
        let output = scene.wallet_with(&["--root", &nonsense.display().to_string()], &["list"], "");
        failed(&output, "root document");
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
            "issuer_refused",
        );
        failed(&scene.wallet(&["--yes", "accept", &link], ""), "transaction code");
        failed(
            &scene.wallet(&["--yes", "present", "https://example.com"], ""),
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
        failed(&scene.wallet(&["list"], ""), "state_rollback");
        let mut changed = new.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &changed).unwrap();
        failed(&scene.wallet(&["list"], ""), "store_sealed");
        std::fs::remove_file(&file).unwrap();
        failed(&scene.wallet(&["list"], ""), "is missing");
        std::fs::write(&file, &new).unwrap();
        let key = scene.store.join("store.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        failed(&scene.wallet(&["list"], ""), "others may read");
        std::fs::remove_file(&key).unwrap();
        failed(&scene.wallet(&["list"], ""), "is missing");
    }

    #[test]
    fn two_processes_do_not_use_one_wallet() {
        let scene = Scene::new();
        succeeded(&scene.wallet(&["list"], ""));
        let lock = std::fs::File::create(scene.store.join("lock")).unwrap();
        lock.lock().unwrap();
        failed(&scene.wallet(&["list"], ""), "another process");
    }
}
