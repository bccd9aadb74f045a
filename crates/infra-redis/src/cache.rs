//! Copies of sessions.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use deadpool_redis::redis::{AsyncConnectionConfig, RedisError, cmd, pipe};
use deadpool_redis::{Connection, Manager, Pool, PoolConfig, Runtime, Timeouts};
use domain::session::{LiveSession, SessionCache, SessionId};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::breaker::{Breaker, Leave};
use crate::codec;
use crate::config::{InvalidRedisUrl, RedisConfig};

/// Copies in Redis. A clone shares the connections.
#[derive(Clone)]
pub struct RedisSessionCache {
    inner: Arc<Inner>,
}

struct Inner {
    config: RedisConfig,
    pool: Pool,
    breaker: Breaker,
}

impl RedisSessionCache {
    /// Connects when it is first used.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(config: RedisConfig) -> Result<Self, InvalidRedisUrl> {
        config.client()?;
        // Every wait is bounded here once more: none of these has a limit by itself.
        let connection = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(config.connect_timeout))
            .set_response_timeout(Some(config.connect_timeout));
        let manager =
            Manager::new_with_config(config.url.expose_secret(), connection).map_err(|_| InvalidRedisUrl)?;
        let limits = PoolConfig {
            max_size: config.pool,
            timeouts: Timeouts {
                wait: Some(config.budget),
                create: Some(config.connect_timeout),
                recycle: Some(config.budget),
            },
            ..PoolConfig::default()
        };
        let pool = Pool::builder(manager)
            .config(limits)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| InvalidRedisUrl)?;
        let breaker = Breaker::new(config.rest);
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                pool,
                breaker,
            }),
        })
    }

    /// Looks whether the server answers, connecting if need be. Asked at the start, so that the first
    /// request finds a connection, and for the health report; no answer is no failure.
    pub async fn probe(&self) -> bool {
        self.inner.probe().await
    }
}

impl Inner {
    /// Runs a command within the budget; `None` when the server is or has just been unwell.
    async fn run<T, F, W>(self: &Arc<Self>, work: W) -> Option<T>
    where
        W: FnOnce(Connection) -> F,
        F: Future<Output = Result<T, RedisError>>,
    {
        match self.breaker.leave(Instant::now()) {
            Leave::Go => {}
            Leave::Rest => return None,
            Leave::Probe => {
                // Nobody's request waits for it.
                let this = self.clone();
                tokio::spawn(async move { this.probe().await });
                return None;
            }
        }
        let answer = timeout(self.config.budget, async {
            let connection = self.pool.get().await.map_err(|e| e.to_string())?;
            work(connection).await.map_err(|e| e.to_string())
        });
        let why = match answer.await {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error,
            Err(_) => "no answer in time".to_owned(),
        };
        self.unwell(&why);
        None
    }

    fn unwell(&self, why: &str) {
        if self.breaker.failed(Instant::now()) {
            tracing::warn!(error = why, "Redis is away; going on without it");
        }
    }

    /// Looks whether the server is back, with the time that a new connection needs.
    async fn probe(&self) -> bool {
        let ping = timeout(self.config.connect_timeout, async {
            let mut connection = self.pool.get().await.map_err(|e| e.to_string())?;
            cmd("PING")
                .query_async::<()>(&mut connection)
                .await
                .map_err(|e| e.to_string())
        });
        let why = match ping.await {
            Ok(Ok(())) => {
                if self.breaker.answered() {
                    tracing::info!("Redis is back");
                }
                return true;
            }
            Ok(Err(error)) => error,
            Err(_) => "no answer in time".to_owned(),
        };
        self.unwell(&why);
        false
    }
}

#[async_trait]
impl SessionCache for RedisSessionCache {
    async fn get(&self, id: SessionId) -> Option<LiveSession> {
        let key = self.inner.config.key(id);
        let copy: Option<Vec<u8>> = self
            .inner
            .run(|mut c| async move { cmd("GET").arg(key).query_async(&mut c).await })
            .await?;
        codec::decode(id, &copy?)
    }

    async fn put(&self, session: &LiveSession) {
        let Some(copy) = codec::encode(session) else {
            return;
        };
        let config = &self.inner.config;
        let (key, ttl) = (
            config.key(session.id),
            u64::try_from(config.ttl.as_millis()).unwrap_or(u64::MAX),
        );
        self.inner
            .run(|mut c| async move {
                cmd("SET")
                    .arg(key)
                    .arg(copy)
                    .arg("PX")
                    .arg(ttl)
                    .query_async::<()>(&mut c)
                    .await
            })
            .await;
    }

    async fn revoke(&self, sessions: &[SessionId]) {
        if sessions.is_empty() {
            return;
        }
        let config = &self.inner.config;
        let keys: Vec<String> = sessions.iter().map(|id| config.key(*id)).collect();
        let (channel, message) = (config.channel(), codec::announce(sessions));
        self.inner
            .run(|mut c| async move {
                let mut both = pipe();
                both.cmd("DEL")
                    .arg(keys)
                    .ignore()
                    .cmd("PUBLISH")
                    .arg(channel)
                    .arg(message)
                    .ignore();
                both.query_async::<()>(&mut c).await
            })
            .await;
    }
}

/// No copies: every question goes to the truth.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullSessionCache;

#[async_trait]
impl SessionCache for NullSessionCache {
    async fn get(&self, _: SessionId) -> Option<LiveSession> {
        None
    }

    async fn put(&self, _: &LiveSession) {}

    async fn revoke(&self, _: &[SessionId]) {}
}
