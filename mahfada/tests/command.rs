//! The command itself: its exit codes are what CI and operators rely on.
#![forbid(unsafe_code)]

#[cfg(test)]
mod command {
    use std::process::{Command, Output};

    use mahfada::demo::{StepName, World};

    fn mahfada(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mahfada"))
            .args(arguments)
            .output()
            .unwrap()
    }

    #[test]
    fn an_honest_run_ends_well_in_every_language() {
        for language in ["ar", "fr", "en"] {
            let output = mahfada(&["demo", "--headless", "--lang", language]);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{text}");
            assert_eq!(text.matches('✔').count(), StepName::ALL.len(), "{text}");
        }
    }

    #[test]
    fn every_sabotage_shows_in_the_exit_code_and_names_its_step() {
        for step in StepName::ALL {
            let output = mahfada(&["demo", "--headless", "--break", step.as_str()]);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(
                output.status.code(),
                Some(1),
                "{} was not noticed: {text}",
                step.as_str()
            );
            let failed = text.lines().find(|line| line.starts_with('✘')).unwrap_or_default();
            assert!(failed.contains(step.as_str()), "{}: {text}", step.as_str());
        }
    }

    #[test]
    fn a_service_that_trusts_the_test_card_authority_exits_with_78() {
        mahfada_web::tls::install_provider();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut world = runtime.block_on(World::start()).unwrap();
        world.stop();
        let config = world.folder().join("issuer.toml").display().to_string();
        let output = mahfada(&["serve", "issuer", "--config", &config]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{text}");
        assert!(text.contains("test_anchor_refused"), "{text}");
    }

    #[test]
    fn a_misspelt_key_exits_with_78_and_is_named() {
        let folder = std::env::temp_dir().join(format!("mahfada-command-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("verifier.toml");
        std::fs::write(&config, "storrage = { path = \"x\" }").unwrap();
        for service in ["verifier", "issuer", "trust-registry"] {
            let output = mahfada(&["serve", service, "--config", &config.display().to_string()]);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(78), "{service}: {text}");
            assert!(text.contains("storrage"), "{service}: {text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
