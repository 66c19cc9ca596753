//! The unit of work over one open transaction.

use std::fmt;

use mahfada_base::UnixTime;
use mahfada_storage::{
    AccessTokenRepository, AuditRepository, AuthorizationCodeRepository, CardSessionRepository, EventRepository,
    IssuanceRepository, PreAuthorizedCodeRepository, PresentationRepository, PublishedListRepository,
    SingleUseRepository, StatusListRepository, StorageError, TrustMemoryRepository, UnitOfWork,
    WebhookDeliveryRepository,
};
use rusqlite::{Connection, Params};

use crate::columns::Columns;
use crate::error::from_sqlite;

/// Every repository over one transaction; whoever makes it opens and ends the transaction.
pub(crate) struct SqliteUnit<'c> {
    connection: &'c Connection,
}

impl fmt::Debug for SqliteUnit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteUnit")
    }
}

impl<'c> SqliteUnit<'c> {
    pub(crate) const fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn change(&self, sql: &str, params: impl Params) -> Result<usize, StorageError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.execute(params).map_err(from_sqlite)
    }

    /// Reads every row of a query.
    pub(crate) fn list<T>(
        &self,
        table: &'static str,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Columns<'_>) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        let mut rows = statement.query(params).map_err(from_sqlite)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            records.push(read(&Columns { table, row })?);
        }
        Ok(records)
    }

    /// Reads the only row of a query, if there is one.
    pub(crate) fn find<T>(
        &self,
        table: &'static str,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Columns<'_>) -> Result<T, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        Ok(self.list(table, sql, params, read)?.pop())
    }
}

impl UnitOfWork for SqliteUnit<'_> {
    fn single_use(&mut self) -> &mut dyn SingleUseRepository {
        self
    }
    fn pre_authorized_codes(&mut self) -> &mut dyn PreAuthorizedCodeRepository {
        self
    }
    fn card_sessions(&mut self) -> &mut dyn CardSessionRepository {
        self
    }
    fn authorization_codes(&mut self) -> &mut dyn AuthorizationCodeRepository {
        self
    }
    fn access_tokens(&mut self) -> &mut dyn AccessTokenRepository {
        self
    }
    fn status_lists(&mut self) -> &mut dyn StatusListRepository {
        self
    }
    fn issuances(&mut self) -> &mut dyn IssuanceRepository {
        self
    }
    fn presentations(&mut self) -> &mut dyn PresentationRepository {
        self
    }
    fn published_lists(&mut self) -> &mut dyn PublishedListRepository {
        self
    }
    fn trust_memory(&mut self) -> &mut dyn TrustMemoryRepository {
        self
    }
    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }
    fn events(&mut self) -> &mut dyn EventRepository {
        self
    }
    fn webhook_deliveries(&mut self) -> &mut dyn WebhookDeliveryRepository {
        self
    }
    fn purge_expired(&mut self, until: UnixTime) -> Result<u64, StorageError> {
        self.purge(until)
    }
}
