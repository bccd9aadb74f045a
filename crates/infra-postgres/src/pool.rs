//! Connections for units of work.

use std::sync::Arc;
use std::time::Duration;

use diesel::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use domain::error::{Repo, RepoError};
use secrecy::ExposeSecret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::PgConfig;
use crate::messages::speak_english;

/// A pool whose waiters do not block threads: they queue for a permit first.
#[derive(Clone)]
pub struct WritePool {
    pool: Pool<ConnectionManager<PgConnection>>,
    permits: Arc<Semaphore>,
    checkout_timeout: Duration,
}

/// The right to take a connection out of the pool.
pub struct Permit(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

/// A connection on loan.
pub type Loan = PooledConnection<ConnectionManager<PgConnection>>;

/// Some errors are only known by their text.
#[derive(Debug)]
struct EnglishMessages;

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for EnglishMessages {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        speak_english(conn).map_err(diesel::r2d2::Error::QueryError)
    }
}

impl WritePool {
    /// A pool; connects when it is first used, so that a process can start before its database.
    pub fn new(config: &PgConfig) -> Self {
        let manager = ConnectionManager::new(config.libpq().expose_secret());
        let pool = Pool::builder()
            .max_size(config.write_pool)
            .min_idle(Some(0))
            // A test at every checkout would double the round trips; dead connections show at BEGIN.
            .test_on_check_out(false)
            // r2d2 waits up to half of this between attempts to connect: it bounds the lag after a restart.
            .connection_timeout(config.checkout_timeout)
            .connection_customizer(Box::new(EnglishMessages))
            .error_handler(Box::new(LogError))
            .build_unchecked(manager);
        Self {
            pool,
            permits: Arc::new(Semaphore::new(config.write_pool as usize)),
            checkout_timeout: config.checkout_timeout,
        }
    }

    /// Waits for a permit, without blocking a thread.
    ///
    /// # Errors
    /// `Unavailable` when none came free in time.
    pub async fn permit(&self) -> Repo<Permit> {
        let wait = tokio::time::timeout(self.checkout_timeout, self.permits.clone().acquire_owned());
        match wait.await {
            Ok(Ok(permit)) => Ok(Permit(permit)),
            _ => Err(RepoError::Unavailable("no free database connection".into())),
        }
    }

    /// Takes a connection; call on a blocking thread, with a permit.
    ///
    /// # Errors
    /// `Unavailable` when the server does not accept one in time.
    pub fn get(&self) -> Repo<Loan> {
        self.pool.get().map_err(|e| RepoError::Unavailable(e.into()))
    }

    /// How often to take another connection when the one at hand turns out to be dead.
    pub fn attempts(&self) -> u32 {
        self.pool.max_size() + 1
    }

    /// Connections that exist, and those of them that are idle.
    pub fn state(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }
}

/// r2d2 reports failed connection attempts here; they are expected while the server is down.
#[derive(Debug)]
struct LogError;

impl r2d2::HandleError<diesel::r2d2::Error> for LogError {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(error = %error, "cannot connect to the database");
    }
}
