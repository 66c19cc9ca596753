use super::*;
use crate::label::OTHER;

/// Lets everything happen once that can be counted or measured.
fn everything() -> Metrics {
    let metrics = Metrics::new();
    metrics.issued("pid", "dc+sd-jwt", "issued");
    metrics.presentation("cnss", "open-account", "rejected", "kb_nonce");
    metrics.consent_refused("cnss");
    metrics.overask_blocked("cnss");
    metrics.verification_step("issuer_signature", Duration::from_micros(700));
    metrics.time_to_present(Duration::from_secs(8));
    metrics.nonce_replay();
    metrics.webhook_failure();
    metrics.set_webhook_backlog(3);
    metrics.set_session_active(2);
    metrics.set_session_completion_ratio(0.75);
    metrics.set_status_list_age_seconds("1", 60);
    metrics.set_status_list_capacity_used_ratio("1", 0.5);
    metrics.set_trust_list_age_seconds("pid-providers", 3600);
    metrics.set_trust_list_next_update_seconds("pid-providers", -5);
    metrics.set_cert_expiry_seconds("signing", 86_400);
    metrics.http_request("/offers/{id}", 200, Duration::from_millis(3));
    metrics
}

#[test]
fn the_exposition_holds_every_name_that_dashboards_use() {
    let text = everything().expose();
    for line in [
        r#"mahfada_issuance_total{type="pid",format="dc+sd-jwt",outcome="issued"} 1"#,
        r#"mahfada_presentations_total{rp="cnss",procedure="open-account",outcome="rejected",failure_code="kb_nonce"} 1"#,
        r#"mahfada_consent_refused_total{rp="cnss"} 1"#,
        r#"mahfada_overask_blocked_total{rp="cnss"} 1"#,
        r#"mahfada_verification_step_seconds_bucket{le="0.001",step="issuer_signature"} 1"#,
        r#"mahfada_time_to_present_seconds_bucket{le="10.0"} 1"#,
        "mahfada_nonce_replay_total 1",
        "mahfada_webhook_failures_total 1",
        "mahfada_webhook_backlog 3",
        "mahfada_session_active 2",
        "mahfada_session_completion_ratio 0.75",
        r#"mahfada_status_list_age_seconds{list="1"} 60"#,
        r#"mahfada_status_list_capacity_used_ratio{list="1"} 0.5"#,
        r#"mahfada_trust_list_age_seconds{list="pid-providers"} 3600"#,
        r#"mahfada_trust_list_next_update_seconds{list="pid-providers"} -5"#,
        r#"mahfada_cert_expiry_seconds{kind="signing"} 86400"#,
        r#"mahfada_http_request_duration_seconds_count{route="/offers/{id}",status="200"} 1"#,
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
}

#[test]
fn each_sample_belongs_to_a_described_family() {
    let text = everything().expose();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            described.split(' ').next().unwrap().clone_into(&mut family);
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let suffix = name.strip_prefix(&family).unwrap_or_else(|| panic!("{line}"));
            assert!(["", "_total", "_bucket", "_sum", "_count"].contains(&suffix), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn a_family_is_not_shown_before_something_happened() {
    assert_eq!(Metrics::new().expose(), "# EOF\n");
}

#[test]
fn clones_share_the_numbers() {
    let metrics = Metrics::new();
    metrics.clone().nonce_replay();
    assert!(metrics.expose().contains("mahfada_nonce_replay_total 1\n"));
}

#[test]
fn a_label_cannot_break_out_of_its_quotes() {
    let metrics = Metrics::new();
    metrics.consent_refused("a\"b\\");
    metrics.consent_refused("a\n# EOF");
    let text = metrics.expose();
    assert!(text.contains(r#"{rp="a\"b\\"} 1"#), "{text}");
    assert!(text.contains(&format!(r#"{{rp="{OTHER}"}} 1"#)), "{text}");
}

#[test]
fn workers_of_every_thread_share_one() {
    fn is_shared(_: impl Clone + Send + Sync + 'static) {}
    is_shared(Metrics::new());
}
