//! The ports that the use cases run on, wired by `compose.rs` of a binary.

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Origin;
use domain::client::ClientQueries;
use domain::equipment::EquipmentQueries;
use domain::intervention::InterventionQueries;
use domain::ports::{Clock, PasswordHasher, Secrets, Tx, TxError, UnitOfWork};
use domain::session::{SessionCache, SessionQueries};
use domain::skill::SkillQueries;
use domain::team::TeamQueries;
use domain::technician::TechnicianQueries;
use domain::user::UserQueries;

use crate::error::AppError;

/// Everything outside that a use case may ask for.
#[derive(Clone)]
pub struct App {
    /// Transactions.
    pub uow: Arc<dyn UnitOfWork>,
    /// Reads of accounts.
    pub users: Arc<dyn UserQueries>,
    /// Reads of sessions.
    pub sessions: Arc<dyn SessionQueries>,
    /// Shared copies of sessions and their revocation.
    pub session_cache: Arc<dyn SessionCache>,
    /// Reads of clients.
    pub clients: Arc<dyn ClientQueries>,
    /// Reads of teams.
    pub teams: Arc<dyn TeamQueries>,
    /// Reads of skills.
    pub skills: Arc<dyn SkillQueries>,
    /// Reads of technicians.
    pub technicians: Arc<dyn TechnicianQueries>,
    /// Reads of equipment.
    pub equipments: Arc<dyn EquipmentQueries>,
    /// Reads of jobs.
    pub interventions: Arc<dyn InterventionQueries>,
    /// Passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance and keyed digests.
    pub secrets: Arc<dyn Secrets>,
    /// Durations and bounds of sessions.
    pub session_policy: SessionPolicy,
}

/// Durations and bounds of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Life of a refresh token.
    pub refresh_ttl: Duration,
    /// How long a lost answer to a refresh may be asked for again.
    pub refresh_grace: Duration,
    /// Password checks per account (or name that is none) and network in one window.
    pub attempts_per_window: i32,
    /// The same per account, from everywhere.
    pub attempts_per_account: i32,
    /// The same per network, over all names.
    pub attempts_per_network: i32,
    /// Length of that window.
    pub attempt_window: Duration,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            refresh_ttl: Duration::from_secs(7 * 24 * 3600),
            refresh_grace: Duration::from_secs(10),
            attempts_per_window: 10,
            attempts_per_account: 100,
            attempts_per_network: 200,
            attempt_window: Duration::from_secs(15 * 60),
        }
    }
}

impl App {
    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// What `work` refused with, or why the transaction failed.
    pub async fn run<R, F>(&self, name: &'static str, origin: &Origin, work: F) -> Result<R, AppError>
    where
        F: Fn(&mut dyn Tx) -> Result<R, AppError> + Send + Sync + 'static,
        R: Send + 'static,
    {
        run(self.uow.as_ref(), name, origin, work).await
    }
}

/// Runs `work` in one transaction of `uow`, with its types put back.
pub(crate) async fn run<R, F>(
    uow: &dyn UnitOfWork,
    name: &'static str,
    origin: &Origin,
    work: F,
) -> Result<R, AppError>
where
    F: Fn(&mut dyn Tx) -> Result<R, AppError> + Send + Sync + 'static,
    R: Send + 'static,
{
    let erased = uow
        .run_erased(
            name,
            origin,
            Box::new(move |tx| match work(tx) {
                Ok(value) => Ok(Box::new(value)),
                Err(error) => Err(TxError::from(error)),
            }),
        )
        .await?;
    match erased.downcast::<R>() {
        Ok(value) => Ok(*value),
        Err(_) => Err(AppError::internal("a unit of work answered with a foreign type")),
    }
}
