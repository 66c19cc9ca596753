//! Published lists and root documents.

use mahfada_storage::{ListSlug, PublishedList, PublishedListRepository, RootVersion, StorageError};
use rusqlite::{Params, params};

use super::integer;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const LIST: &str = "published_list";
const ROOT: &str = "root_document";

fn number(columns: &Columns<'_>, column: &'static str) -> Result<u64, StorageError> {
    let value: i64 = columns.get(column)?;
    u64::try_from(value).map_err(|_| StorageError::Inconsistent {
        table: columns.table,
        column,
    })
}

fn read_list(columns: &Columns<'_>) -> Result<PublishedList, StorageError> {
    Ok(PublishedList {
        slug: columns.id("slug", ListSlug::new)?,
        sequence: number(columns, "sequence")?,
        jws: columns.get("jws")?,
        next_update: columns.time("next_update")?,
    })
}

fn read_root(columns: &Columns<'_>) -> Result<RootVersion, StorageError> {
    Ok(RootVersion {
        version: number(columns, "version")?,
        bytes: columns.get("bytes")?,
    })
}

impl PublishedListRepository for SqliteUnit<'_> {
    fn publish(&mut self, list: &PublishedList) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO published_list (slug, sequence, jws, next_update) VALUES (?1, ?2, ?3, ?4)",
            params![
                list.slug.as_str(),
                integer(list.sequence)?,
                list.jws,
                list.next_update.seconds()
            ],
        )
        .map(drop)
    }

    fn latest(&mut self, slug: &ListSlug) -> Result<Option<PublishedList>, StorageError> {
        let sql = "SELECT * FROM published_list WHERE slug = ?1 ORDER BY sequence DESC LIMIT 1";
        self.find(LIST, sql, [slug.as_str()], read_list)
    }

    fn publish_root(&mut self, root: &RootVersion) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO root_document (version, bytes) VALUES (?1, ?2)",
            params![integer(root.version)?, root.bytes],
        )
        .map(drop)
    }

    fn root(&mut self, version: u64) -> Result<Option<RootVersion>, StorageError> {
        // A version beyond SQLite's integers cannot have been published.
        let Ok(version) = i64::try_from(version) else {
            return Ok(None);
        };
        self.find_root("SELECT * FROM root_document WHERE version = ?1", [version])
    }

    fn latest_root(&mut self) -> Result<Option<RootVersion>, StorageError> {
        self.find_root("SELECT * FROM root_document ORDER BY version DESC LIMIT 1", [])
    }
}

impl SqliteUnit<'_> {
    fn find_root(&self, sql: &str, params: impl Params) -> Result<Option<RootVersion>, StorageError> {
        self.find(ROOT, sql, params, read_root)
    }
}
