//! Access tokens.

use mahfada_storage::{
    AccessToken, AccessTokenRepository, ClientId, ConfigurationId, IssuanceId, IssuerId, Sealed, StorageError,
    TokenHash,
};
use rusqlite::params;

use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "access_token";

fn read(columns: &Columns<'_>) -> Result<AccessToken, StorageError> {
    Ok(AccessToken {
        hash: TokenHash::new(columns.get("hash")?),
        issuer: columns.id("issuer", IssuerId::new)?,
        configuration_id: columns.id("configuration_id", ConfigurationId::new)?,
        client_id: columns.get::<Option<String>>("client_id")?.map(ClientId::new),
        wallet_jkt: columns.get("wallet_jkt")?,
        key_commitment: columns.get("key_commitment")?,
        subject: Sealed::new(columns.get("subject")?),
        person_ref: columns.get("person_ref")?,
        card_ref: columns.get("card_ref")?,
        issuance: columns.get::<Option<String>>("issuance")?.map(IssuanceId::new),
        expires_at: columns.time("expires_at")?,
        revoked: columns.get("revoked")?,
    })
}

impl AccessTokenRepository for SqliteUnit<'_> {
    fn add(&mut self, token: &AccessToken) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO access_token (hash, issuer, configuration_id, client_id, wallet_jkt,
                 key_commitment, subject, person_ref, card_ref, issuance, expires_at, revoked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                token.hash.as_bytes(),
                token.issuer.as_str(),
                token.configuration_id.as_str(),
                token.client_id.as_ref().map(ClientId::as_str),
                token.wallet_jkt,
                token.key_commitment,
                token.subject.as_bytes(),
                token.person_ref,
                token.card_ref,
                token.issuance.as_ref().map(IssuanceId::as_str),
                token.expires_at.seconds(),
                token.revoked,
            ],
        )?;
        Ok(())
    }

    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<AccessToken>, StorageError> {
        self.find(
            TABLE,
            "SELECT * FROM access_token WHERE hash = ?1",
            [hash.as_bytes()],
            read,
        )
    }

    fn revoke(&mut self, hash: &TokenHash) -> Result<bool, StorageError> {
        let revoked = self.change(
            "UPDATE access_token SET revoked = 1 WHERE hash = ?1 AND revoked = 0",
            [hash.as_bytes()],
        )?;
        Ok(revoked == 1)
    }

    fn set_issuance(&mut self, hash: &TokenHash, issuance: &IssuanceId) -> Result<Option<IssuanceId>, StorageError> {
        let token = AccessTokenRepository::lookup(self, hash)?.ok_or(StorageError::Conflict)?;
        self.change(
            "UPDATE access_token SET issuance = ?2 WHERE hash = ?1",
            params![hash.as_bytes(), issuance.as_str()],
        )?;
        Ok(token.issuance)
    }
}
