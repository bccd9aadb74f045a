//! What every stored row has beside its own data.

use std::ops::Deref;

use jiff::Timestamp;

use crate::Id;
use crate::user::User;

/// A stored `T` with its identity, its version (optimistic lock) and its origin.
///
/// Dereferences to the data, so that `client.city` reads the same before and after storing.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<T> {
    /// Identity.
    pub id: Id<T>,
    /// Rises by one with every change; the ETag of the resource.
    pub version: i64,
    /// When the row was written first.
    pub created_at: Timestamp,
    /// When the row was written last.
    pub updated_at: Timestamp,
    /// Who wrote it first; `None` for the system.
    pub created_by: Option<Id<User>>,
    /// The data.
    pub data: T,
}

impl<T> Deref for Record<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> Record<T> {
    /// A record as it stands before the first write: version 1, `now`, for tests and builders.
    pub fn fresh(id: Id<T>, now: Timestamp, data: T) -> Self {
        Self {
            id,
            version: 1,
            created_at: now,
            updated_at: now,
            created_by: None,
            data,
        }
    }
}
