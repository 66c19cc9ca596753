//! RDFC-1.0 with a bound on its work: hostile graphs make the algorithm factorial (RDFC-1.0 §7.1).

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use mahfada_crypto::Digest;

use super::Quad;

/// Hashes of related blank nodes that one canonicalization may compute; a refusal comes within a few milliseconds.
const WORK_LIMIT: u32 = 8_192;

/// How far one walk from a blank node to its neighbours may go, so that a long chain does not exhaust the stack.
const DEPTH_LIMIT: u32 = 100;

/// The hash that RDFC-1.0 is run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashAlgorithm {
    Sha256,
    Sha384,
}

impl HashAlgorithm {
    fn hex(self, digest: &dyn Digest, data: &[u8]) -> String {
        match self {
            Self::Sha256 => hex(&digest.sha256(data)),
            Self::Sha384 => hex(&digest.sha384(data)),
        }
    }
}

/// Writes bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)).copied().map(char::from))
        .collect()
}

/// The graph needs more work than an honest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the blank nodes are too alike to be told apart in bounded time")]
pub struct WorkLimitExceeded;

/// The canonical number of each blank node: `_:c14n<number>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CanonicalLabels(Vec<Option<u32>>);

impl CanonicalLabels {
    /// Returns the canonical number of a blank node that the dataset mentions.
    pub(crate) fn get(&self, blank: u32) -> Option<u32> {
        self.0.get(blank as usize).copied().flatten()
    }

    /// Writes `c14n<number>`.
    pub(crate) fn write(&self, blank: u32, out: &mut String) {
        if let Some(number) = self.get(blank) {
            out.push_str("c14n");
            out.push_str(&number.to_string());
        }
    }

    /// Returns the statements with canonical labels, in code point order, each once.
    pub(crate) fn statements(&self, quads: &[Quad]) -> Vec<String> {
        statements(quads, &|blank, out: &mut String| self.write(blank, out))
    }
}

/// Returns the statements under some labelling, in code point order, each once.
pub(crate) fn statements(quads: &[Quad], label: &impl Fn(u32, &mut String)) -> Vec<String> {
    let mut lines: Vec<String> = quads
        .iter()
        .map(|quad| {
            let mut line = String::with_capacity(160);
            quad.write(&mut line, label);
            line
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Numbers the blank nodes canonically (RDFC-1.0 §4.4).
///
/// # Errors
/// [`WorkLimitExceeded`] when telling the blank nodes apart takes more than a bounded number of steps.
pub(crate) fn canonicalize(
    quads: &[Quad],
    algorithm: HashAlgorithm,
    digest: &dyn Digest,
) -> Result<CanonicalLabels, WorkLimitExceeded> {
    let mut state = State::new(quads, algorithm, digest);
    let ambiguous = state.label_unique_nodes();
    for group in ambiguous {
        state.label_group(&group)?;
    }
    Ok(CanonicalLabels(state.canonical))
}

struct State<'a> {
    algorithm: HashAlgorithm,
    digest: &'a dyn Digest,
    /// The quads that mention each blank node.
    mentions: Vec<Vec<&'a Quad>>,
    first_degree: Vec<String>,
    canonical: Vec<Option<u32>>,
    issued: u32,
    work: u32,
    depth: u32,
}

/// A temporary issuer of `_:b<number>`, in order of issue.
#[derive(Clone, Default)]
struct Issuer {
    numbers: BTreeMap<u32, usize>,
    order: Vec<u32>,
}

impl Issuer {
    fn issue(&mut self, blank: u32) -> usize {
        if let Some(number) = self.numbers.get(&blank) {
            return *number;
        }
        let number = self.order.len();
        self.numbers.insert(blank, number);
        self.order.push(blank);
        number
    }
}

impl<'a> State<'a> {
    fn new(quads: &'a [Quad], algorithm: HashAlgorithm, digest: &'a dyn Digest) -> Self {
        let mut mentions: Vec<Vec<&Quad>> = Vec::new();
        for quad in quads {
            let mut seen = [None; 3];
            for (slot, (_, blank)) in seen.iter_mut().zip(quad.blanks()) {
                *slot = Some(blank);
            }
            let [a, b, c] = seen;
            let b = b.filter(|_| b != a);
            let c = c.filter(|_| c != a && c != b);
            for blank in [a, b, c].into_iter().flatten() {
                let place = blank as usize;
                if mentions.len() <= place {
                    mentions.resize_with(place.saturating_add(1), Vec::new);
                }
                if let Some(list) = mentions.get_mut(place) {
                    list.push(quad);
                }
            }
        }
        Self {
            algorithm,
            digest,
            canonical: vec![None; mentions.len()],
            first_degree: vec![String::new(); mentions.len()],
            mentions,
            issued: 0,
            work: 0,
            depth: 0,
        }
    }

    /// Labels the nodes whose own statements tell them apart, and returns the others in groups (§4.4.3 steps 3 and 4).
    fn label_unique_nodes(&mut self) -> Vec<Vec<u32>> {
        let mut by_hash: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for blank in 0..u32::try_from(self.mentions.len()).unwrap_or(u32::MAX) {
            if self.quads_of(blank).is_empty() {
                continue;
            }
            let hash = self.hash_first_degree(blank);
            if let Some(slot) = self.first_degree.get_mut(blank as usize) {
                slot.clone_from(&hash);
            }
            by_hash.entry(hash).or_default().push(blank);
        }
        let mut ambiguous = Vec::new();
        for group in by_hash.into_values() {
            match *group.as_slice() {
                [single] => self.issue(single),
                _ => ambiguous.push(group),
            }
        }
        ambiguous
    }

    /// Labels nodes that share their first degree hash (§4.4.3 step 5).
    fn label_group(&mut self, group: &[u32]) -> Result<(), WorkLimitExceeded> {
        let mut paths = Vec::new();
        for &blank in group {
            if self.canonical(blank).is_some() {
                continue;
            }
            let mut issuer = Issuer::default();
            issuer.issue(blank);
            paths.push(self.hash_n_degree(blank, &issuer)?);
        }
        paths.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, issuer) in paths {
            for blank in issuer.order {
                self.issue(blank);
            }
        }
        Ok(())
    }

    fn issue(&mut self, blank: u32) {
        if let Some(slot) = self.canonical.get_mut(blank as usize)
            && slot.is_none()
        {
            *slot = Some(self.issued);
            self.issued = self.issued.saturating_add(1);
        }
    }

    fn canonical(&self, blank: u32) -> Option<u32> {
        self.canonical.get(blank as usize).copied().flatten()
    }

    fn quads_of(&self, blank: u32) -> &[&'a Quad] {
        self.mentions.get(blank as usize).map(Vec::as_slice).unwrap_or_default()
    }

    fn spend(&mut self) -> Result<(), WorkLimitExceeded> {
        self.work = self.work.saturating_add(1);
        if self.work > WORK_LIMIT {
            return Err(WorkLimitExceeded);
        }
        Ok(())
    }

    /// Hash First Degree Quads (§4.6).
    fn hash_first_degree(&self, reference: u32) -> String {
        let label = |blank: u32, out: &mut String| out.push(if blank == reference { 'a' } else { 'z' });
        let mut lines: Vec<String> = self
            .quads_of(reference)
            .iter()
            .map(|quad| {
                let mut line = String::with_capacity(160);
                quad.write(&mut line, &label);
                line
            })
            .collect();
        lines.sort_unstable();
        self.algorithm.hex(self.digest, lines.concat().as_bytes())
    }

    /// Hash Related Blank Node (§4.7).
    fn hash_related(
        &mut self,
        related: u32,
        quad: &Quad,
        issuer: &Issuer,
        position: char,
    ) -> Result<String, WorkLimitExceeded> {
        self.spend()?;
        let mut input = String::from(position);
        if position != 'g' {
            input.push('<');
            input.push_str(&quad.predicate);
            input.push('>');
        }
        if let Some(number) = self.canonical(related) {
            push(&mut input, format_args!("_:c14n{number}"));
        } else if let Some(number) = issuer.numbers.get(&related) {
            push(&mut input, format_args!("_:b{number}"));
        } else if let Some(hash) = self.first_degree.get(related as usize) {
            input.push_str(hash);
        }
        Ok(self.algorithm.hex(self.digest, input.as_bytes()))
    }

    /// Hash N-Degree Quads (§4.8).
    fn hash_n_degree(&mut self, blank: u32, issuer: &Issuer) -> Result<(String, Issuer), WorkLimitExceeded> {
        self.spend()?;
        let mut by_hash: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for quad in self.quads_of(blank).to_vec() {
            for (position, related) in quad.blanks().filter(|(_, related)| *related != blank) {
                let hash = self.hash_related(related, quad, issuer, position)?;
                by_hash.entry(hash).or_default().push(related);
            }
        }
        let mut issuer = issuer.clone();
        let mut data = String::new();
        for (related_hash, group) in by_hash {
            data.push_str(&related_hash);
            let (path, chosen) = self.best_permutation(group, &issuer)?;
            data.push_str(&path);
            issuer = chosen;
        }
        Ok((self.algorithm.hex(self.digest, data.as_bytes()), issuer))
    }

    /// Tries the orders of equally hashed nodes and keeps the least path (§4.8.3 step 5.4).
    fn best_permutation(
        &mut self,
        mut group: Vec<u32>,
        issuer: &Issuer,
    ) -> Result<(String, Issuer), WorkLimitExceeded> {
        group.sort_unstable();
        let mut best: Option<(String, Issuer)> = None;
        loop {
            let least = best.as_ref().map(|(path, _)| path.as_str());
            if let Some(found) = self.walk_permutation(&group, issuer, least)? {
                best = Some(found);
            }
            if !next_permutation(&mut group) {
                break;
            }
        }
        Ok(best.unwrap_or_else(|| (String::new(), issuer.clone())))
    }

    fn walk_permutation(
        &mut self,
        order: &[u32],
        issuer: &Issuer,
        least: Option<&str>,
    ) -> Result<Option<(String, Issuer)>, WorkLimitExceeded> {
        // A path that is already longer and greater than the least one cannot win any more.
        let lost = |path: &str| least.is_some_and(|least| path.len() >= least.len() && path > least);
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut recursion = Vec::new();
        for &related in order {
            self.spend()?;
            if let Some(number) = self.canonical(related) {
                push(&mut path, format_args!("_:c14n{number}"));
            } else {
                if !issuer.numbers.contains_key(&related) {
                    recursion.push(related);
                }
                push(&mut path, format_args!("_:b{}", issuer.issue(related)));
            }
            if lost(&path) {
                return Ok(None);
            }
        }
        for related in recursion {
            self.depth = self.depth.saturating_add(1);
            if self.depth > DEPTH_LIMIT {
                return Err(WorkLimitExceeded);
            }
            let (hash, deeper) = self.hash_n_degree(related, &issuer)?;
            self.depth = self.depth.saturating_sub(1);
            push(&mut path, format_args!("_:b{}<{hash}>", issuer.issue(related)));
            issuer = deeper;
            if lost(&path) {
                return Ok(None);
            }
        }
        let wins = least.is_none_or(|least| path.as_str() < least);
        Ok(wins.then_some((path, issuer)))
    }
}

fn push(text: &mut String, part: fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(part);
}

/// Steps to the next order in lexicographic sequence; `false` after the last.
fn next_permutation(items: &mut [u32]) -> bool {
    let Some(pivot) = items.windows(2).rposition(|pair| matches!(pair, [a, b] if a < b)) else {
        return false;
    };
    let Some(value) = items.get(pivot).copied() else {
        return false;
    };
    let Some(swap) = items.iter().rposition(|item| *item > value) else {
        return false;
    };
    items.swap(pivot, swap);
    if let Some(tail) = items.get_mut(pivot.saturating_add(1)..) {
        tail.reverse();
    }
    true
}
