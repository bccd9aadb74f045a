//! Passwords.

use async_trait::async_trait;

/// Why a password could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many checks are waiting; the caller should come back later.
    #[error("too many password checks are waiting")]
    Busy,
    /// The stored hash is not one, or the work was interrupted.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A place among those who wait for a check; given back when it is dropped.
pub struct Place(#[expect(dead_code, reason = "held, never looked at")] Box<dyn std::any::Any + Send + Sync>);

impl Place {
    /// Whatever gives the place back when it is dropped.
    pub fn new(held: impl std::any::Any + Send + Sync) -> Self {
        Self(Box::new(held))
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place(..)")
    }
}

/// Hashes and checks passwords, a bounded number at a time.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash to store. Waits for its turn: whoever sets a password has been let in already. `Busy` only
    /// where a hundred wait.
    async fn hash(&self, password: &str) -> Result<String, HashError>;
    /// A place for one check, before any other work is done for it: who gets none is told at once.
    /// Nobody (`owner`: where the request comes from) gets more than a part of all places.
    fn reserve(&self, owner: &str) -> Result<Place, HashError>;
    /// Whether the password is the one of the hash. With `None` it takes the same time and
    /// answers `false`, so that a stranger cannot tell who has an account.
    async fn verify<'a>(
        &self,
        place: Place,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, HashError>;
    /// The hash of a password that was checked in another place just now, to replace a weaker one.
    async fn rehash(&self, place: Place, password: &str) -> Result<String, HashError>;
    /// Whether this hash is weaker than those that are made now: worth making anew when the password is at
    /// hand. Not so for what is no hash.
    fn needs_rehash(&self, hash: &str) -> bool;
}
