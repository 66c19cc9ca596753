//! Card sessions.

use mahfada_storage::{
    CardSession, CardSessionRepository, CardSessionState, ClientId, ConfigurationId, IssuerId, SessionId, StorageError,
    TokenHash,
};
use rusqlite::params;

use super::name_of;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "card_session";
const STATES: &[(CardSessionState, &str)] = &[(CardSessionState::Open, "open"), (CardSessionState::Spent, "spent")];

fn read(columns: &Columns<'_>) -> Result<CardSession, StorageError> {
    Ok(CardSession {
        hash: TokenHash::new(columns.get("hash")?),
        issuer: columns.id("issuer", IssuerId::new)?,
        configuration_id: columns.id("configuration_id", ConfigurationId::new)?,
        client_id: columns.id("client_id", ClientId::new)?,
        wallet_jkt: columns.get("wallet_jkt")?,
        key_commitment: columns.get("key_commitment")?,
        code_challenge: columns.get("code_challenge")?,
        session_id: columns.id("session_id", SessionId::new)?,
        nonce: columns.get("nonce")?,
        expires_at: columns.time("expires_at")?,
        state: columns.one_of("state", STATES)?,
    })
}

impl CardSessionRepository for SqliteUnit<'_> {
    fn add(&mut self, session: &CardSession) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO card_session (hash, issuer, configuration_id, client_id, wallet_jkt,
                 key_commitment, code_challenge, session_id, nonce, expires_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                session.hash.as_bytes(),
                session.issuer.as_str(),
                session.configuration_id.as_str(),
                session.client_id.as_str(),
                session.wallet_jkt,
                session.key_commitment,
                session.code_challenge,
                session.session_id.as_str(),
                session.nonce,
                session.expires_at.seconds(),
                name_of(session.state, STATES)?,
            ],
        )?;
        Ok(())
    }

    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<CardSession>, StorageError> {
        self.find(
            TABLE,
            "SELECT * FROM card_session WHERE hash = ?1",
            [hash.as_bytes()],
            read,
        )
    }

    fn spend(&mut self, hash: &TokenHash) -> Result<bool, StorageError> {
        let spent = self.change(
            "UPDATE card_session SET state = 'spent' WHERE hash = ?1 AND state = 'open'",
            [hash.as_bytes()],
        )?;
        Ok(spent == 1)
    }
}
