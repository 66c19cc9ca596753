//! The audit trail.

use mahfada_storage::{AuditEntry, AuditRecord, AuditRepository, AuditSequence, StorageError};
use rusqlite::params;

use super::integer;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "audit";

fn sequence(columns: &Columns<'_>) -> Result<AuditSequence, StorageError> {
    let value: i64 = columns.get("sequence")?;
    u64::try_from(value)
        .map(AuditSequence::new)
        .map_err(|_| StorageError::Inconsistent {
            table: TABLE,
            column: "sequence",
        })
}

fn read(columns: &Columns<'_>) -> Result<AuditEntry, StorageError> {
    let record = AuditRecord {
        at: columns.time("at")?,
        actor: columns.get("actor")?,
        action: columns.get("action")?,
        object_id: columns.get("object_id")?,
        outcome: columns.get("outcome")?,
        detail: columns.get("detail")?,
    };
    Ok(AuditEntry {
        sequence: sequence(columns)?,
        record,
    })
}

impl AuditRepository for SqliteUnit<'_> {
    fn append(&mut self, record: &AuditRecord) -> Result<AuditSequence, StorageError> {
        let appended = self.find(
            TABLE,
            "INSERT INTO audit (at, actor, action, object_id, outcome, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING sequence",
            params![
                record.at.seconds(),
                record.actor,
                record.action,
                record.object_id,
                record.outcome,
                record.detail,
            ],
            sequence,
        )?;
        appended.ok_or(StorageError::Inconsistent {
            table: TABLE,
            column: "sequence",
        })
    }

    fn list(&mut self, after: AuditSequence, limit: u32) -> Result<Vec<AuditEntry>, StorageError> {
        let sql = "SELECT * FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
        SqliteUnit::list(self, TABLE, sql, params![integer(after.value())?, limit], read)
    }
}
