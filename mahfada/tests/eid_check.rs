//! `mahfada eid check` against the 57 published cases, and against what only a file of cases can say.
#![forbid(unsafe_code)]

#[cfg(test)]
mod eid_check {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    use serde_json::{Value, json};

    fn cards() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/eid/virtual_cnie")
    }

    fn published() -> Value {
        serde_json::from_slice(&std::fs::read(cards().join("vectors.json")).unwrap()).unwrap()
    }

    fn run(file: &Path, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(["eid", "check"])
            .arg(file)
            .arg("--anchors")
            .arg(cards().join("anchors"))
            .arg("--links")
            .arg(cards().join("links"))
            .arg("--crls")
            .arg(cards().join("crls"))
            .args(more)
            .output()
            .unwrap()
    }

    fn lines(output: &Output) -> Vec<Value> {
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs a file of these cases, otherwise as published.
    fn run_cases(name: &str, cases: Vec<Value>, policy: Value) -> Output {
        let mut file = published();
        file["cases"] = cases.into();
        file["policy"] = policy;
        let path = std::env::temp_dir().join(format!("mahfada-eid-{}-{name}.json", std::process::id()));
        std::fs::write(&path, file.to_string()).unwrap();
        let output = run(&path, &[]);
        std::fs::remove_file(&path).unwrap();
        output
    }

    fn baseline(id: &str, changes: &Value) -> Value {
        let mut case = published()["cases"][0].clone();
        case["id"] = id.into();
        for (name, value) in changes.as_object().unwrap() {
            case[name] = value.clone();
        }
        case
    }

    fn policy() -> Value {
        json!({"require_country": "MA", "now": "2026-11-22T12:00:00Z", "challenge_ttl_s": 120, "session_ttl_s": 300})
    }

    fn reasons(output: &Output) -> Vec<Value> {
        lines(output).iter().map(|line| line["reason"].clone()).collect()
    }

    #[test]
    fn every_published_case_gets_its_verdict_and_one_of_its_codes() {
        for more in [&[][..], &["--allow-legacy"]] {
            let verdicts = lines(&run(&cards().join("vectors.json"), more));
            let cases = published()["cases"].as_array().unwrap().clone();
            assert_eq!((verdicts.len(), cases.len()), (57, 57));
            for (verdict, case) in verdicts.iter().zip(&cases) {
                assert_eq!(verdict["id"], case["id"]);
                let legacy = case["expect"] == "accept-legacy";
                if case["expect"] == "accept" || legacy && !more.is_empty() {
                    assert_eq!(verdict["verdict"], "accept", "{verdict}");
                    assert_eq!(verdict["reason"], Value::Null, "{verdict}");
                    assert_eq!(verdict["legacy"], legacy, "{verdict}");
                    assert_eq!(verdict["loa"], "low", "{verdict}");
                } else {
                    let codes = if legacy {
                        json!(["weak_hash"])
                    } else {
                        case["codes"].clone()
                    };
                    assert_eq!(verdict["verdict"], "reject", "{verdict}");
                    assert!(codes.as_array().unwrap().contains(&verdict["reason"]), "{verdict}");
                    let checks = verdict["checks"].as_array().unwrap();
                    let failed = checks.iter().find(|check| check["status"] == "failed").unwrap();
                    assert_eq!(failed["code"], verdict["reason"], "{verdict}");
                }
            }
        }
    }

    #[test]
    fn what_a_file_expects_does_not_matter() {
        let lies = json!({"expect": "reject", "reason": "all is lost", "codes": ["dsc_revoked"]});
        let output = run_cases("lies", vec![baseline("a", &lies)], policy());
        assert_eq!(lines(&output)[0]["verdict"], "accept");
    }

    #[test]
    fn a_session_takes_evidence_once() {
        let cases = vec![
            baseline("first", &json!({})),
            baseline("second", &json!({"after": "first"})),
            baseline("third", &json!({"after": "second"})),
            baseline("alone", &json!({})),
        ];
        let consumed = json!("session_consumed");
        assert_eq!(
            reasons(&run_cases("after", cases, policy())),
            [Value::Null, consumed.clone(), consumed, Value::Null]
        );
    }

    #[test]
    fn a_case_that_follows_nothing_or_itself_cannot_be_judged() {
        let unknown = vec![baseline("a", &json!({"after": "b"}))];
        let circle = vec![
            baseline("a", &json!({"after": "b"})),
            baseline("b", &json!({"after": "a"})),
        ];
        let into_circle = vec![
            baseline("a", &json!({"after": "b"})),
            baseline("b", &json!({"after": "c"})),
            baseline("c", &json!({"after": "b"})),
        ];
        for (name, cases) in [("unknown", unknown), ("circle", circle), ("into", into_circle)] {
            assert_eq!(run_cases(name, cases, policy()).status.code(), Some(2), "{name}");
        }
    }

    #[test]
    fn a_challenge_has_an_age() {
        let cases = vec![
            baseline("young", &json!({"challenge_issued_at": "2026-11-22T11:58:00Z"})),
            baseline("old", &json!({"challenge_issued_at": "2026-11-22T11:57:59Z"})),
            baseline("future", &json!({"challenge_issued_at": "2026-11-22T12:00:01Z"})),
        ];
        let expired = json!("challenge_expired");
        assert_eq!(
            reasons(&run_cases("age", cases.clone(), policy())),
            [Value::Null, expired.clone(), expired]
        );
        let mut short_session = policy();
        short_session["session_ttl_s"] = 60.into();
        assert_eq!(
            reasons(&run_cases("session", cases, short_session))[0],
            "session_expired"
        );
    }

    #[test]
    fn a_case_may_have_authorities_of_its_own_or_none() {
        let cases = vec![
            baseline("own", &json!({"anchors": ["csca_2021"], "links": [], "crls": []})),
            baseline("none", &json!({"anchors": []})),
            baseline("other", &json!({"anchors": ["csca_FR"], "links": [], "crls": []})),
        ];
        let untrusted = json!("untrusted_issuer");
        assert_eq!(
            reasons(&run_cases("anchors", cases, policy())),
            [Value::Null, untrusted.clone(), untrusted]
        );
    }

    #[test]
    fn a_policy_may_demand_a_revocation_list_and_another_country() {
        let cases = vec![baseline("with", &json!({})), baseline("without", &json!({"crls": []}))];
        let mut strict = policy();
        strict["require_crl"] = true.into();
        assert_eq!(
            reasons(&run_cases("crl", cases.clone(), strict)),
            [Value::Null, json!("status_unavailable")]
        );
        let mut french = policy();
        french["require_country"] = "FR".into();
        assert_eq!(reasons(&run_cases("country", cases, french))[0], "country_mismatch");
    }

    #[test]
    fn a_thumbprint_that_is_none_binds_nothing() {
        let output = run_cases("jkt", vec![baseline("a", &json!({"wallet_jkt": "00"}))], policy());
        assert_eq!(reasons(&output), [json!("binding_mismatch")]);
    }

    #[test]
    fn what_the_chip_signed_is_compared_with_the_derived_challenge_alone() {
        let silent = baseline("silent", &json!({"rnd_ifd": null}));
        let other_nonce = json!({"rnd_ifd": null, "c_nonce": "another"});
        let cases = vec![silent, baseline("other", &other_nonce)];
        assert_eq!(
            reasons(&run_cases("stated", cases, policy())),
            [Value::Null, json!("aa_signature_invalid")]
        );
    }

    #[test]
    fn ef_com_counts_for_nothing() {
        let output = run_cases("com", vec![baseline("a", &json!({"ef_com": "6000"}))], policy());
        let line = &lines(&output)[0];
        assert_eq!(line["verdict"], "accept");
        let ef_com = line["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["code"] == "ef_com");
        assert_eq!(ef_com.unwrap()["status"], "not_checked");
    }

    #[test]
    fn what_cannot_be_read_is_not_judged() {
        assert_eq!(run(Path::new("/nonexistent.json"), &[]).status.code(), Some(2));
        let missing = baseline("a", &json!({"crls": ["no_such_list"]}));
        let outside = baseline("a", &json!({"crls": ["../anchors/csca_2021"]}));
        let no_hex = baseline("a", &json!({"sod": "xy"}));
        let twice = vec![baseline("a", &json!({})), baseline("a", &json!({}))];
        for (name, cases) in [
            ("missing", vec![missing]),
            ("outside", vec![outside]),
            ("hex", vec![no_hex]),
            ("twice", twice),
        ] {
            let output = run_cases(name, cases, policy());
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{name}");
        }
    }
}
