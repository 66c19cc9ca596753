//! What an issuer demands of a card.

/// The demands of a card verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPolicy {
    /// The issuing state of the card as ISO 3166-1 alpha-3.
    pub country: String,
    /// The document codes of the machine readable zone that count; anything else, a passport or a residence permit of the
    /// same state, is refused. All are cards of size TD1.
    pub document_codes: Vec<String>,
    /// Whether algorithms of older cards count: SHA-1, RSA keys of 1024 to 1535 bits in the chip, and
    /// chip authentication with 3DES.
    pub allow_legacy: bool,
    /// Whether the chip must prove itself; without, a copied card passes at level `low`.
    pub require_chip_proof: bool,
    /// Whether a fresh revocation list must speak for the document signer.
    pub require_crl: bool,
}

impl Default for CardPolicy {
    /// Demands a Moroccan identity card with a chip that proves itself, and no legacy algorithm.
    fn default() -> Self {
        Self {
            country: "MAR".to_owned(),
            document_codes: vec!["I".to_owned(), "ID".to_owned()],
            allow_legacy: false,
            require_chip_proof: true,
            require_crl: false,
        }
    }
}
