//! Migrations, compiled into the binaries.

use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::PgConnection;
use diesel::QueryableByName;
use diesel::RunQueryDsl;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::error::BoxError;
use secrecy::ExposeSecret;

use crate::config::PgConfig;
use crate::messages::speak_english;

/// The migrations of this version.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Serialises concurrent runs: two processes that start together migrate once.
const ADVISORY_LOCK: i64 = 0x4d49_4645_5250;

/// Longest wait for a process that migrates at the same time.
const OTHERS: Duration = Duration::from_secs(600);
/// Pause between two questions whether it is done.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// Tries of a migration that does not get its locks, and the pause between them.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// Applies what is pending; answers the versions of what was applied.
///
/// # Errors
/// No connection, a migration that failed (it is rolled back), or one that did not get its locks.
pub fn migrate(config: &PgConfig) -> Result<Vec<String>, BoxError> {
    apply(config, MIGRATIONS)
}

/// The same for other migrations.
///
/// # Errors
/// As [`migrate`].
pub fn apply(config: &PgConfig, migrations: impl MigrationSource<Pg>) -> Result<Vec<String>, BoxError> {
    let mut conn = connect(config)?;
    speak_english(&mut conn)?;
    // A long migration must not run into the limits of requests.
    run(&mut conn, "SET statement_timeout = 0")?;
    lock(&mut conn)?;
    let applied = run_pending(&mut conn, migrations);
    // It may have died with the migration, whose failure is the one to tell of; the lock ends with it too.
    let _ = run(&mut conn, &format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"));
    applied
}

/// Waits for others between statements, never inside of one: an index that is built concurrently waits
/// for every statement that began before, and would wait for one that waits for it.
fn lock(conn: &mut PgConnection) -> Result<(), BoxError> {
    let until = Instant::now() + OTHERS;
    loop {
        let mine: bool = diesel::select(
            diesel::dsl::sql::<Bool>("pg_try_advisory_lock(")
                .bind::<BigInt, _>(ADVISORY_LOCK)
                .sql(")"),
        )
        .get_result(conn)?;
        if mine {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err("another process has been migrating the database for too long".into());
        }
        std::thread::sleep(ASK_AGAIN);
    }
}

fn run_pending(
    conn: &mut PgConnection,
    migrations: impl MigrationSource<Pg>,
) -> Result<Vec<String>, BoxError> {
    let mut applied = Vec::new();
    for migration in conn.pending_migrations(migrations)? {
        run_one(conn, &*migration)?;
        applied.push(migration.name().version().to_string());
    }
    Ok(applied)
}

/// Runs a migration. One that waits for a lock has to give up soon, because everybody who comes to the same
/// table later waits behind it; what runs outside of a transaction (an index that is built concurrently)
/// waits for every transaction that is open, but stops nobody.
fn run_one(conn: &mut PgConnection, migration: &dyn Migration<Pg>) -> Result<(), BoxError> {
    let in_transaction = migration.metadata().run_in_transaction();
    run(
        conn,
        if in_transaction {
            "SET lock_timeout = '3s'"
        } else {
            "SET lock_timeout = 0"
        },
    )?;
    let mut tries = 1;
    loop {
        match conn.run_migration(migration) {
            Ok(_) => return Ok(()),
            Err(error) if tries < TRIES && gave_up_waiting(&*error) => {
                tracing::warn!(migration = %migration.name(), tries, error = %error, "no locks for a migration yet");
                tries += 1;
                std::thread::sleep(BETWEEN_TRIES);
            }
            Err(error) => return Err(error),
        }
    }
}

fn gave_up_waiting(error: &(dyn std::error::Error + 'static)) -> bool {
    let texts = std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string);
    texts.into_iter().any(|text| text.contains("due to lock timeout"))
}

/// Names of the migrations that the database lacks.
///
/// # Errors
/// No connection.
pub fn pending(config: &PgConfig) -> Result<Vec<String>, BoxError> {
    pending_on(&mut connect(config)?)
}

/// Asks by a plain read: Diesel's own question would create the table, which the role may not do.
pub(crate) fn pending_on(conn: &mut PgConnection) -> Result<Vec<String>, BoxError> {
    let known = diesel::select(diesel::dsl::sql::<Bool>(
        "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result(conn)?;
    let applied: Vec<Version> = if known {
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?
    } else {
        Vec::new()
    };
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations()?;
    let mut names: Vec<String> = all
        .iter()
        .map(|migration| migration.name())
        .filter(|name| {
            let version = name.version().to_string();
            applied.iter().all(|row| row.version != version)
        })
        .map(ToString::to_string)
        .collect();
    names.sort();
    Ok(names)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn run(conn: &mut PgConnection, constant: &str) -> diesel::QueryResult<()> {
    diesel::sql_query(constant).execute(conn).map(|_| ())
}

/// A text that changes with the set of migrations or their content.
pub fn fingerprint() -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    CONTENT.hash(&mut hasher);
    let migrations: Result<Vec<_>, _> = MigrationSource::<Pg>::migrations(&MIGRATIONS);
    for migration in migrations.iter().flatten() {
        migration.name().to_string().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Hash of the SQL, made by the build script.
const CONTENT: &str = env!("MIGRATIONS_FINGERPRINT");

pub(crate) fn connect(config: &PgConfig) -> Result<PgConnection, BoxError> {
    Ok(PgConnection::establish(config.libpq().expose_secret())?)
}
