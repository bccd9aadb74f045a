//! Passwords, keyed digests, chance and the clock: the ports of `domain` that need no server.

pub mod clock;
pub mod hasher;
pub mod secrets;

pub use clock::SystemClock;
pub use hasher::BcryptHasher;
pub use secrets::{CryptoError, SystemSecrets};
