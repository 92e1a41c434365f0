//! The store as a source of records for code: one account's, read as they are committed.

use crate::{
    api::Id,
    serve::{
        model::{Equals, StoreError, VersionedRecord},
        sandbox::RecordSource,
        store::Store,
    },
};

/// The records of one client account.
pub(super) struct StoreRecords<'a> {
    pub store: &'a Store,
    pub account_id: Id,
}

impl RecordSource for StoreRecords<'_> {
    fn account_id(&self) -> Id {
        self.account_id
    }

    async fn read(&self, record_type: &str, id: Id) -> Result<Option<VersionedRecord>, StoreError> {
        self.store.record(self.account_id, record_type, id).await
    }

    async fn find(&self, record_type: &str, equals: &Equals) -> Result<(Vec<VersionedRecord>, i64), StoreError> {
        self.store.find(self.account_id, record_type, equals).await
    }
}
