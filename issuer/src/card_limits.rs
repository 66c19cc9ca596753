//! How often one address, card or person may go through a card session.

use mahfada_storage::{CardRef, PersonRef};
use mahfada_web::rate_limit::{ClientNetwork, KeyedLimit, LimitConfig, RateLimited};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::proofing::ProvenCard;

/// The section `card_limits`: card sessions cost the issuer signatures and chip proofs, so they are counted on their own.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CardLimitsConfig {
    /// How many card sessions one client address may open; many citizens share an address of their operator.
    pub per_address: LimitConfig,
    /// How often one card may be accepted.
    pub per_card: LimitConfig,
    /// How often one person may be accepted, whatever the card.
    pub per_person: LimitConfig,
}

impl Default for CardLimitsConfig {
    fn default() -> Self {
        Self {
            per_address: LimitConfig::new(600, 600),
            per_card: LimitConfig::new(20, 3_600),
            per_person: LimitConfig::new(20, 3_600),
        }
    }
}

/// The counts of card sessions; they live in the memory of the process.
#[derive(Debug)]
pub(crate) struct CardLimits {
    addresses: KeyedLimit<ClientNetwork>,
    cards: KeyedLimit<CardRef>,
    persons: KeyedLimit<PersonRef>,
}

impl CardLimits {
    pub(crate) fn new(config: &CardLimitsConfig) -> Self {
        Self {
            addresses: KeyedLimit::new(&config.per_address),
            cards: KeyedLimit::new(&config.per_card),
            persons: KeyedLimit::new(&config.per_person),
        }
    }

    /// Counts a session that an address opens.
    pub(crate) fn count_opened(&self, address: ClientNetwork) -> Result<(), RateLimited> {
        self.addresses.check(&address)
    }

    /// Counts a card that was proved, and its holder: before the proof nobody knows whose session it is.
    pub(crate) fn count_proven(&self, proven: &ProvenCard) -> Result<(), RateLimited> {
        if let Some(card) = &proven.card_ref {
            self.cards.check(card)?;
        }
        self.persons.check(&proven.person_ref)
    }
}
