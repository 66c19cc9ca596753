//! The steps of the story, each with what it must show, and for each the sabotage that must be noticed.

mod presentations;
mod refusals;
mod scenes;

use std::io::Write as _;
use std::str::FromStr;
use std::time::Instant;

use serde_json::json;

use super::words::Language;
use super::world::World;
use super::{DemoError, Options};
use crate::phone::{MemoryHardware, Phone};

/// The name of a step, as `--break` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum StepName {
    /// The lists are published, fetched and verified from the pinned root.
    Registry,
    /// The card is tapped and the identity credential issued.
    Card,
    /// The social security credential is offered and redeemed.
    Offer,
    /// The store is sealed, reopened, and a changed copy refused.
    Store,
    /// A presentation from another device.
    CrossDevice,
    /// A presentation in the same browser, of two credentials.
    SameDevice,
    /// The verifier refuses to ask for too much.
    OverAsking,
    /// The wallet refuses when the verifier does not.
    CarelessVerifier,
    /// A valid leaf of another agency signs an identity credential.
    Usurper,
    /// A copied card without its chip key.
    CopiedCard,
    /// Revocation, and the same presentation again.
    Revocation,
}

impl StepName {
    /// Every step in the order of the story.
    pub const ALL: [Self; 11] = [
        Self::Registry,
        Self::Card,
        Self::Offer,
        Self::Store,
        Self::CrossDevice,
        Self::SameDevice,
        Self::OverAsking,
        Self::CarelessVerifier,
        Self::Usurper,
        Self::CopiedCard,
        Self::Revocation,
    ];

    /// Returns the name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Card => "card",
            Self::Offer => "offer",
            Self::Store => "store",
            Self::CrossDevice => "cross-device",
            Self::SameDevice => "same-device",
            Self::OverAsking => "over-asking",
            Self::CarelessVerifier => "careless-verifier",
            Self::Usurper => "usurper",
            Self::CopiedCard => "copied-card",
            Self::Revocation => "revocation",
        }
    }
}

impl FromStr for StepName {
    type Err = DemoError;

    fn from_str(text: &str) -> Result<Self, DemoError> {
        Self::ALL
            .into_iter()
            .find(|step| step.as_str() == text)
            .ok_or_else(|| DemoError::Unexpected(format!("no step {text}")))
    }
}

/// Whether a step is carried out honestly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// As it must be.
    None,
    /// With the one thing wrong that the step is there to show.
    Applied,
}

/// What a step has shown.
#[derive(Clone, Debug, Default)]
pub struct StepReport {
    /// A line per check, for people.
    pub lines: Vec<String>,
    /// Why the step did not end as it must.
    pub failure: Option<String>,
}

/// The world, the citizen's phone, and what has happened so far.
#[derive(Debug)]
pub struct Story {
    /// Everything that runs.
    pub world: World,
    /// The citizen's phone.
    pub phone: Phone,
    /// The language that people read.
    pub language: Language,
}

impl Story {
    /// Starts the world and takes a new phone.
    ///
    /// # Errors
    /// [`DemoError`] when a part cannot be made or started.
    pub async fn begin(language: Language) -> Result<Self, DemoError> {
        let world = World::start().await?;
        let file = world.folder().join("wallet.sealed");
        let hardware = Box::new(MemoryHardware::new()?);
        let phone = Phone::new(world.https.client().clone(), hardware, &world.pinned_root, file)?;
        Ok(Self { world, phone, language })
    }

    /// Carries out one step.
    ///
    /// # Errors
    /// [`DemoError`] only when the demonstration itself cannot go on.
    pub async fn step(&mut self, step: StepName, sabotage: Sabotage) -> Result<StepReport, DemoError> {
        let mut report = StepReport::default();
        let outcome = match step {
            StepName::Registry => self.registry(sabotage, &mut report).await,
            StepName::Card => self.card(sabotage, &mut report).await,
            StepName::Offer => self.offer(sabotage, &mut report).await,
            StepName::Store => self.store(sabotage, &mut report),
            StepName::CrossDevice => self.cross_device(sabotage, &mut report).await,
            StepName::SameDevice => self.same_device(sabotage, &mut report).await,
            StepName::OverAsking => self.over_asking(sabotage, &mut report).await,
            StepName::CarelessVerifier => self.careless_verifier(sabotage, &mut report).await,
            StepName::Usurper => self.usurper(sabotage, &mut report).await,
            StepName::CopiedCard => self.copied_card(sabotage, &mut report).await,
            StepName::Revocation => self.revocation(sabotage, &mut report).await,
        };
        match outcome {
            Ok(()) => {}
            Err(DemoError::Unexpected(failure)) => report.failure = Some(failure),
            Err(error) => return Err(error),
        }
        Ok(report)
    }
}

/// Tells the whole story and returns whether every step ended as it must.
pub(super) async fn tell(options: Options) -> Result<bool, DemoError> {
    let started = now();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}\n", options.language.heading())?;
    let mut story = Story::begin(options.language).await?;
    writeln!(out, "  · {} ms", started.elapsed().as_millis())?;
    let mut well = true;
    for (step, number) in StepName::ALL.into_iter().zip(1..) {
        let started = now();
        let sabotage = if options.sabotage == Some(step) {
            Sabotage::Applied
        } else {
            Sabotage::None
        };
        let report = story.step(step, sabotage).await?;
        let mark = if report.failure.is_none() { '✔' } else { '✘' };
        let title = options.language.title(step);
        writeln!(
            out,
            "{mark} {number:>2}. {title}  [{}, {} ms]",
            step.as_str(),
            started.elapsed().as_millis()
        )?;
        if !options.headless || report.failure.is_some() {
            for line in &report.lines {
                writeln!(out, "       {line}")?;
            }
        }
        if let Some(failure) = report.failure {
            writeln!(out, "       ✘ {failure}")?;
            well = false;
            break;
        }
    }
    writeln!(
        out,
        "\n{}  ({} ms)",
        options.language.ending(well),
        started.elapsed().as_millis()
    )?;
    if options.serve && well {
        serve(&mut out, &story).await?;
    }
    Ok(well)
}

/// Prints one JSON line with what is needed to go on by hand, and waits for Ctrl-C.
async fn serve(out: &mut impl std::io::Write, story: &Story) -> Result<(), DemoError> {
    let world = &story.world;
    let place = |place: &super::Place| json!({ "public": place.public_url, "management": place.management_url, "api_key": place.api_key });
    let line = json!({
        "ca_file": world.tls_anchor_file,
        "folder": world.folder(),
        "trust_registry": place(&world.registry),
        "issuer_pid": place(&world.dgsn),
        "issuer_cnss": place(&world.cnss),
        "verifier_narsa": place(&world.narsa),
        "verifier_hospital": place(&world.hospital),
    });
    writeln!(out, "{line}")?;
    out.flush()?;
    mahfada_web::server::shutdown_signal().await;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the demonstration measures how long its steps take"
)]
fn now() -> Instant {
    Instant::now()
}
