//! The rules of ARCHITECTURE.md as data: who may import whom, what nobody may import, which licences are welcome.

use crate::graph::{Graph, Package};

/// Own packages and the own packages each may import (normal and build dependencies).
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("crypto", &["base"]),
    ("x509", &LAYER_0),
    ("jose", &["base", "crypto", "x509"]),
    ("sd-jwt", &LAYER_1),
    ("status-list", &UP_TO_SD_JWT),
    ("vc", &UP_TO_SD_JWT),
    ("credential", &UP_TO_FORMATS),
    ("oauth2", &UP_TO_CREDENTIAL),
    ("trust", &UP_TO_CREDENTIAL),
    ("eid", &UP_TO_CREDENTIAL),
    (
        "openid4vci",
        &[
            "base",
            "credential",
            "crypto",
            "jose",
            "oauth2",
            "sd-jwt",
            "status-list",
            "x509",
        ],
    ),
    (
        "openid4vp",
        &[
            "base",
            "credential",
            "crypto",
            "jose",
            "oauth2",
            "sd-jwt",
            "status-list",
            "trust",
            "x509",
        ],
    ),
    ("wallet-core", &LAYERS_0_TO_3),
    ("storage", &LAYERS_0_TO_3),
    ("storage-sqlite", &WITH_STORAGE),
    ("web", &WITH_STORAGE),
    ("telemetry", &["base", "web"]),
    ("events", &WITH_WEB),
    ("issuer", &WITH_LAYER_4),
    ("verifier", &WITH_LAYER_4),
    ("trust-registry", &WITH_LAYER_4),
    ("architecture", &[]),
    ("conformance", &[]),
];

const LAYER_0: [&str; 2] = ["base", "crypto"];
const LAYER_1: [&str; 4] = ["base", "crypto", "jose", "x509"];
const UP_TO_SD_JWT: [&str; 5] = ["base", "crypto", "jose", "sd-jwt", "x509"];
const UP_TO_FORMATS: [&str; 6] = ["base", "crypto", "jose", "sd-jwt", "status-list", "x509"];
const UP_TO_CREDENTIAL: [&str; 7] = ["base", "credential", "crypto", "jose", "sd-jwt", "status-list", "x509"];
const LAYERS_0_TO_3: [&str; 12] = [
    "base",
    "credential",
    "crypto",
    "eid",
    "jose",
    "oauth2",
    "openid4vci",
    "openid4vp",
    "sd-jwt",
    "status-list",
    "trust",
    "x509",
];
const WITH_STORAGE: [&str; 13] = [
    "base",
    "credential",
    "crypto",
    "eid",
    "jose",
    "oauth2",
    "openid4vci",
    "openid4vp",
    "sd-jwt",
    "status-list",
    "storage",
    "trust",
    "x509",
];
const WITH_WEB: [&str; 14] = [
    "base",
    "credential",
    "crypto",
    "eid",
    "jose",
    "oauth2",
    "openid4vci",
    "openid4vp",
    "sd-jwt",
    "status-list",
    "storage",
    "trust",
    "web",
    "x509",
];
const WITH_LAYER_4: [&str; 17] = [
    "base",
    "credential",
    "crypto",
    "eid",
    "events",
    "jose",
    "oauth2",
    "openid4vci",
    "openid4vp",
    "sd-jwt",
    "status-list",
    "storage",
    "storage-sqlite",
    "telemetry",
    "trust",
    "web",
    "x509",
];

/// Packages that see everything and that nobody sees.
const TOPS: &[&str] = &["mahfada", "mahfada-fuzz-targets", "mahfada-tests", "mahfada-bench"];

/// Own packages that stay free of a runtime, the network, a database and a server, directly or not.
const SANS_IO: &[&str] = &[
    "base",
    "credential",
    "crypto",
    "eid",
    "jose",
    "oauth2",
    "openid4vci",
    "openid4vp",
    "sd-jwt",
    "status-list",
    "trust",
    "vc",
    "wallet-core",
    "x509",
];
const IO_PACKAGES: &[&str] = &[
    "tokio",
    "actix-web",
    "actix-rt",
    "reqwest",
    "hyper",
    "rusqlite",
    "rustls",
    "mio",
    "async-std",
];

/// Packages that nothing of ours may bring in, with the reason (docs/adr/).
const BANNED: &[(&str, &str)] = &[
    ("openssl", "ADR 0003"),
    ("openssl-sys", "ADR 0003"),
    ("native-tls", "ADR 0003"),
    ("josekit", "ADR 0003"),
    ("sled", "ADR 0004"),
    ("didkit", "ADR 0002"),
    ("rsa", "RUSTSEC-2023-0071, the Marvin attack"),
    ("actix-governor", "GPL-3.0"),
    ("serde_cbor", "RUSTSEC-2021-0127"),
    ("bincode", "RUSTSEC-2025-0141"),
    ("pkcs11", "RUSTSEC-2022-0034"),
    ("isomdl", "does not compare digests as a verifier"),
];

/// Licences that may be linked into an Apache-2.0 product without copyleft on our files.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Returns one sentence per rule that the graph breaks.
pub(crate) fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for package in graph.packages() {
        if package.own {
            check_imports(graph, package, &mut found);
            check_sans_io(graph, package, &mut found);
        }
        check_ban(package, &mut found);
        check_licence(package, &mut found);
    }
    found
}

fn check_imports(graph: &Graph, package: &Package, found: &mut Vec<String>) {
    if TOPS.contains(&package.name.as_str()) {
        return;
    }
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == short(package)) else {
        found.push(format!(
            "{} has no place in the layers: add it to the rules",
            package.name
        ));
        return;
    };
    for import in graph.imports(package).filter(|import| import.own) {
        if !allowed.contains(&short(import)) {
            found.push(format!("{} must not import {}", package.name, import.name));
        }
    }
}

fn check_sans_io(graph: &Graph, package: &Package, found: &mut Vec<String>) {
    if !SANS_IO.contains(&short(package)) {
        return;
    }
    let reachable = graph.reachable(package);
    for io in IO_PACKAGES.iter().filter(|io| reachable.contains(**io)) {
        found.push(format!("{} is sans I/O and must not reach {io}", package.name));
    }
}

fn check_ban(package: &Package, found: &mut Vec<String>) {
    if let Some((name, reason)) = BANNED.iter().find(|(name, _)| *name == package.name) {
        found.push(format!("{name} is banned: {reason}"));
    }
}

fn check_licence(package: &Package, found: &mut Vec<String>) {
    match &package.licence {
        None => found.push(format!("{} states no licence", package.name)),
        Some(licence) if !is_welcome(licence) => {
            found.push(format!("{} has the licence {licence}", package.name));
        }
        Some(_) => {}
    }
}

/// Judges an SPDX expression: every part of an AND, one part of an OR; the old slash means OR.
fn is_welcome(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ");
    let plain = plain.replace(['(', ')'], " ");
    plain
        .split(" AND ")
        .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

fn short(package: &Package) -> &str {
    package.name.strip_prefix("mahfada-").unwrap_or(&package.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(fixture: &str) -> Vec<String> {
        violations(&Graph::from_metadata(fixture.as_bytes()).unwrap())
    }

    #[test]
    fn a_graph_that_breaks_every_rule_is_told_so() {
        assert_eq!(
            judge(include_str!("../fixtures/forbidden.json")),
            [
                "mahfada-jose must not import mahfada-issuer",
                "mahfada-jose is sans I/O and must not reach tokio",
                "mahfada-novelty has no place in the layers: add it to the rules",
                "copyleft has the licence GPL-3.0-or-later",
                "sled is banned: ADR 0004",
                "nameless states no licence",
            ]
        );
    }

    #[test]
    fn a_graph_that_keeps_them_passes() {
        assert_eq!(judge(include_str!("../fixtures/allowed.json")), Vec::<String>::new());
    }

    #[test]
    fn licence_expressions_need_one_of_each_choice() {
        assert!(is_welcome("MIT OR Apache-2.0"));
        assert!(is_welcome("MIT/Apache-2.0"));
        assert!(is_welcome("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(is_welcome("MIT OR GPL-3.0"));
        assert!(!is_welcome("GPL-3.0"));
        assert!(!is_welcome("MIT AND GPL-3.0"));
    }
}
