//! Redis: copies of sessions and the news of their end, shared by the API processes.
//!
//! PostgreSQL is the truth about sessions. What is here makes it cheaper to ask: a copy carries the
//! instant at which it was read, and whoever uses it refuses one that is too old. So every failure
//! here (away, slow, full, refusing the password) is answered with "no copy" within a small budget,
//! and a server that failed is left alone for a while.

mod breaker;
mod cache;
mod codec;
mod config;
mod feed;

pub use cache::{NullSessionCache, RedisSessionCache};
pub use config::{InvalidRedisUrl, RedisConfig};
pub use feed::{RevocationFeed, Revoked};
