//! The evidence of an identity card: the verdict with authorities and revocation list loaded, and hostile input.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mahfada_base::UnixTime;
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_eid::{CardAnchors, CardPolicy, Evidence, ExpectedChallenge, Verdict, verify};
use serde_json::Value;

use crate::measure::{Cost, Failure, cost};
use crate::report::Report;

/// A recorded session with a card of the vectors.
struct Card {
    sod: Vec<u8>,
    dgs: BTreeMap<u8, Vec<u8>>,
    aa: Option<Vec<u8>>,
    expected: ExpectedChallenge,
    now: UnixTime,
}

/// Measures the verdicts.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let vectors: Value = serde_json::from_slice(&read("vectors.json")?)?;
    let anchors = anchors()?;
    for (id, what, most) in [
        ("P01-rsa-sha256", "card: passive and active authentication, RSA", 0.6e-3),
        ("P03-brainpool", "card: the same on brainpoolP384r1", 2.5e-3),
    ] {
        let card = Card::load(&vectors, id)?;
        card.judge(&anchors).accepted().map_err(str::to_owned)?;
        report.below(what, cost(|| Ok(card.judge(&anchors)))?, Cost(most));
    }
    let mut card = Card::load(&vectors, "P01-rsa-sha256")?;
    for (what, sod) in [
        ("card: SOD of 1 MiB, refused", vec![0x30; 1024 * 1024]),
        ("card: SOD nested 1,000 deep, refused", [0x30, 0x80].repeat(1_000)),
    ] {
        card.sod = sod;
        if card.judge(&anchors).accepted().is_ok() {
            return Err("a hostile SOD was accepted".into());
        }
        report.below(what, cost(|| Ok(card.judge(&anchors)))?, Cost(5e-3));
    }
    Ok(())
}

impl Card {
    fn load(vectors: &Value, id: &str) -> Result<Self, Failure> {
        let cases = vectors.get("cases").and_then(Value::as_array).ok_or("no cases")?;
        let case = cases
            .iter()
            .find(|case| case.get("id").and_then(Value::as_str) == Some(id))
            .ok_or("no such case")?;
        let text = |name: &'static str| case.get(name).and_then(Value::as_str).ok_or(name);
        let files = case.get("dgs").and_then(Value::as_object).ok_or("no data groups")?;
        let dgs = files.iter().map(|(number, file)| {
            let bytes = hex(file.as_str().ok_or("not text")?)?;
            Ok((number.parse()?, bytes))
        });
        let key = hex(vectors.get("server_hmac_key").and_then(Value::as_str).ok_or("no key")?)?;
        let commitment: [u8; 32] = hex(text("wallet_jkt")?)?.try_into().map_err(|_| "not 32 bytes")?;
        Ok(Self {
            sod: hex(text("sod")?)?,
            dgs: dgs.collect::<Result<_, Failure>>()?,
            aa: case.get("aa_response").and_then(Value::as_str).map(hex).transpose()?,
            expected: ExpectedChallenge::derive(PROVIDER.mac, &key, text("session")?, text("c_nonce")?, &commitment),
            now: UnixTime::from_rfc3339(text("now")?).ok_or("not a time")?,
        })
    }

    fn judge(&self, anchors: &CardAnchors) -> Verdict {
        let evidence = Evidence {
            sod: &self.sod,
            dgs: &self.dgs,
            aa: self.aa.as_deref(),
        };
        let policy = CardPolicy::default();
        verify(&evidence, &self.expected, anchors, &policy, self.now, PROVIDER.digest)
    }
}

fn anchors() -> Result<CardAnchors, Failure> {
    let [csca, brainpool] = [read("anchors/csca_2021.cer")?, read("anchors/csca_bp384.cer")?];
    let (anchors, reports) = CardAnchors::load(
        [csca.as_slice(), brainpool.as_slice()],
        std::iter::empty::<&[u8]>(),
        [read("crls/csca_2021.crl")?.as_slice()],
    )?;
    if reports.is_empty() {
        Ok(anchors)
    } else {
        Err("an authority of the vectors is odd".into())
    }
}

fn read(name: &str) -> Result<Vec<u8>, Failure> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../vectors/eid/virtual_cnie"]
        .iter()
        .collect();
    Ok(std::fs::read(folder.join(name))?)
}

fn hex(text: &str) -> Result<Vec<u8>, Failure> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?))
        .collect()
}
