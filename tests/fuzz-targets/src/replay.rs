//! The corpus in the normal tests: every file, its truncations, and its single flipped bits.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::card::{card, sign_groups};
use crate::message::Message;
use crate::{Reached, TARGETS, Target};

const MOST_FILES: usize = 30;
const MOST_BYTES: u64 = 200 * 1024;
/// How many truncations and how many flips each file gets, spread over its length.
const MUTATIONS: usize = 24;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("corpus").join(target.name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    for (_, bytes) in corpus(target) {
        (target.run)(&bytes);
        let stride = (bytes.len() / MUTATIONS).max(1);
        for position in (0..bytes.len()).step_by(stride) {
            (target.run)(bytes.get(..position).unwrap());
            let mut flipped = bytes.clone();
            *flipped.get_mut(position).unwrap() ^= 1 << (position % 8);
            (target.run)(&flipped);
        }
    }
}

macro_rules! replays {
    ($($name:ident)*) => {
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { replay(stringify!($name)); })*
    };
}

replays! {
    jws jwe jwk sd_jwt kb_jwt credential status_list dcql request_object response proof dpop offer request_uri metadata
    form lote root registration x5c tlv dg1 dg11 dg12 dg14 dg15 sod aa evidence card_session card_anchors
}

/// With `MAHFADA_BLESS=1` it writes the seeds instead.
#[test]
fn the_corpus_holds_every_seed() {
    let bless = std::env::var_os("MAHFADA_BLESS").is_some();
    for target in TARGETS {
        let folder = folder().join("corpus").join(target.name);
        let seeds = (target.seeds)();
        if bless {
            fs::create_dir_all(&folder).unwrap();
            for (name, _) in corpus(target) {
                if name.starts_with("seed-") {
                    fs::remove_file(folder.join(name)).unwrap();
                }
            }
            for seed in &seeds {
                fs::write(folder.join(format!("seed-{}", seed.name)), &seed.bytes).unwrap();
            }
        }
        let files = corpus(target).into_iter().filter(|(name, _)| name.starts_with("seed-"));
        let files: BTreeSet<_> = files.collect();
        let seeds = seeds
            .into_iter()
            .map(|seed| (format!("seed-{}", seed.name), seed.bytes))
            .collect();
        assert!(
            files == seeds,
            "the seeds of {} changed: MAHFADA_BLESS=1 writes them",
            target.name
        );
    }
}

#[test]
fn a_seed_of_every_target_comes_as_far_as_the_target_goes() {
    for target in TARGETS {
        let outcomes = corpus(target)
            .into_iter()
            .map(|(name, bytes)| ((target.run)(&bytes), name));
        let best = outcomes.max().unwrap();
        assert_eq!(best.0, target.highest, "{}: {}", target.name, best.1);
    }
}

#[test]
fn only_what_nobody_signs_stops_at_its_form() {
    let unsigned: Vec<_> = TARGETS
        .iter()
        .filter(|target| target.highest != Reached::Verified)
        .map(|target| target.name)
        .collect();
    assert_eq!(
        unsigned,
        ["offer", "request_uri", "metadata", "form", "tlv", "card_anchors"]
    );
}

#[test]
#[should_panic(expected = "verified what nobody signed")]
fn a_verified_message_that_is_no_seed_is_a_finding() {
    let received = Message::read(b"header.other.signature", |_| String::new()).unwrap();
    received.require_genuine(&BTreeSet::from(["header.payload".to_owned()]));
}

#[test]
fn signing_unchanged_files_anew_gives_the_card_that_was() {
    assert!(sign_groups(&card().groups) == card().sod);
}

#[test]
fn the_corpus_stays_small() {
    for target in TARGETS {
        let files = corpus(target);
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        assert!(files.len() <= MOST_FILES && bytes <= MOST_BYTES, "{}", target.name);
    }
}

#[test]
fn table_binaries_corpus_and_replay_name_the_same_targets() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let listed = |sub: &str| -> BTreeSet<String> {
        fs::read_dir(folder().join(sub))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("corpus"), names);
    assert_eq!(
        REPLAYED.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(),
        names
    );
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in &names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "no binary of {name}");
    }
}

#[test]
fn every_input_that_is_too_long_is_refused_soon() {
    let long = vec![b'A'; 2 * 1024 * 1024];
    for target in TARGETS {
        for first in *b"A{0w" {
            let mut input = long.clone();
            *input.first_mut().unwrap() = first;
            (target.run)(&input);
        }
    }
}
