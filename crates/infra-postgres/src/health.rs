//! Whether the database can serve the product.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::sql_types::Integer;
use domain::error::{BoxError, Repo};
use tokio::sync::Mutex;

use crate::config::PgConfig;
use crate::reader::Reader;
use crate::{messages, migrate};

/// Whether the database answers.
///
/// # Errors
/// Why not.
pub async fn answers(reader: &Reader) -> Repo<()> {
    let one: i32 = reader
        .point(|conn| {
            let query = diesel::select(diesel::dsl::sql::<Integer>("1"));
            Box::pin(async move { diesel_async::RunQueryDsl::get_result(query, &mut &*conn).await })
        })
        .await?;
    debug_assert_eq!(one, 1);
    Ok(())
}

/// Whether the database fits this program: at its version, and answering in English.
///
/// Once it did, it is not asked again. One process asks once at a time, and not more often than each
/// second: each question is a new connection.
#[derive(Debug, Clone)]
pub struct Fitness {
    config: PgConfig,
    latest: Arc<Mutex<Latest>>,
}

/// When the database was last asked, and what it said.
type Latest = Option<(Instant, Result<(), String>)>;

/// How long a refusal is repeated without asking.
const ASKED: Duration = Duration::from_secs(1);

impl Fitness {
    /// Of this database.
    pub fn new(config: &PgConfig) -> Self {
        Self {
            config: config.clone(),
            latest: Arc::default(),
        }
    }

    /// # Errors
    /// What is missing, or why it could not be asked.
    pub async fn check(&self) -> Result<(), String> {
        let mut latest = self.latest.lock().await;
        match &*latest {
            Some((_, Ok(()))) => return Ok(()),
            Some((at, Err(why))) if at.elapsed() < ASKED => return Err(why.clone()),
            _ => {}
        }
        let config = self.config.clone();
        let found = tokio::task::spawn_blocking(move || inspect(&config)).await;
        let found = match found {
            Ok(found) => found.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        *latest = Some((Instant::now(), found.clone()));
        found
    }
}

/// What keeps the database from fitting this program.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It lacks migrations.
    #[error("the database lacks migrations ({0}): run `api-actix migrate` first")]
    Migrations(String),
    /// It answers in another language.
    #[error("{0}")]
    Language(BoxError),
    /// It could not be asked.
    #[error("{0}")]
    Unknown(BoxError),
}

/// Looks at the database, on a connection of its own.
///
/// # Errors
/// What is wrong with it.
pub fn inspect(config: &PgConfig) -> Result<(), Unfit> {
    let mut conn = migrate::connect(config).map_err(Unfit::Unknown)?;
    messages::speak_english(&mut conn).map_err(|error| Unfit::Unknown(error.into()))?;
    messages::check(&mut conn, &config.user).map_err(Unfit::Language)?;
    let pending = migrate::pending_on(&mut conn).map_err(Unfit::Unknown)?;
    if pending.is_empty() {
        Ok(())
    } else {
        Err(Unfit::Migrations(pending.join(", ")))
    }
}
