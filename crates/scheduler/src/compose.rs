//! Composition: the only file of this program that names concrete adapters.

use std::sync::Arc;
use std::time::Duration;

use application::AppError;
use application::jobs::{Jobs, Waits};
use domain::ports::Mailer;
use infra_crypto::SystemClock;
use infra_postgres::health::{self, Unfit};
use infra_postgres::{PgConfig, PgTaskQueue, PgUnitOfWork, WritePool};
use infra_smtp::{FileMailer, Security, Sender, SmtpConfig, SmtpMailer};
use secrecy::ExposeSecret;
use settings::{Settings, SmtpTls};

use crate::engine::{Engine, Pace};
use crate::schedule::SCHEDULE;

/// Why the program cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
    /// The address of the database cannot be used.
    #[error(transparent)]
    Database(#[from] infra_postgres::config::InvalidUrl),
    /// The database does not fit this version.
    #[error(transparent)]
    Unfit(Unfit),
    /// The address of the mail server cannot be used.
    #[error(transparent)]
    Smtp(#[from] infra_smtp::InvalidSmtpUrl),
    /// The sender of e-mails is not an address.
    #[error("SMTP_FROM: {0}")]
    Sender(#[from] infra_smtp::InvalidSender),
    /// The zone data is not the present one.
    #[error("local time: {0}")]
    Time(String),
    /// The machine refused something.
    #[error(transparent)]
    Machine(#[from] std::io::Error),
    /// The scheduler beside this program does not work.
    #[error("{0}")]
    Unhealthy(String),
    /// Tasks that were to be queued anew were not given up.
    #[error("no tasks of these numbers were given up: {0}")]
    NotGivenUp(String),
    /// The queue could not be worked off.
    #[error(transparent)]
    Work(#[from] AppError),
}

/// Pause between two questions to a database that cannot be reached.
const ASK_AGAIN: Duration = Duration::from_secs(1);

fn database(settings: &Settings, pace: &Pace) -> Result<PgConfig, StartError> {
    let mut config = PgConfig::from_url(settings.database_url.expose_secret())?;
    config.random_page_cost = Some(settings.database_random_page_cost.clone());
    "erp-mif-scheduler".clone_into(&mut config.application_name);
    // A task needs one connection at a time; two more for claiming and the schedule.
    let enough = u32::try_from(pace.slots).unwrap_or(u32::MAX).saturating_add(2);
    config.write_pool = settings.database_pool_size.min(enough);
    Ok(config)
}

/// Connects the adapters. Nothing is reached yet: the program may start before its servers.
///
/// # Errors
/// What is misconfigured.
#[expect(
    clippy::disallowed_methods,
    reason = "the name of a process, which no rule ever reads"
)]
pub fn engine(settings: &Settings) -> Result<Engine, StartError> {
    let owner = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
    Ok(Engine::new(jobs(settings)?, SCHEDULE, Pace::default(), owner))
}

/// What the jobs run on.
///
/// # Errors
/// What is misconfigured.
pub fn jobs(settings: &Settings) -> Result<Jobs, StartError> {
    let pool = WritePool::new(&database(settings, &Pace::default())?);
    let mut waits = Waits::default();
    waits.delivery.first = Duration::from_secs(u64::from(settings.smtp_retry_seconds));
    Ok(Jobs {
        uow: Arc::new(PgUnitOfWork::new(pool.clone())),
        tasks: Arc::new(PgTaskQueue::new(pool)),
        mailer: mailer(settings)?,
        clock: Arc::new(SystemClock),
        base_url: settings.base_url().to_owned(),
        signature: settings.project_name.clone(),
        waits,
    })
}

/// Refuses to work on a database that lacks migrations of this version or does not answer in English.
///
/// # Errors
/// What is wrong with it; [`Unfit::Unknown`] when it cannot be reached.
pub async fn check_database(settings: &Settings) -> Result<(), StartError> {
    let config = database(settings, &Pace::default())?;
    let found = tokio::task::spawn_blocking(move || health::inspect(&config)).await;
    match found {
        Ok(found) => found.map_err(StartError::Unfit),
        Err(error) => Err(StartError::Machine(error.into())),
    }
}

/// The same for a program that may start before its database: asks until it has been reached.
///
/// # Errors
/// What is wrong with it.
pub async fn await_database(settings: &Settings) -> Result<(), StartError> {
    let mut told = None;
    loop {
        match check_database(settings).await {
            Err(StartError::Unfit(Unfit::Unknown(error))) => {
                let why = error.to_string();
                // Another reason, such as a wrong password once the server is there, is news.
                if told.as_deref() != Some(why.as_str()) {
                    tracing::warn!(error = why, "the database cannot be reached yet");
                    told = Some(why);
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
            known => return known,
        }
    }
}

/// A mail server when one is set, else files.
fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>, StartError> {
    let sender = Sender::parse(&settings.smtp_from)?;
    let config = match (&settings.smtp_url, &settings.smtp_host) {
        (Some(url), _) => SmtpConfig::from_url(url.expose_secret())?,
        (None, Some(host)) => {
            let security = match settings.smtp_tls {
                SmtpTls::StartTls => Security::StartTls,
                SmtpTls::Tls => Security::Tls,
                SmtpTls::Off => Security::None,
            };
            let credentials = settings.smtp_user.clone().zip(settings.smtp_password.clone());
            SmtpConfig {
                credentials,
                ..SmtpConfig::new(host, settings.smtp_port, security)
            }
        }
        (None, None) => {
            tracing::info!(
                directory = settings.mail_dir,
                "no mail server is set: e-mails are written to files"
            );
            return Ok(Arc::new(FileMailer::new(&settings.mail_dir, sender)?));
        }
    };
    Ok(Arc::new(SmtpMailer::new(config, sender)))
}
