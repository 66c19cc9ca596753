//! Expansion and RDFC-1.0 against Oxigraph's, which is an independent implementation.

use std::collections::BTreeSet;

use mahfada_crypto::Random as _;
use mahfada_crypto::pure::PROVIDER;
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, Dataset, GraphName, NamedNode};
use serde_json::{Map, Value};

use crate::json_ld::{BlankLabels, Selection, to_rdf};
use crate::rdf::{HashAlgorithm, Node, Object, Quad, canonicalize};
use crate::testing::SeededRandom;
use crate::vectors::{canonical, contexts, read, read_object};

fn context_document(url: &str) -> Vec<u8> {
    let path = match url {
        "https://www.w3.org/ns/credentials/v2" => "../../../crates/vc/contexts/credentials-v2.jsonld",
        "https://w3id.org/security/data-integrity/v2" => "../../../crates/vc/contexts/data-integrity-v2.jsonld",
        "https://www.w3.org/ns/credentials/examples/v2" => "contexts/credentials-examples-v2.jsonld",
        "https://w3id.org/citizenship/v4rc1" => "contexts/citizenship-v4rc1.jsonld",
        other => panic!("{other}"),
    };
    read(path).into_bytes()
}

fn oxigraph(document: &Map<String, Value>) -> Dataset {
    let text = Value::Object(document.clone()).to_string();
    JsonLdParser::new()
        .for_slice(text.as_bytes())
        .with_load_document_callback(|url, _| {
            Ok(JsonLdRemoteDocument {
                document: context_document(url),
                document_url: url.to_owned(),
            })
        })
        .map(Result::unwrap)
        .collect()
}

fn oxigraph_canonical(mut dataset: Dataset) -> Vec<String> {
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort();
    lines
}

#[test]
fn documents_make_the_same_statements() {
    let contexts = contexts();
    // Not those of the citizenship context: oxjsonld 0.2.7 loses their type-scoped terms, and then the published values.
    let documents = [
        read_object("vc-di-ecdsa/unsigned.json"),
        read_object("vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json"),
        read_object("vc-di-eddsa/proof-set-chain/signedProofSet2.json"),
        read_object("vc-di-ecdsa/ecdsa-sd-2023/prc/addProofConfig.json"),
    ];
    for document in documents {
        assert_eq!(
            canonical(&document, &contexts, HashAlgorithm::Sha256),
            oxigraph_canonical(oxigraph(&document))
        );
    }
}

#[test]
fn well_formed_inputs_of_the_data_model_make_the_same_statements() {
    let contexts = contexts().with_inline_contexts();
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/w3c/vcdm2-test-suite/input"
    );
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with("-ok.json") {
            continue;
        }
        let document = read_object(&format!("vcdm2-test-suite/input/{name}"));
        let Ok(quads) = to_rdf(&document, &Selection::All, &contexts, &mut BlankLabels::default()) else {
            continue;
        };
        let ours = canonicalize(&quads, HashAlgorithm::Sha256, PROVIDER.digest)
            .unwrap()
            .statements(&quads);
        assert_eq!(ours, oxigraph_canonical(oxigraph(&document)), "{name}");
        compared += 1;
    }
    assert!(compared >= 40, "{compared}");
}

/// Draws a graph of up to five blank nodes in up to three graphs, with few predicates so that nodes look alike.
fn draw(random: &SeededRandom) -> BTreeSet<(u8, u8, u8, Option<u8>)> {
    let mut bytes = [0; 41];
    random.fill(&mut bytes).unwrap();
    let nodes = bytes[40] % 4 + 2;
    let quads = bytes[39] % 9 + 1;
    bytes
        .chunks_exact(4)
        .take(quads.into())
        .map(|quad| {
            (
                quad[0] % nodes,
                quad[1] % 2,
                quad[2] % nodes,
                Some(quad[3] % 8).filter(|name| *name < 2),
            )
        })
        .collect()
}

#[test]
fn random_graphs_canonicalize_alike() {
    let random = SeededRandom::new(11);
    for round in 0..2_000 {
        let graph = draw(&random);
        let ours: Vec<Quad> = graph
            .iter()
            .map(|&(subject, predicate, object, name)| Quad {
                subject: Node::Blank(subject.into()),
                predicate: format!("http://e.example/{predicate}").into(),
                object: Object::Node(Node::Blank(object.into())),
                graph: name.map(|name| Node::Blank(name.into())),
            })
            .collect();
        let blank = |number: u8| BlankNode::new(format!("n{number}")).unwrap();
        let theirs: Dataset = graph
            .iter()
            .map(|&(subject, predicate, object, name)| {
                let graph = name.map_or(GraphName::DefaultGraph, |name| blank(name).into());
                let predicate = NamedNode::new(format!("http://e.example/{predicate}")).unwrap();
                oxrdf::Quad::new(blank(subject), predicate, blank(object), graph)
            })
            .collect();
        let labels = canonicalize(&ours, HashAlgorithm::Sha256, PROVIDER.digest).unwrap();
        assert_eq!(
            labels.statements(&ours),
            oxigraph_canonical(theirs),
            "round {round}: {graph:?}"
        );
    }
}
