//! Migrations, compiled into the binaries.

use diesel::Connection;
use diesel::PgConnection;
use diesel::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::error::BoxError;
use secrecy::ExposeSecret;

use crate::config::PgConfig;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Serialises concurrent runs: two processes that start together migrate once.
const ADVISORY_LOCK: i64 = 0x4d49_4645_5250;

/// Applies what is pending; answers the names of what was applied.
///
/// # Errors
/// No connection, or a migration that failed (it is rolled back).
pub fn migrate(config: &PgConfig) -> Result<Vec<String>, BoxError> {
    let mut conn = connect(config)?;
    // A long migration must not run into the limits of requests.
    run(&mut conn, "SET statement_timeout = 0")?;
    run(&mut conn, "SET lock_timeout = 0")?;
    run(&mut conn, &format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
    let applied = conn
        .run_pending_migrations(MIGRATIONS)?
        .iter()
        .map(ToString::to_string)
        .collect();
    run(&mut conn, &format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
    Ok(applied)
}

/// Names of the migrations that the database lacks.
///
/// # Errors
/// No connection.
pub fn pending(config: &PgConfig) -> Result<Vec<String>, BoxError> {
    let mut conn = connect(config)?;
    Ok(conn
        .pending_migrations(MIGRATIONS)?
        .iter()
        .map(|m| m.name().to_string())
        .collect())
}

/// Reverts everything and applies it again: shows that each migration has a way back.
///
/// # Errors
/// The migration that failed.
pub fn redo_all(config: &PgConfig) -> Result<(), BoxError> {
    let mut conn = connect(config)?;
    conn.revert_all_migrations(MIGRATIONS)?;
    conn.run_pending_migrations(MIGRATIONS)?;
    Ok(())
}

fn run(conn: &mut PgConnection, constant: &str) -> diesel::QueryResult<()> {
    diesel::sql_query(constant).execute(conn).map(|_| ())
}

/// A text that changes with the set of migrations or their content.
pub fn fingerprint() -> String {
    use diesel::migration::MigrationSource;
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    CONTENT.hash(&mut hasher);
    let migrations: Result<Vec<_>, _> = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS);
    for migration in migrations.iter().flatten() {
        migration.name().to_string().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Hash of the SQL, made by the build script.
const CONTENT: &str = env!("MIGRATIONS_FINGERPRINT");

fn connect(config: &PgConfig) -> Result<PgConnection, BoxError> {
    Ok(PgConnection::establish(config.libpq().expose_secret())?)
}
