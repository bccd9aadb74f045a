//! Time and chance.

use jiff::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Draws unguessable bits and makes digests.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Secrets: Send + Sync {
    /// 256 bits from a cryptographic source.
    fn bits256(&self) -> [u8; 32];
    /// SHA-256.
    fn sha256(&self, data: &[u8]) -> [u8; 32];
    /// HMAC-SHA-256 under the keys that derive refresh tokens from their predecessors: the present
    /// one, then the one before it while it is still known.
    fn refresh_macs(&self, data: &[u8]) -> Vec<[u8; 32]>;
    /// HMAC-SHA-256 under a key of its own, for what is stored of texts that may hold a secret:
    /// without the key nobody can try out what they were.
    fn stored_mac(&self, data: &[u8]) -> [u8; 32];
    /// 128 bits from a cryptographic source.
    fn bits128(&self) -> u128 {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.bits256();
        u128::from_be_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
}
