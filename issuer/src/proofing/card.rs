//! The card: challenge, evidence, policy, and the claims that follow (decisions D2, D3, D12, D13).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use mahfada_base::{Secret, UnixTime};
use mahfada_crypto::CryptoProvider;
use mahfada_eid::{
    CardAnchors, CardEvidence, CardPolicy, Evidence, ExpectedChallenge, LevelOfAssurance, LoadError, Verdict,
    VerifiedHolder, card_reference, verify,
};
use mahfada_storage::{CardRef, CardSession, PersonRef};
use serde_json::{Map, Value, json};

use crate::app::{Keys, TestAnchors};
use crate::config::CardConfig;

/// The version of the keys behind card and person references.
const REFERENCE_VERSION: u8 = 1;

/// The card authorities and the policy.
#[derive(Debug)]
pub(crate) struct CardProofing {
    anchors: CardAnchors,
    policy: CardPolicy,
    least_level: LevelOfAssurance,
}

/// What a card session has proved; `Debug` shows nothing of it.
pub(crate) struct ProvenCard {
    pub(crate) claims: Map<String, Value>,
    pub(crate) card_ref: Option<CardRef>,
    pub(crate) person_ref: PersonRef,
}

impl fmt::Debug for ProvenCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvenCard(…)")
    }
}

/// Why the card authorities cannot be used as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardConfigError {
    /// A folder or file cannot be read.
    #[error("card: cannot read {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// No certificate is left to be an anchor.
    #[error("card.anchors_dir")]
    Anchors(#[source] LoadError),
    /// The published test authority is configured as an anchor.
    #[error("card.anchors_dir: the test card authority is never an anchor of a service (test_anchor_refused)")]
    TestAnchor,
}

impl CardProofing {
    /// Loads certificates and lists; odd ones are reported in the log, not fatal.
    pub(crate) fn load(config: &CardConfig, test_anchors: TestAnchors) -> Result<Self, CardConfigError> {
        let cscas = read_folder(Some(&config.anchors_dir))?;
        let links = read_folder(config.links_dir.as_deref())?;
        let crls = read_folder(config.crls_dir.as_deref())?;
        let (anchors, reports) =
            CardAnchors::load(slices(&cscas), slices(&links), slices(&crls)).map_err(CardConfigError::Anchors)?;
        for report in reports {
            tracing::warn!(source = ?report.source, position = report.position, code = report.code, "card authority file left out");
        }
        if anchors.contains_test_csca() && test_anchors == TestAnchors::Refused {
            return Err(CardConfigError::TestAnchor);
        }
        let policy = CardPolicy {
            require_chip_proof: config.require_chip_proof,
            require_crl: config.require_crl,
            allow_legacy: config.allow_legacy,
            ..CardPolicy::default()
        };
        Ok(Self {
            anchors,
            policy,
            least_level: config.least_level,
        })
    }

    /// Derives the challenge of a session as the wallet receives it.
    pub(crate) fn challenge(session: &CardSession, keys: &Keys, crypto: &CryptoProvider) -> [u8; 8] {
        Self::expected(session, keys, crypto).rnd_ifd()
    }

    /// Derives the challenge of a session: keyed, and bound to the commitment (eid.md §4, decision D2).
    fn expected(session: &CardSession, keys: &Keys, crypto: &CryptoProvider) -> ExpectedChallenge {
        let key: &Secret<[u8; 32]> = &keys.challenge;
        ExpectedChallenge::derive(
            crypto.mac,
            key.expose(),
            session.session_id.as_str(),
            &session.nonce,
            &session.key_commitment,
        )
    }

    /// Verifies evidence for a session and derives claims and references.
    ///
    /// # Errors
    /// The stable code of the first check that does not hold.
    pub(crate) fn prove(
        &self,
        session: &CardSession,
        evidence: &CardEvidence,
        keys: &Keys,
        now: UnixTime,
        crypto: &CryptoProvider,
    ) -> Result<ProvenCard, &'static str> {
        let expected = Self::expected(session, keys, crypto);
        let files = Evidence {
            sod: &evidence.sod,
            dgs: &evidence.dgs,
            aa: evidence.aa.as_deref(),
        };
        let verdict = verify(&files, &expected, &self.anchors, &self.policy, now, crypto.digest);
        let holder = verdict.accepted()?;
        if verdict.loa().is_none_or(|level| level < self.least_level) {
            return Err("assurance_too_low");
        }
        Ok(ProvenCard {
            claims: claims(holder, &verdict, now),
            card_ref: card_ref(&evidence.dgs, keys, crypto),
            person_ref: person_ref(holder, keys, crypto),
        })
    }
}

/// The claims of a verified holder, in the names of the identity credential, and the assurance of the session.
fn claims(holder: &VerifiedHolder, verdict: &Verdict, now: UnixTime) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let text = |text: &str| Some(Value::from(text));
    put("family_name", text(holder.family_name()));
    put("given_name", text(holder.given_name()));
    put("family_name_ar", holder.family_name_ar().map(Value::from));
    put("given_name_ar", holder.given_name_ar().map(Value::from));
    put("birthdate", text(holder.birthdate()));
    put(
        "place_of_birth",
        holder.place_of_birth().map(|locality| json!({ "locality": locality })),
    );
    put(
        "nationalities",
        holder.nationality_alpha2().map(|country| json!([country])),
    );
    // ISO/IEC 5218: 1 male, 2 female.
    put(
        "sex",
        holder.sex().and_then(|sex| match sex {
            'M' => Some(1.into()),
            'F' => Some(2.into()),
            _ => None,
        }),
    );
    put(
        "address",
        holder.address().map(|formatted| json!({ "formatted": formatted })),
    );
    put("personal_administrative_number", text(holder.personal_number()));
    put("document_number", text(holder.document_number()));
    put("date_of_issuance", holder.date_of_issuance().map(Value::from));
    put("date_of_expiry", text(holder.date_of_expiry()));
    // Decision D7: level, methods and the day; never hashes, signatures or times that link.
    let (year, month, day) = now.date();
    put(
        "assurance",
        verdict.loa().map(|level| {
            json!({
                "level": level.as_str(),
                "methods": verdict.methods(),
                "trust_framework": "ma_cnie",
                "date": format!("{year:04}-{month:02}-{day:02}"),
            })
        }),
    );
    claims
}

fn card_ref(dgs: &BTreeMap<u8, Vec<u8>>, keys: &Keys, crypto: &CryptoProvider) -> Option<CardRef> {
    let file = |number: u8| dgs.get(&number).map(Vec::as_slice);
    card_reference(
        crypto.mac,
        keys.reference.expose(),
        REFERENCE_VERSION,
        file(15),
        file(14),
    )
}

fn person_ref(holder: &VerifiedHolder, keys: &Keys, crypto: &CryptoProvider) -> PersonRef {
    let number = holder.personal_number().as_bytes();
    let length = u32::try_from(number.len()).unwrap_or(u32::MAX).to_be_bytes();
    let message = [b"person\0".as_slice(), &[REFERENCE_VERSION], &length, number].concat();
    crypto.mac.hmac_sha256(keys.reference.expose(), &message)
}

fn read_folder(folder: Option<&Path>) -> Result<Vec<Vec<u8>>, CardConfigError> {
    let Some(folder) = folder else {
        return Ok(Vec::new());
    };
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| CardConfigError::Unreadable(path, error)
    };
    let mut paths = std::fs::read_dir(folder)
        .map_err(unreadable(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable(folder))?;
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).map_err(unreadable(path)))
        .collect()
}

fn slices(files: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    files.iter().map(Vec::as_slice)
}
