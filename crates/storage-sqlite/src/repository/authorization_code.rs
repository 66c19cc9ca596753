//! Authorization codes.

use mahfada_storage::{
    AuthorizationCode, AuthorizationCodeRepository, ClientId, ConfigurationId, IssuerId, Sealed, StorageError,
    TokenHash,
};
use rusqlite::params;

use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "authorization_code";

fn read(columns: &Columns<'_>) -> Result<AuthorizationCode, StorageError> {
    Ok(AuthorizationCode {
        hash: TokenHash::new(columns.get("hash")?),
        issuer: columns.id("issuer", IssuerId::new)?,
        configuration_id: columns.id("configuration_id", ConfigurationId::new)?,
        client_id: columns.id("client_id", ClientId::new)?,
        wallet_jkt: columns.get("wallet_jkt")?,
        key_commitment: columns.get("key_commitment")?,
        code_challenge: columns.get("code_challenge")?,
        subject: Sealed::new(columns.get("subject")?),
        person_ref: columns.get("person_ref")?,
        card_ref: columns.get("card_ref")?,
        expires_at: columns.time("expires_at")?,
        redeemed_for: columns.get::<Option<[u8; 32]>>("redeemed_for")?.map(TokenHash::new),
    })
}

impl AuthorizationCodeRepository for SqliteUnit<'_> {
    fn add(&mut self, code: &AuthorizationCode) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO authorization_code (hash, issuer, configuration_id, client_id, wallet_jkt,
                 key_commitment, code_challenge, subject, person_ref, card_ref, expires_at, redeemed_for)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                code.hash.as_bytes(),
                code.issuer.as_str(),
                code.configuration_id.as_str(),
                code.client_id.as_str(),
                code.wallet_jkt,
                code.key_commitment,
                code.code_challenge,
                code.subject.as_bytes(),
                code.person_ref,
                code.card_ref,
                code.expires_at.seconds(),
                code.redeemed_for.as_ref().map(TokenHash::as_bytes),
            ],
        )?;
        Ok(())
    }

    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<AuthorizationCode>, StorageError> {
        self.find(
            TABLE,
            "SELECT * FROM authorization_code WHERE hash = ?1",
            [hash.as_bytes()],
            read,
        )
    }

    fn redeem(&mut self, hash: &TokenHash, token: &TokenHash) -> Result<bool, StorageError> {
        let redeemed = self.change(
            "UPDATE authorization_code SET redeemed_for = ?2
             WHERE hash = ?1 AND redeemed_for IS NULL",
            params![hash.as_bytes(), token.as_bytes()],
        )?;
        Ok(redeemed == 1)
    }
}
