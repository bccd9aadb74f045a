//! One effect per key, and the same answer whenever it is asked for again.

use crate::Id;
use crate::error::Repo;
use crate::user::User;

/// A request that may be repeated: scoped by user, method, path and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who asks.
    pub user: Id<User>,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// What the caller sent.
    pub key: String,
    /// SHA-256 of the request (query and body): the same key with another one is refused.
    pub fingerprint: [u8; 32],
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status, 2xx.
    pub status: u16,
    /// Headers that belong to the answer (ETag, Location).
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// What a key turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// New: this unit of work may run, and completes it.
    Mine,
    /// Done before, with this answer.
    Done(StoredAnswer),
    /// Used before with another request.
    Mismatch,
}

/// Keys inside a unit of work. A key of a concurrent, unfinished unit of work blocks the claim
/// until that one ends; after the lock timeout the claim answers `Locked`.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdempotencyStore {
    /// Claims the key.
    fn claim(&mut self, key: &IdempotencyKey) -> Repo<Claim>;
    /// Stores the answer; called last in the unit of work that claimed.
    fn complete(&mut self, key: &IdempotencyKey, answer: &StoredAnswer) -> Repo<()>;
}
