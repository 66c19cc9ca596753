//! `mahfada verify sd-jwt`: one thing is wrong at a time, and the verdict names it.
#![forbid(unsafe_code)]

#[cfg(test)]
mod verify_sd_jwt {
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};
    use std::sync::Arc;

    use mahfada::demo::{Identity, Organization};
    use mahfada_base::{ClaimsPath, Clock as _, UnixTime};
    use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
    use mahfada_crypto::{SignatureAlgorithm, Signer};
    use mahfada_jose::{Jwk, JwsBuilder};
    use mahfada_sd_jwt::SdJwtIssuance;
    use mahfada_sd_jwt::vc::UnverifiedSdJwtVc;
    use mahfada_status_list::{StatusList, StatusListToken};
    use mahfada_web::clock::SystemClock;
    use mahfada_x509::eku;
    use serde_json::{Value, json};

    const LIST: &str = "https://issuer.example/status/1";
    const AGENCY: Organization = Organization {
        name: "Agency",
        identifier: "GOVMA-AGENCY",
    };

    struct Scene {
        folder: PathBuf,
        authority: Identity,
        issuer: Identity,
        holder: Arc<dyn Signer>,
        now: UnixTime,
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    impl Scene {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("mahfada-verify-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let authority = Identity::authority("Authority", AGENCY).unwrap();
            let scene = Self {
                issuer: authority.leaf("Issuer", AGENCY, eku::CREDENTIAL_SIGNING, &[]).unwrap(),
                holder: PROVIDER.keys.generate_es256(&SystemRandom).unwrap(),
                now: SystemClock.now(),
                authority,
                folder,
            };
            scene.write("trust.pem", &scene.authority.certificate.to_pem());
            scene
        }

        fn write(&self, name: &str, text: &str) -> String {
            let path = self.folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        }

        fn trust(&self) -> String {
            self.folder.join("trust.pem").display().to_string()
        }

        fn credential(&self, builder: &JwsBuilder, changes: &Value) -> String {
            let mut payload = json!({
                "vct": "urn:example:1",
                "exp": self.now.plus(86_400),
                "cnf": {"jwk": Jwk::from_public_key(self.holder.public_key()).to_value()},
                "given_name": "Salma",
                "family_name": "El Fassi",
            });
            for (name, value) in changes.as_object().unwrap() {
                payload[name] = value.clone();
            }
            let issuance = SdJwtIssuance {
                payload: payload.as_object().unwrap().clone(),
                selectively_disclosable: vec![ClaimsPath::name("given_name"), ClaimsPath::name("family_name")],
                decoys: 0,
            };
            issuance
                .sign(builder.clone(), &*self.issuer.signer, &SystemRandom, PROVIDER.digest)
                .unwrap()
        }

        fn chained(&self, changes: &Value) -> String {
            let chain = std::slice::from_ref(&self.issuer.certificate);
            self.credential(&JwsBuilder::new("dc+sd-jwt").x5c(chain), changes)
        }

        fn presented(&self, nonce: &str) -> String {
            let own = UnverifiedSdJwtVc::parse(&self.chained(&json!({}))).unwrap();
            let own = own
                .verify(self.issuer.signer.public_key(), self.now, &PROVIDER)
                .unwrap();
            let presentation = own.present(&[ClaimsPath::name("given_name")]).unwrap();
            let input = presentation.key_binding_input(
                "x509_hash:abc",
                nonce,
                self.now,
                SignatureAlgorithm::Es256,
                PROVIDER.digest,
            );
            input.with_signature(&self.holder.sign(input.as_bytes()).unwrap())
        }

        fn with_status(&self) -> String {
            self.chained(&json!({"status": {"status_list": {"uri": LIST, "idx": 3}}}))
        }

        fn status_list(&self, value: u8) -> String {
            let mut list = StatusList::new(2, 8).unwrap();
            list.set(3, value).unwrap();
            let chain = std::slice::from_ref(&self.issuer.certificate);
            let until = self.now.plus(3_600);
            let token = StatusListToken::sign(LIST, self.now, until, 600, &list, chain, &*self.issuer.signer).unwrap();
            self.write("status.jwt", &token)
        }

        fn run(&self, text: &str, trust: &str, more: &[&str]) -> Output {
            let file = self.write("credential.txt", text);
            mahfada(&[&["verify", "sd-jwt", &file, "--trust", trust], more].concat(), "")
        }

        fn verdict(&self, text: &str, more: &[&str]) -> Value {
            verdict(&self.run(text, &self.trust(), more))
        }
    }

    fn mahfada(arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn verdict(output: &Output) -> Value {
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn assert_accepted(verdict: &Value) {
        assert_eq!(
            (&verdict["verdict"], &verdict["reason"]),
            (&json!("accept"), &Value::Null),
            "{verdict}"
        );
    }

    #[track_caller]
    fn assert_refused(verdict: &Value, code: &str) {
        assert_eq!(
            (&verdict["verdict"], &verdict["reason"]),
            (&json!("reject"), &json!(code)),
            "{verdict}"
        );
        let last = verdict["checks"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["code"], &last["status"]),
            (&json!(code), &json!("failed")),
            "{verdict}"
        );
    }

    fn check<'v>(verdict: &'v Value, code: &str) -> Option<&'v Value> {
        let checks = verdict["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["code"] == code)
            .map(|check| &check["status"])
    }

    #[test]
    fn accepts_a_chain_under_an_anchor_from_a_file_and_from_standard_input() {
        let scene = Scene::new("chain");
        let credential = scene.chained(&json!({}));
        let accepted = scene.verdict(&credential, &[]);
        assert_accepted(&accepted);
        assert_eq!(check(&accepted, "status"), None);
        let piped = mahfada(
            &["verify", "sd-jwt", "-", "--trust", &scene.trust()],
            &format!("{credential}\n"),
        );
        assert_accepted(&verdict(&piped));
    }

    #[test]
    fn accepts_a_key_or_a_set_of_keys_for_an_issuer_without_certificates() {
        let scene = Scene::new("jwk");
        let jwk = Jwk::from_public_key(scene.issuer.signer.public_key());
        let other = Jwk::from_public_key(scene.holder.public_key());
        let anonymous = scene.credential(&JwsBuilder::new("dc+sd-jwt"), &json!({}));
        let named = scene.credential(&JwsBuilder::new("dc+sd-jwt").kid("a"), &json!({}));
        let one = scene.write("one.json", &jwk.to_value().to_string());
        assert_accepted(&verdict(&scene.run(&anonymous, &one, &[])));
        let set = json!({"keys": [other.clone().with_kid("b").to_value(), jwk.clone().with_kid("a").to_value()]});
        let set = scene.write("set.json", &set.to_string());
        assert_accepted(&verdict(&scene.run(&anonymous, &set, &[])));
        assert_accepted(&verdict(&scene.run(&named, &set, &[])));
        let swapped = json!({"keys": [other.clone().with_kid("a").to_value(), jwk.with_kid("b").to_value()]});
        let swapped = scene.write("swapped.json", &swapped.to_string());
        assert_refused(&verdict(&scene.run(&named, &swapped, &[])), "sig");
        let foreign = scene.write("foreign.json", &other.to_value().to_string());
        assert_refused(&verdict(&scene.run(&anonymous, &foreign, &[])), "sig");
    }

    #[test]
    fn a_key_in_the_header_gives_no_trust() {
        let scene = Scene::new("header");
        let jwk = Jwk::from_public_key(scene.issuer.signer.public_key());
        let credential = scene.credential(&JwsBuilder::new("dc+sd-jwt").jwk(&jwk), &json!({}));
        assert_refused(&scene.verdict(&credential, &[]), "x5c_missing");
    }

    #[test]
    fn refuses_a_chain_under_another_anchor() {
        let scene = Scene::new("anchor");
        let other = Organization {
            name: "Other",
            identifier: "GOVMA-OTHER",
        };
        let other = Identity::authority("Other", other).unwrap();
        let trust = scene.write("other.pem", &other.certificate.to_pem());
        let output = scene.run(&scene.chained(&json!({})), &trust, &[]);
        assert_refused(&verdict(&output), "x509_untrusted");
    }

    #[test]
    fn refuses_what_is_changed_or_out_of_time() {
        let scene = Scene::new("time");
        let credential = scene.chained(&json!({}));
        let other = scene.chained(&json!({}));
        let foreign = other.split('~').nth(1).unwrap();
        let enriched = format!("{credential}{foreign}~");
        assert_refused(&scene.verdict(&enriched, &[]), "sd_unreferenced");
        let late = scene.now.plus(2 * 86_400).to_rfc3339();
        assert_refused(&scene.verdict(&credential, &["--at", &late]), "expired");
        let early = scene.chained(&json!({"nbf": scene.now.plus(600)}));
        assert_refused(&scene.verdict(&early, &[]), "not_yet_valid");
        assert_refused(&scene.verdict("no credential", &[]), "sd_malformed");
    }

    #[test]
    fn a_presentation_must_be_bound_to_the_request() {
        let scene = Scene::new("kb");
        let request = |nonce| ["--nonce", nonce, "--audience", "x509_hash:abc"];
        let presented = scene.presented("n-1");
        assert_accepted(&scene.verdict(&presented, &request("n-1")));
        assert_refused(&scene.verdict(&presented, &request("n-2")), "kb_nonce");
        let other = ["--nonce", "n-1", "--audience", "x509_hash:other"];
        assert_refused(&scene.verdict(&presented, &other), "kb_aud");
        let (stripped, _) = presented.rsplit_once('~').unwrap();
        assert_refused(&scene.verdict(&format!("{stripped}~"), &request("n-1")), "kb_missing");
        let unasked = scene.verdict(&presented, &[]);
        assert_accepted(&unasked);
        assert_eq!(check(&unasked, "key_binding"), Some(&json!("not_checked")));
    }

    #[test]
    fn a_status_counts_when_a_list_is_given() {
        let scene = Scene::new("status");
        let credential = scene.with_status();
        let unknown = scene.verdict(&credential, &[]);
        assert_accepted(&unknown);
        assert_eq!(check(&unknown, "status"), Some(&json!("not_checked")));
        let good = scene.verdict(&credential, &["--status", &scene.status_list(0)]);
        assert_accepted(&good);
        assert_eq!(check(&good, "status"), Some(&json!("passed")));
        for (value, code) in [
            (1, "credential_revoked"),
            (2, "credential_suspended"),
            (3, "status_unknown"),
        ] {
            assert_refused(
                &scene.verdict(&credential, &["--status", &scene.status_list(value)]),
                code,
            );
        }
        let elsewhere = scene.chained(&json!({"status": {"status_list": {"uri": "https://other.example", "idx": 3}}}));
        assert_refused(
            &scene.verdict(&elsewhere, &["--status", &scene.status_list(0)]),
            "status_sub",
        );
        let beyond = scene.chained(&json!({"status": {"status_list": {"uri": LIST, "idx": 99}}}));
        assert_refused(
            &scene.verdict(&beyond, &["--status", &scene.status_list(0)]),
            "status_index",
        );
    }

    #[test]
    fn a_status_list_of_a_stranger_counts_against_the_credential() {
        let scene = Scene::new("stranger");
        let stranger = Scene::new("stranger-list");
        let list = stranger.status_list(0);
        assert_refused(&scene.verdict(&scene.with_status(), &["--status", &list]), "status_key");
    }

    #[test]
    fn accepts_a_presentation_that_another_implementation_made() {
        let scene = Scene::new("published");
        // The issuer key of the SD-JWT VC examples.
        let key = json!({
            "kty": "EC", "crv": "P-256",
            "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
            "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
        });
        let trust = scene.write("published.json", &key.to_string());
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/vectors/sd-jwt-vc/regenerated/01/sd_jwt_presentation.txt");
        let text = std::fs::read_to_string(file).unwrap();
        let at = UnixTime::new(1_795_313_907).to_rfc3339();
        let request = [
            "--nonce",
            "1234567890",
            "--audience",
            "https://example.com/verifier",
            "--at",
        ];
        let judged = |at: &str| verdict(&scene.run(&text, &trust, &[&request[..], &[at]].concat()));
        assert_accepted(&judged(&at));
        let later = UnixTime::new(1_795_313_907 + 3_600).to_rfc3339();
        assert_refused(&judged(&later), "kb_iat");
    }

    #[test]
    fn what_cannot_be_read_is_not_judged() {
        let scene = Scene::new("unreadable");
        let credential = scene.chained(&json!({}));
        let nonsense = scene.write("nonsense.pem", "{}");
        let missing = Path::new("/nonexistent").display().to_string();
        for (trust, more) in [
            (&missing, vec![]),
            (&nonsense, vec![]),
            (&scene.trust(), vec!["--status", missing.as_str()]),
            (&scene.trust(), vec!["--nonce", "n"]),
            (&scene.trust(), vec!["--at", "yesterday"]),
        ] {
            let output = scene.run(&credential, trust, &more);
            assert_eq!(output.status.code(), Some(2), "{trust} {more:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        }
        let no_file = mahfada(&["verify", "sd-jwt", &missing, "--trust", &scene.trust()], "");
        assert_eq!(no_file.status.code(), Some(2));
    }
}
