//! Where Redis is and how little time it gets.

use std::time::Duration;

use deadpool_redis::redis::Client;
use domain::session::SessionId;
use secrecy::{ExposeSecret, SecretString};

/// Settings of the connections to Redis.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// `redis://[user:password@]host[:port][/database]`.
    pub url: SecretString,
    /// In front of every key and channel, so that installations can share a server.
    pub prefix: String,
    /// Connections.
    pub pool: usize,
    /// Life of a copy: longer than it is believed for would only fill memory.
    pub ttl: Duration,
    /// Longest time for one command, waiting for a connection included.
    pub budget: Duration,
    /// How long a server that failed is left alone.
    pub rest: Duration,
    /// Longest wait for a new connection; nobody's request waits for it.
    pub connect_timeout: Duration,
}

/// The address cannot be used. Does not repeat it: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("REDIS_URL: not an address such as redis://host:port")]
pub struct InvalidRedisUrl;

impl RedisConfig {
    /// The usual settings for a server.
    pub fn new(url: SecretString, prefix: impl Into<String>) -> Self {
        Self {
            url,
            prefix: prefix.into(),
            pool: 8,
            ttl: Duration::from_secs(1),
            budget: Duration::from_millis(50),
            rest: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
        }
    }

    /// Checks the address.
    pub(crate) fn client(&self) -> Result<Client, InvalidRedisUrl> {
        Client::open(self.url.expose_secret()).map_err(|_| InvalidRedisUrl)
    }

    pub(crate) fn key(&self, id: SessionId) -> String {
        format!("{}:session:{:032x}", self.prefix, id.0)
    }

    pub(crate) fn channel(&self) -> String {
        format!("{}:sessions:revoquees", self.prefix)
    }
}
