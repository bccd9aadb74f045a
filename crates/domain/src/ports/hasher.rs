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

/// Hashes and checks passwords, a bounded number at a time.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash to store.
    async fn hash(&self, password: &str) -> Result<String, HashError>;
    /// Whether the password is the one of the hash. With `None` it takes the same time and
    /// answers `false`, so that a stranger cannot tell who has an account.
    async fn verify<'a>(&self, password: &str, hash: Option<&'a str>) -> Result<bool, HashError>;
    /// Whether one more would be [`HashError::Busy`]: who asks first spares the work before it.
    fn is_full(&self) -> bool;
}
