//! Issuances and the status of their copies.

use mahfada_storage::{
    CardRef, ConfigurationId, Issuance, IssuanceId, IssuanceRepository, IssuanceState, IssuerId, RevokeOutcome,
    StatusIndex, StatusListUri, StorageError,
};
use rusqlite::params;

use super::name_of;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "issuance";
const COPY: &str = "issuance_copy";
const STATES: &[(IssuanceState, &str)] = &[
    (IssuanceState::Valid, "valid"),
    (IssuanceState::Suspended, "suspended"),
    (IssuanceState::Revoked, "revoked"),
];

/// The value of a status entry for each state (Token Status List §7.1).
const fn status_value(state: IssuanceState) -> u8 {
    match state {
        IssuanceState::Valid => 0,
        IssuanceState::Revoked => 1,
        IssuanceState::Suspended => 2,
    }
}

fn read(columns: &Columns<'_>) -> Result<Issuance, StorageError> {
    Ok(Issuance {
        id: columns.id("id", IssuanceId::new)?,
        issuer: columns.id("issuer", IssuerId::new)?,
        configuration_id: columns.id("configuration_id", ConfigurationId::new)?,
        card_ref: columns.get("card_ref")?,
        person_ref: columns.get("person_ref")?,
        issued_on: columns.time("issued_on")?,
        state: columns.one_of("state", STATES)?,
        copies: Vec::new(),
    })
}

impl IssuanceRepository for SqliteUnit<'_> {
    fn add(&mut self, issuance: &Issuance) -> Result<(), StorageError> {
        if issuance.state != IssuanceState::Valid || issuance.copies.is_empty() {
            return Err(StorageError::Conflict);
        }
        self.change(
            "INSERT INTO issuance (id, issuer, configuration_id, card_ref, person_ref, issued_on, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'valid')",
            params![
                issuance.id.as_str(),
                issuance.issuer.as_str(),
                issuance.configuration_id.as_str(),
                issuance.card_ref,
                issuance.person_ref,
                issuance.issued_on.start_of_day().seconds(),
            ],
        )?;
        for copy in &issuance.copies {
            self.change(
                "INSERT INTO issuance_copy (uri, idx, issuance_id) VALUES (?1, ?2, ?3)",
                params![copy.uri.as_str(), copy.idx, issuance.id.as_str()],
            )?;
        }
        Ok(())
    }

    fn lookup(&mut self, id: &IssuanceId) -> Result<Option<Issuance>, StorageError> {
        let sql = "SELECT * FROM issuance WHERE id = ?1";
        let found = self.find(TABLE, sql, [id.as_str()], read)?;
        found.map(|issuance| self.with_copies(issuance)).transpose()
    }

    fn revoke(&mut self, id: &IssuanceId) -> Result<RevokeOutcome, StorageError> {
        match self.issuance_state(id)? {
            None => Ok(RevokeOutcome::NotFound),
            Some(IssuanceState::Revoked) => Ok(RevokeOutcome::AlreadyRevoked),
            Some(IssuanceState::Valid | IssuanceState::Suspended) => {
                self.set_issuance_state(id, IssuanceState::Revoked)?;
                Ok(RevokeOutcome::Revoked)
            }
        }
    }

    fn suspend(&mut self, id: &IssuanceId) -> Result<bool, StorageError> {
        self.move_issuance(id, IssuanceState::Valid, IssuanceState::Suspended)
    }

    fn reinstate(&mut self, id: &IssuanceId) -> Result<bool, StorageError> {
        self.move_issuance(id, IssuanceState::Suspended, IssuanceState::Valid)
    }

    fn list_by_issuer(&mut self, issuer: &IssuerId, limit: u32) -> Result<Vec<Issuance>, StorageError> {
        let sql = "SELECT * FROM issuance WHERE issuer = ?1 ORDER BY position DESC LIMIT ?2";
        let found = self.list(TABLE, sql, params![issuer.as_str(), limit], read)?;
        found.into_iter().map(|issuance| self.with_copies(issuance)).collect()
    }

    fn active_for_card(&mut self, card_ref: &CardRef) -> Result<Vec<Issuance>, StorageError> {
        let sql = "SELECT * FROM issuance WHERE card_ref = ?1 AND state <> 'revoked' ORDER BY position";
        let found = self.list(TABLE, sql, [card_ref], read)?;
        found.into_iter().map(|issuance| self.with_copies(issuance)).collect()
    }
}

impl SqliteUnit<'_> {
    fn with_copies(&self, issuance: Issuance) -> Result<Issuance, StorageError> {
        let sql = "SELECT uri, idx FROM issuance_copy WHERE issuance_id = ?1 ORDER BY uri, idx";
        let copies = self.list(COPY, sql, [issuance.id.as_str()], |columns| {
            let uri = columns.id("uri", StatusListUri::new)?;
            Ok(StatusIndex {
                uri,
                idx: columns.get("idx")?,
            })
        })?;
        Ok(Issuance { copies, ..issuance })
    }

    fn issuance_state(&self, id: &IssuanceId) -> Result<Option<IssuanceState>, StorageError> {
        let sql = "SELECT state FROM issuance WHERE id = ?1";
        self.find(TABLE, sql, [id.as_str()], |columns| columns.one_of("state", STATES))
    }

    fn move_issuance(&self, id: &IssuanceId, from: IssuanceState, to: IssuanceState) -> Result<bool, StorageError> {
        match self.issuance_state(id)? {
            None => Err(StorageError::Conflict),
            Some(IssuanceState::Revoked) => Err(StorageError::Irreversible),
            Some(state) if state == from => self.set_issuance_state(id, to).map(|()| true),
            Some(_) => Ok(false),
        }
    }

    fn set_issuance_state(&self, id: &IssuanceId, state: IssuanceState) -> Result<(), StorageError> {
        self.change(
            "UPDATE issuance SET state = ?2 WHERE id = ?1",
            params![id.as_str(), name_of(state, STATES)?],
        )?;
        self.change(
            "UPDATE status_entry SET value = ?2
             WHERE (uri, idx) IN (SELECT uri, idx FROM issuance_copy WHERE issuance_id = ?1)",
            params![id.as_str(), status_value(state)],
        )?;
        Ok(())
    }
}
