//! Presentations.

use mahfada_base::UnixTime;
use mahfada_storage::{
    Digest32, PURGE_BATCH, Presentation, PresentationFlow, PresentationId, PresentationRepository, PresentationState,
    RequestId, Sealed, StorageError, TenantId, TokenHash,
};
use rusqlite::params;

use super::name_of;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "presentation";
const FLOWS: &[(PresentationFlow, &str)] = &[
    (PresentationFlow::SameDevice, "same_device"),
    (PresentationFlow::CrossDevice, "cross_device"),
];
const STATES: &[(PresentationState, &str)] = &[
    (PresentationState::Open, "open"),
    (PresentationState::Answered, "answered"),
    (PresentationState::Completed, "completed"),
];

fn read(columns: &Columns<'_>) -> Result<Presentation, StorageError> {
    Ok(Presentation {
        id: columns.id("id", PresentationId::new)?,
        tenant: columns.id("tenant", TenantId::new)?,
        request_id: columns.id("request_id", RequestId::new)?,
        flow: columns.one_of("flow", FLOWS)?,
        browser_session: columns.get("browser_session")?,
        response_code: columns.get::<Option<[u8; 32]>>("response_code")?.map(TokenHash::new),
        nonce: columns.get("nonce")?,
        state_param: columns.get("state_param")?,
        encryption_key: Sealed::new(columns.get("encryption_key")?),
        query: columns.get("query")?,
        purpose: columns.get("purpose")?,
        expires_at: columns.time("expires_at")?,
        state: columns.one_of("state", STATES)?,
        verdict: columns.get::<Option<Vec<u8>>>("verdict")?.map(Sealed::new),
    })
}

impl PresentationRepository for SqliteUnit<'_> {
    fn add(&mut self, presentation: &Presentation) -> Result<(), StorageError> {
        if presentation.state != PresentationState::Open {
            return Err(StorageError::Conflict);
        }
        self.change(
            "INSERT INTO presentation (id, tenant, request_id, flow, browser_session, response_code,
                 nonce, state_param, encryption_key, query, purpose, expires_at, state, verdict)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                presentation.id.as_str(),
                presentation.tenant.as_str(),
                presentation.request_id.as_str(),
                name_of(presentation.flow, FLOWS)?,
                presentation.browser_session,
                presentation.response_code.as_ref().map(TokenHash::as_bytes),
                presentation.nonce,
                presentation.state_param,
                presentation.encryption_key.as_bytes(),
                presentation.query,
                presentation.purpose,
                presentation.expires_at.seconds(),
                name_of(presentation.state, STATES)?,
                presentation.verdict.as_ref().map(Sealed::as_bytes),
            ],
        )?;
        Ok(())
    }

    fn lookup(&mut self, id: &PresentationId) -> Result<Option<Presentation>, StorageError> {
        self.find(TABLE, "SELECT * FROM presentation WHERE id = ?1", [id.as_str()], read)
    }

    fn lookup_by_request(&mut self, request_id: &RequestId) -> Result<Option<Presentation>, StorageError> {
        let sql = "SELECT * FROM presentation WHERE request_id = ?1";
        self.find(TABLE, sql, [request_id.as_str()], read)
    }

    fn answer(
        &mut self,
        id: &PresentationId,
        verdict: &Sealed,
        response_code: Option<&TokenHash>,
    ) -> Result<bool, StorageError> {
        let answered = self.change(
            "UPDATE presentation SET state = 'answered', verdict = ?2, response_code = ?3
             WHERE id = ?1 AND state = 'open'",
            params![id.as_str(), verdict.as_bytes(), response_code.map(TokenHash::as_bytes)],
        )?;
        Ok(answered == 1)
    }

    fn complete_by_response_code(
        &mut self,
        response_code: &TokenHash,
        browser_session: &Digest32,
    ) -> Result<Option<PresentationId>, StorageError> {
        self.find(
            TABLE,
            "UPDATE presentation SET state = 'completed'
             WHERE response_code = ?1 AND browser_session = ?2 AND state = 'answered'
             RETURNING id",
            params![response_code.as_bytes(), browser_session],
            |columns| columns.id("id", PresentationId::new),
        )
    }

    fn purge_before(&mut self, expired_before: UnixTime) -> Result<u64, StorageError> {
        let sql = "DELETE FROM presentation WHERE rowid IN
             (SELECT rowid FROM presentation WHERE expires_at < ?1 LIMIT ?2)";
        Ok(self.change(sql, params![expired_before.seconds(), PURGE_BATCH])? as u64)
    }

    fn count_open(&mut self, now: UnixTime) -> Result<u64, StorageError> {
        let sql = "SELECT count(*) AS open FROM presentation WHERE state = 'open' AND expires_at > ?1";
        let open = self.find(TABLE, sql, [now.seconds()], |columns| columns.count("open"))?;
        Ok(open.unwrap_or(0))
    }
}
