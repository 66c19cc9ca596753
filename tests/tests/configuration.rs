//! `docs/configuration.md` is made from the types that the services read; `MAHFADA_BLESS=1` writes it anew.
#![forbid(unsafe_code)]

#[cfg(test)]
mod configuration {
    mod keys;
    mod reference;

    use std::path::PathBuf;

    use keys::keys;
    use reference::{SERVICES, render};

    fn page() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md")
    }

    #[test]
    fn the_page_says_what_the_types_say() {
        let rendered = render();
        if std::env::var_os(mahfada_web::openapi::BLESS).is_some() {
            std::fs::write(page(), &rendered).unwrap();
        }
        let written = std::fs::read_to_string(page()).unwrap_or_default();
        let same = |(one, other): (&str, &str)| one == other;
        let line = rendered
            .lines()
            .zip(written.lines())
            .take_while(|&pair| same(pair))
            .count();
        assert!(
            rendered == written,
            "docs/configuration.md differs from line {}; MAHFADA_BLESS=1 writes it anew",
            line + 1
        );
    }

    #[test]
    fn every_key_says_what_it_is_for() {
        for service in SERVICES {
            let keys = keys(&(service.schema)());
            assert!(
                keys.len() > 20,
                "{}: only {} keys were found",
                service.title,
                keys.len()
            );
            let silent: Vec<_> = keys.iter().filter(|key| key.description.is_empty()).collect();
            assert!(silent.is_empty(), "{}: no description: {silent:?}", service.title);
        }
    }

    #[test]
    fn the_page_names_the_variables_that_the_services_read() {
        for service in SERVICES {
            let name = format!("{}NO_SUCH_KEY", service.prefix);
            let refused = (service.load)(name).unwrap_err().to_string();
            assert!(refused.contains("no_such_key"), "{}: {refused}", service.title);
        }
    }
}
