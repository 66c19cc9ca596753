//! Nothing personal and nothing secret where it does not belong: logs, databases and the wallet's file (decision D14).
#![forbid(unsafe_code)]

#[cfg(test)]
mod privacy {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::path::Path;
    use std::sync::{Arc, Mutex, PoisonError};

    use mahfada::demo::{Exchange, Language, Sabotage, StepName, Story};
    use serde_json::Value;

    /// What the citizen's card and the agency's register say.
    const PERSONAL: [&str; 9] = [
        "FASSI",
        "SALMA",
        "Fassi",
        "الفاسي",
        "سلمى",
        "BK123456",
        "BE1234567",
        "1990-02-14",
        "100200300",
    ];
    /// A name that is planted to prove that the search finds something.
    const CANARY: &str = "CANARY-الفاسي-9f27";

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Captured {
        fn text(&self) -> Vec<u8> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }

    /// Every log line of every crate of ours and of the HTTP server, at the most talkative level.
    fn capture_logs() -> Captured {
        let captured = Captured::default();
        let writer = captured.clone();
        tracing_subscriber::fmt()
            .json()
            .with_env_filter("trace,hyper=off,reqwest=off,rustls=off,h2=off,mio=off,polling=off")
            .with_writer(move || writer.clone())
            .init();
        captured
    }

    /// The secrets that travelled: tokens, codes, nonces, proofs, credentials.
    fn secrets(traffic: &[Exchange]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for exchange in traffic {
            for header in ["dpop", "authorization"] {
                if let Some(value) = exchange.request.headers().get(header) {
                    let text = value.to_str().unwrap();
                    found.insert(text.rsplit(' ').next().unwrap().to_owned());
                }
            }
            for (name, value) in form(exchange.request.body()) {
                if [
                    "code",
                    "code_verifier",
                    "pre-authorized_code",
                    "tx_code",
                    "auth_session",
                    "evidence",
                    "response",
                ]
                .contains(&name.as_str())
                {
                    found.insert(value);
                }
            }
            if let Ok(body) = serde_json::from_slice::<Value>(exchange.response.body()) {
                collect(&body, &mut found);
            }
        }
        // Six digits stand in many a number; only what is long enough to be unmistakable is searched for.
        found.retain(|secret| secret.len() >= 16);
        found
    }

    fn collect(body: &Value, found: &mut BTreeSet<String>) {
        for name in [
            "access_token",
            "c_nonce",
            "authorization_code",
            "auth_session",
            "challenge",
            "credential",
        ] {
            if let Some(text) = body.get(name).and_then(Value::as_str) {
                found.insert(text.to_owned());
            }
        }
        for issued in body.get("credentials").and_then(Value::as_array).into_iter().flatten() {
            // The disclosures are what must not be kept, so each is searched for by itself.
            let text = issued.get("credential").and_then(Value::as_str).unwrap_or_default();
            found.extend(text.split('~').filter(|part| !part.is_empty()).map(ToOwned::to_owned));
        }
    }

    /// The nonces and states of requests: a verifier keeps them while it waits, logs never.
    fn nonces(traffic: &[Exchange]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for exchange in traffic {
            let text = std::str::from_utf8(exchange.response.body()).unwrap_or_default();
            let payload = text
                .split('.')
                .nth(1)
                .and_then(|part| mahfada_base::base64url::decode(part).ok());
            let Some(claims) = payload.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
                continue;
            };
            for name in ["nonce", "state", "rnd_ifd", "session"] {
                found.extend(claims.get(name).and_then(Value::as_str).map(ToOwned::to_owned));
            }
        }
        found
    }

    fn form(body: &[u8]) -> Vec<(String, String)> {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn hits<'n>(bytes: &[u8], needles: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        let found = |needle: &&str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        needles.into_iter().filter(found).collect()
    }

    fn databases(folder: &Path) -> Vec<(String, Vec<u8>)> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                name.contains(".sqlite") || name.starts_with("wallet")
            })
            .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
            .collect()
    }

    #[test]
    fn logs_and_databases_of_the_whole_path_hold_nothing_personal() {
        mahfada_web::tls::install_provider();
        let logs = capture_logs();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut story = Story::begin(Language::En).await.unwrap();
            for step in StepName::ALL {
                let report = story.step(step, Sabotage::None).await.unwrap();
                assert_eq!(report.failure, None, "{}", step.as_str());
            }
            story.world.stop();
            let secrets = secrets(&story.phone.traffic);
            assert!(
                secrets.len() > 100,
                "only {} secrets travelled: the recording is broken",
                secrets.len()
            );
            let needles = || PERSONAL.into_iter().chain(secrets.iter().map(String::as_str));

            let files = databases(story.world.folder());
            assert!(
                files.iter().filter(|(_, bytes)| bytes.len() > 4096).count() >= 4,
                "the stores were not found"
            );
            for (name, bytes) in &files {
                assert_eq!(hits(bytes, needles()), Vec::<&str>::new(), "{name}");
            }
            let text = logs.text();
            assert!(
                hits(&text, ["credential refused", "authorization refused"]).len() == 1,
                "no log was captured"
            );
            assert_eq!(hits(&text, needles()), Vec::<&str>::new(), "logs");
            let nonces = nonces(&story.phone.traffic);
            assert!(
                nonces.len() > 5,
                "only {} nonces travelled: the recording is broken",
                nonces.len()
            );
            assert_eq!(
                hits(&text, nonces.iter().map(String::as_str)),
                Vec::<&str>::new(),
                "logs"
            );

            // The search itself is proved: what is planted is found, in a log line and in a database file.
            tracing::info!(name = CANARY, "planted");
            assert_eq!(hits(&logs.text(), [CANARY]), [CANARY]);
            let (name, _) = files.iter().find(|(name, _)| name.ends_with("issuer.sqlite")).unwrap();
            let mut file = std::fs::OpenOptions::new().append(true).open(name).unwrap();
            file.write_all(CANARY.as_bytes()).unwrap();
            let found = databases(story.world.folder());
            assert!(found.iter().any(|(_, bytes)| hits(bytes, [CANARY]) == [CANARY]));
        });
    }
}
