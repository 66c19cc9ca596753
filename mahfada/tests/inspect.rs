//! `mahfada inspect`: what each document is said to be, and that nothing passes for verified.
#![forbid(unsafe_code)]

#[cfg(test)]
mod inspect {
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    use mahfada::demo::{CNSS_RIGHTS, World};
    use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
    use mahfada_crypto::{ContentEncryption, PublicKey};
    use mahfada_jose::{JweRecipient, encrypt};
    use serde_json::{Value, json};

    fn vectors(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/vectors")
            .join(name)
    }

    fn run(file: &str, input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(["inspect", file])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read closes the pipe, and that is not what is tested.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    fn shown(output: &Output) -> Value {
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["verified"], false);
        let parts = found["parts"].as_array().unwrap();
        assert!(
            !parts.is_empty() && parts.iter().all(|part| part["verified"] == false),
            "{found}"
        );
        found
    }

    fn piped(input: impl AsRef<[u8]>) -> Value {
        shown(&run("-", input.as_ref()))
    }

    fn part<'v>(found: &'v Value, name: &str) -> &'v Value {
        let parts = found["parts"].as_array().unwrap();
        let part = parts.iter().find(|part| part["part"] == name);
        &part.unwrap_or_else(|| panic!("no {name} in {found}"))["content"]
    }

    #[test]
    fn takes_a_presentation_apart_from_a_file() {
        let file = vectors("sd-jwt-vc/regenerated/01/sd_jwt_presentation.txt");
        let found = shown(&run(&file.display().to_string(), b""));
        assert_eq!(found["what"], "SD-JWT VC with key binding: a presentation");
        assert!(part(&found, "issuer-signed JWT payload")["vct"].is_string());
        assert!(part(&found, "key binding JWT payload")["nonce"].is_string());
        let disclosure = part(&found, "disclosure 0");
        assert!(disclosure["claim"].is_string(), "{disclosure}");
        assert_eq!(disclosure["digest_found"], true);
    }

    #[test]
    fn a_foreign_disclosure_shows() {
        let issued = vectors("sd-jwt-vc/regenerated/01/sd_jwt_issuance.txt");
        let issued = std::fs::read_to_string(issued).unwrap();
        let found = piped(format!("{}WyJzYWx0IiwiYSIsMV0~", issued.trim()));
        let last = found["parts"].as_array().unwrap().last().unwrap();
        assert_eq!(
            last["content"],
            json!({"salt": "salt", "claim": "a", "value": 1, "digest_found": false})
        );
    }

    #[test]
    fn counts_the_entries_of_a_status_list() {
        let file = vectors("status-list/status_list_token.jwt.txt");
        let found = shown(&run(&file.display().to_string(), b""));
        assert_eq!(found["what"], "status list token");
        let list = part(&found, "status list");
        assert_eq!((&list["bits"], &list["entries"]), (&json!(1), &json!(16)));
        assert_eq!(list["entries_by_value"], json!({"0": 7, "1": 9}));
    }

    #[test]
    fn shows_links_even_those_that_no_wallet_accepts() {
        let offer = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2F1";
        let found = piped(offer);
        assert_eq!(found["what"], "credential offer link");
        assert_eq!(
            part(&found, "offer by reference")["credential_offer_uri"],
            "https://i.example/1"
        );
        let found = piped("openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fv.example%2F1");
        assert_eq!(found["what"], "presentation request link");
        assert_eq!(part(&found, "request by reference")["client_id"], "x509_hash:abc");
        let found = piped("openid4vp://?client_id=x509_hash%3Aabc");
        assert_eq!(
            part(&found, "request that no wallet accepts")["code"],
            "invalid_request"
        );
    }

    #[test]
    fn shows_of_a_jwe_what_is_in_clear() {
        let key = PROVIDER.keys.generate_es256(&SystemRandom).unwrap();
        let PublicKey::P256(key) = key.public_key().clone() else {
            panic!("not a P-256 key")
        };
        let recipient = JweRecipient {
            key: &key,
            kid: Some("k-1"),
            enc: ContentEncryption::A256Gcm,
            apu: None,
            apv: None,
        };
        let jwe = encrypt(&recipient, b"{\"secret\":1}", &SystemRandom, &PROVIDER).unwrap();
        for input in [jwe.clone(), format!("response={jwe}")] {
            let found = piped(input);
            assert!(found["what"].as_str().unwrap().starts_with("JWE"));
            assert_eq!(part(&found, "JWE header")["kid"], "k-1");
            assert_eq!(part(&found, "JWE body")["ciphertext_bytes"], 12);
        }
    }

    #[test]
    fn knows_the_documents_of_a_running_country() {
        mahfada_web::tls::install_provider();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let world = World::start().await.unwrap();
            let found = piped(&world.pinned_root);
            assert_eq!(found["what"], "root document of the trust registry");
            assert_eq!(part(&found, "root document")["version"], 1);
            assert!(part(&found, "officer signature 0")["sig"].is_string());

            let pem = std::fs::read(&world.tls_anchor_file).unwrap();
            let found = piped(&pem);
            assert_eq!(found["what"], "X.509 certificate");
            assert_eq!(part(&found, "certificate 0")["is_authority"], true);
            assert_eq!(piped(world.cnss_signer.certificate.der())["what"], "X.509 certificate");

            let fetch = async |url: String| {
                world
                    .https
                    .client()
                    .get(url)
                    .send()
                    .await
                    .unwrap()
                    .text()
                    .await
                    .unwrap()
            };
            let list = fetch(format!("{}/lists/pid-issuers.jwt", world.registry.public_url)).await;
            let found = piped(list);
            assert_eq!(found["what"], "trusted list");
            assert!(part(&found, "JWS payload")["LoTE"].is_object());
            assert_eq!(part(&found, "x5c certificate 0")["is_authority"], false);

            let query = json!({"credentials": [{"id": "r", "format": "dc+sd-jwt", "meta": {"vct_values": [CNSS_RIGHTS]},
                "claims": [{"path": ["rights_open"]}]}]});
            let url = format!("{}/v1/presentations", world.hospital.management_url);
            let body = json!({"query": query, "flow": "cross_device"});
            let asked = world.https.post(&url, &world.hospital.api_key, &body).await.unwrap();
            let link = piped(asked.text("deep_link").unwrap());
            let request_uri = part(&link, "request by reference")["request_uri"]
                .as_str()
                .unwrap()
                .to_owned();
            let found = piped(fetch(request_uri).await);
            assert_eq!(found["what"], "request object");
            assert!(part(&found, "JWS payload")["nonce"].is_string());
            assert_eq!(part(&found, "registration certificate header")["typ"], "rc-wrp+jwt");

            let folder = world.folder().join("hospital-registration.jwt");
            let found = shown(&run(&folder.display().to_string(), b""));
            assert_eq!(found["what"], "registration certificate of a relying party");
        });
    }

    #[test]
    fn shows_the_certificate_of_a_card_authority() {
        let folder = vectors("eid/csca_MA");
        let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        let found = shown(&run(&file.display().to_string(), b""));
        let subject = part(&found, "certificate")["subject"].as_str().unwrap();
        assert!(subject.contains("CSCA-MAROC"), "{found}");
    }

    #[test]
    fn what_is_nothing_of_this_system_ends_with_2() {
        for input in [&b"hello"[..], b"a.b.c", b"\x30\x03\x01\x02\x03", b"\xff\xfe", b""] {
            let output = run("-", input);
            assert_eq!(output.status.code(), Some(2), "{input:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        }
        assert_eq!(run("/nonexistent", b"").status.code(), Some(2));
    }
}
