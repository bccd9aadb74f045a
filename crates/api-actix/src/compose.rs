//! Composition: the only file of this program that names concrete adapters.

use std::sync::Arc;
use std::time::Duration;

use application::App;
use application::app::SessionPolicy;
use domain::ports::UnitOfWork;
use domain::session::SessionCache;
use infra_crypto::{BcryptHasher, SystemClock, SystemSecrets};
use infra_postgres::clients::PgClientQueries;
use infra_postgres::equipments::PgEquipmentQueries;
use infra_postgres::interventions::PgInterventionQueries;
use infra_postgres::sessions::PgSessionQueries;
use infra_postgres::skills::PgSkillQueries;
use infra_postgres::teams::PgTeamQueries;
use infra_postgres::technicians::PgTechnicianQueries;
use infra_postgres::users::PgUserQueries;
use infra_postgres::{PgConfig, PgUnitOfWork, Reader, WritePool, health, migrate as migrations};
use infra_redis::{NullSessionCache, RedisConfig, RedisSessionCache, RevocationFeed, Revoked};
use secrecy::ExposeSecret;
use settings::Settings;

use crate::health::Probe;
use crate::security::Keys;
use crate::state::{AppState, StartError};

/// The ports with everything that belongs to them.
pub struct Wiring {
    /// The ports.
    pub app: App,
    /// What readiness depends on.
    pub probes: Vec<Probe>,
    /// Started once the process exists: listens to other processes, which tell it to forget
    /// sessions ([`crate::security::SessionBook::forget`]).
    pub attach: Box<dyn FnOnce(Arc<AppState>)>,
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError(error.to_string())
}

fn database(settings: &Settings) -> Result<PgConfig, StartError> {
    let mut config = PgConfig::from_url(settings.database_url.expose_secret()).map_err(failed)?;
    config.write_pool = settings.database_pool_size;
    config.random_page_cost = Some(settings.database_random_page_cost.clone());
    config.list_pool = settings.database_pool_size.div_ceil(2);
    config.point_threads = settings.worker_threads();
    "erp-mif-api".clone_into(&mut config.application_name);
    Ok(config)
}

/// The keys of this process.
///
/// # Errors
/// When one must be drawn and the machine gives no random bits.
pub fn keys(settings: &Settings) -> Result<Keys, StartError> {
    Keys::new(settings, SystemSecrets::draw_key).map_err(failed)
}

/// Connects the adapters. Nothing is contacted yet: a process may start before its database.
///
/// # Errors
/// What is misconfigured.
pub async fn wire(settings: &Settings, keys: &Keys) -> Result<Wiring, StartError> {
    let config = database(settings)?;
    let (pool, reader) = (WritePool::new(&config), Reader::new(&config));
    let redis = settings
        .redis_url
        .clone()
        .map(|url| RedisConfig::new(url, settings.redis_prefix.clone()));
    let copies = match &redis {
        Some(redis) => Some(RedisSessionCache::new(redis.clone()).map_err(failed)?),
        None => None,
    };
    let session_cache: Arc<dyn SessionCache> = match &copies {
        Some(copies) => Arc::new(copies.clone()),
        None => Arc::new(NullSessionCache),
    };
    let days = u64::from(settings.refresh_token_expire_days);
    let app = App {
        uow: Arc::new(PgUnitOfWork::new(pool)) as Arc<dyn UnitOfWork>,
        users: Arc::new(PgUserQueries::new(reader.clone())),
        sessions: Arc::new(PgSessionQueries::new(reader.clone())),
        session_cache,
        clients: Arc::new(PgClientQueries::new(reader.clone())),
        teams: Arc::new(PgTeamQueries::new(reader.clone())),
        skills: Arc::new(PgSkillQueries::new(reader.clone())),
        technicians: Arc::new(PgTechnicianQueries::new(reader.clone())),
        equipments: Arc::new(PgEquipmentQueries::new(reader.clone())),
        interventions: Arc::new(PgInterventionQueries::new(reader.clone())),
        hasher: Arc::new(BcryptHasher::new(settings.bcrypt_cost).map_err(failed)?),
        clock: Arc::new(SystemClock),
        secrets: Arc::new(SystemSecrets::new(&keys.current, keys.previous.as_ref()).map_err(failed)?),
        session_policy: SessionPolicy {
            refresh_ttl: Duration::from_secs(days * 24 * 3600),
            ..SessionPolicy::default()
        },
    };
    Ok(Wiring {
        app,
        probes: probes(settings, &config, reader, copies.clone()),
        attach: Box::new(move |state| {
            if let Some(copies) = copies {
                // The first request finds a connection; nobody waits for it when there is none.
                tokio::spawn(async move { copies.probe().await });
            }
            listen(redis, state);
        }),
    })
}

fn probes(
    settings: &Settings,
    config: &PgConfig,
    reader: Reader,
    copies: Option<RedisSessionCache>,
) -> Vec<Probe> {
    let fitness = health::Fitness::new(config);
    let mut probes = vec![
        Probe::new("database", true, move || {
            let reader = reader.clone();
            async move { health::answers(&reader).await.map_err(|e| e.to_string()) }
        }),
        Probe::new("migrations", true, move || {
            let fitness = fitness.clone();
            async move { fitness.check().await }
        }),
    ];
    // Both are missed, and neither stops the work.
    probes.extend(copies.map(|copies| {
        Probe::new("redis", false, move || {
            let copies = copies.clone();
            async move { copies.probe().await.then_some(()).ok_or("no answer".to_owned()) }
        })
    }));
    probes.extend(settings.mail_server().map(|server| {
        Probe::new("smtp", false, move || {
            let server = server.clone();
            async move {
                let connecting = tokio::net::TcpStream::connect(server);
                connecting.await.map(|_| ()).map_err(|e| e.to_string())
            }
        })
    }));
    probes
}

fn listen(redis: Option<RedisConfig>, state: Arc<AppState>) {
    let Some(redis) = redis else { return };
    let told = move |revoked| match revoked {
        Revoked::Sessions(ids) => state.sessions.forget(&ids),
        Revoked::Unknown => state.sessions.forget_all(),
    };
    match RevocationFeed::start(&redis, told) {
        // It listens for as long as the process lives.
        Ok(feed) => std::mem::forget(feed),
        Err(error) => tracing::error!(error = %error, "not listening for ended sessions"),
    }
}

/// Brings the database to the program's version; answers what was applied.
///
/// # Errors
/// What the database refused.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, StartError> {
    let config = database(settings)?;
    let applied = tokio::task::spawn_blocking(move || migrations::migrate(&config))
        .await
        .map_err(failed)?;
    applied.map_err(failed)
}

/// Refuses a database that is not at the program's version.
///
/// # Errors
/// What is missing, or why it could not be asked.
pub async fn check_migrated(settings: &Settings) -> Result<(), StartError> {
    let config = database(settings)?;
    health::Fitness::new(&config).check().await.map_err(failed)
}

/// Fills an empty database with the demonstration; answers what was made.
///
/// # Errors
/// What the database refused.
#[cfg(feature = "demonstration")]
pub async fn seed_demo(settings: &Settings, app: &App) -> Result<String, StartError> {
    use domain::ports::Clock as _;

    let password = settings.demo_password.expose_secret();
    let made = demo::seed(app, SystemClock.now(), password)
        .await
        .map_err(failed)?;
    let what = if made.created { "made" } else { "already there" };
    Ok(format!(
        "demonstration {what}: {} jobs, accounts {}",
        made.interventions,
        made.accounts.join(", ")
    ))
}

/// What the database holds, in one word for scripts.
///
/// # Errors
/// When the database cannot be asked.
#[cfg(feature = "demonstration")]
pub async fn look_for_demo(app: &App) -> Result<&'static str, StartError> {
    Ok(match demo::look(app).await.map_err(failed)? {
        demo::Found::Nothing => "empty",
        demo::Found::Demonstration => "demonstration",
        demo::Found::Other => "other",
    })
}
