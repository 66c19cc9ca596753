//! Pre-authorized codes.

use mahfada_storage::{
    CodeState, ConfigurationId, IssuanceId, IssuerId, MAX_WRONG_TX_CODES, OfferId, PreAuthorizedCode,
    PreAuthorizedCodeRepository, Sealed, StorageError, TokenHash,
};
use rusqlite::params;

use super::name_of;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "pre_authorized_code";
const STATES: &[(CodeState, &str)] = &[
    (CodeState::Open, "open"),
    (CodeState::Redeemed, "redeemed"),
    (CodeState::Burnt, "burnt"),
];

fn read(columns: &Columns<'_>) -> Result<PreAuthorizedCode, StorageError> {
    Ok(PreAuthorizedCode {
        hash: TokenHash::new(columns.get("hash")?),
        issuer: columns.id("issuer", IssuerId::new)?,
        configuration_id: columns.id("configuration_id", ConfigurationId::new)?,
        offer_id: columns.id("offer_id", OfferId::new)?,
        subject: Sealed::new(columns.get("subject")?),
        tx_code: columns.get("tx_code")?,
        wrong_tx_codes: columns.get("wrong_tx_codes")?,
        state: columns.one_of("state", STATES)?,
        expires_at: columns.time("expires_at")?,
    })
}

impl PreAuthorizedCodeRepository for SqliteUnit<'_> {
    fn add(&mut self, code: &PreAuthorizedCode) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO pre_authorized_code (hash, issuer, configuration_id, offer_id, subject,
                 tx_code, wrong_tx_codes, state, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                code.hash.as_bytes(),
                code.issuer.as_str(),
                code.configuration_id.as_str(),
                code.offer_id.as_str(),
                code.subject.as_bytes(),
                code.tx_code,
                code.wrong_tx_codes,
                name_of(code.state, STATES)?,
                code.expires_at.seconds(),
            ],
        )?;
        Ok(())
    }

    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<PreAuthorizedCode>, StorageError> {
        self.find(
            TABLE,
            "SELECT * FROM pre_authorized_code WHERE hash = ?1",
            [hash.as_bytes()],
            read,
        )
    }

    fn lookup_by_offer(&mut self, offer_id: &OfferId) -> Result<Option<PreAuthorizedCode>, StorageError> {
        let sql = "SELECT * FROM pre_authorized_code WHERE offer_id = ?1";
        self.find(TABLE, sql, [offer_id.as_str()], read)
    }

    fn record_wrong_tx_code(&mut self, hash: &TokenHash) -> Result<u8, StorageError> {
        self.change(
            "UPDATE pre_authorized_code SET wrong_tx_codes = wrong_tx_codes + 1,
                 state = CASE WHEN wrong_tx_codes + 1 >= ?2 THEN 'burnt' ELSE state END
             WHERE hash = ?1 AND state = 'open'",
            params![hash.as_bytes(), MAX_WRONG_TX_CODES],
        )?;
        let code = PreAuthorizedCodeRepository::lookup(self, hash)?;
        code.map(|code| code.wrong_tx_codes).ok_or(StorageError::Conflict)
    }

    fn burn(&mut self, hash: &TokenHash) -> Result<bool, StorageError> {
        self.close_code(hash, CodeState::Burnt, None)
    }

    fn redeem(&mut self, hash: &TokenHash) -> Result<bool, StorageError> {
        self.close_code(hash, CodeState::Redeemed, None)
    }

    fn redeem_for(&mut self, hash: &TokenHash, token: &TokenHash) -> Result<bool, StorageError> {
        self.close_code(hash, CodeState::Redeemed, Some(token))
    }

    fn issuance_of_offer(&mut self, offer_id: &OfferId) -> Result<Option<IssuanceId>, StorageError> {
        let sql = "SELECT issuance FROM access_token WHERE issuance IS NOT NULL
             AND hash = (SELECT redeemed_for FROM pre_authorized_code WHERE offer_id = ?1)";
        self.find("access_token", sql, [offer_id.as_str()], |columns| {
            columns.id("issuance", IssuanceId::new)
        })
    }
}

impl SqliteUnit<'_> {
    fn close_code(&self, hash: &TokenHash, state: CodeState, token: Option<&TokenHash>) -> Result<bool, StorageError> {
        let closed = self.change(
            "UPDATE pre_authorized_code SET state = ?2, redeemed_for = ?3 WHERE hash = ?1 AND state = 'open'",
            params![hash.as_bytes(), name_of(state, STATES)?, token.map(TokenHash::as_bytes)],
        )?;
        Ok(closed == 1)
    }
}
