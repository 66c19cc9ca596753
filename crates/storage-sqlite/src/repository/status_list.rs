//! Status lists and their entries.

use mahfada_storage::{IssuerId, StatusListRecord, StatusListRepository, StatusListUri, StorageError};
use rusqlite::params;

use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "status_list";
const ENTRY: &str = "status_entry";

fn read(columns: &Columns<'_>) -> Result<StatusListRecord, StorageError> {
    Ok(StatusListRecord {
        uri: columns.id("uri", StatusListUri::new)?,
        issuer: columns.id("issuer", IssuerId::new)?,
        bits: columns.get("bits")?,
        size: columns.get("size")?,
    })
}

impl StatusListRepository for SqliteUnit<'_> {
    fn create(&mut self, list: &StatusListRecord) -> Result<(), StorageError> {
        match self.status_list(&list.uri)? {
            Some(known) if known == *list => Ok(()),
            Some(_) => Err(StorageError::Conflict),
            None => self
                .change(
                    "INSERT INTO status_list (uri, issuer, bits, size) VALUES (?1, ?2, ?3, ?4)",
                    params![list.uri.as_str(), list.issuer.as_str(), list.bits, list.size],
                )
                .map(drop),
        }
    }

    fn lists_of(&mut self, issuer: &IssuerId) -> Result<Vec<StatusListRecord>, StorageError> {
        let sql = "SELECT * FROM status_list WHERE issuer = ?1 ORDER BY position";
        self.list(TABLE, sql, [issuer.as_str()], read)
    }

    fn allocate(&mut self, uri: &StatusListUri, candidates: &[u32]) -> Result<Option<u32>, StorageError> {
        let list = self.status_list(uri)?.ok_or(StorageError::Conflict)?;
        for idx in candidates.iter().copied().filter(|idx| *idx < list.size) {
            let taken = self.change(
                "INSERT INTO status_entry (uri, idx) SELECT ?1, ?2
                 WHERE NOT EXISTS (SELECT 1 FROM status_entry WHERE uri = ?1 AND idx = ?2)",
                params![uri.as_str(), idx],
            )?;
            if taken == 1 {
                return Ok(Some(idx));
            }
        }
        Ok(None)
    }

    fn set(&mut self, uri: &StatusListUri, idx: u32, value: u8) -> Result<(), StorageError> {
        let changed = self.change(
            "UPDATE status_entry SET value = ?3 WHERE uri = ?1 AND idx = ?2",
            params![uri.as_str(), idx, value],
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(StorageError::Conflict)
        }
    }

    fn non_zero(&mut self, uri: &StatusListUri) -> Result<Vec<(u32, u8)>, StorageError> {
        self.list(
            ENTRY,
            "SELECT idx, value FROM status_entry WHERE uri = ?1 AND value <> 0 ORDER BY idx",
            [uri.as_str()],
            |columns| Ok((columns.get("idx")?, columns.get("value")?)),
        )
    }

    fn allocated_count(&mut self, uri: &StatusListUri) -> Result<u32, StorageError> {
        let sql = "SELECT count(*) AS taken FROM status_entry WHERE uri = ?1";
        let count = self.find(ENTRY, sql, [uri.as_str()], |columns| columns.get("taken"))?;
        Ok(count.unwrap_or(0))
    }
}

impl SqliteUnit<'_> {
    fn status_list(&self, uri: &StatusListUri) -> Result<Option<StatusListRecord>, StorageError> {
        self.find(TABLE, "SELECT * FROM status_list WHERE uri = ?1", [uri.as_str()], read)
    }
}
