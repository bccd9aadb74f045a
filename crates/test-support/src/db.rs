//! A database per test, cloned from a migrated template.

use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use infra_postgres::{PgConfig, PgUnitOfWork, Reader, WritePool};
use secrecy::ExposeSecret;

/// The server that tests may create databases on; set by `make test`.
pub const URL_VARIABLE: &str = "TEST_DATABASE_URL";

/// An empty, migrated database of this test's own; dropped with it.
pub struct TestDb {
    name: String,
    config: PgConfig,
    pool: WritePool,
    reader: Reader,
}

impl TestDb {
    /// Clones the template.
    ///
    /// # Panics
    /// Without `TEST_DATABASE_URL` or when the server refuses: such a test must not pass.
    pub async fn new() -> Self {
        tokio::task::spawn_blocking(Self::create)
            .await
            .expect("database thread")
    }

    fn create() -> Self {
        let template = template();
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        admin(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let mut config = server();
        config.database.clone_from(&name);
        config.write_pool = 8;
        config.list_pool = 4;
        let (pool, reader) = (WritePool::new(&config), Reader::new(&config));
        Self {
            name,
            config,
            pool,
            reader,
        }
    }

    /// Settings that lead to it.
    pub fn config(&self) -> &PgConfig {
        &self.config
    }

    /// The URL that leads to it, for a process of its own.
    pub fn url(&self) -> String {
        let base = std::env::var(URL_VARIABLE).expect("TEST_DATABASE_URL");
        let (server, _) = base.rsplit_once('/').expect("a database in the URL");
        format!("{server}/{}", self.name)
    }

    /// Units of work on it.
    pub fn uow(&self) -> PgUnitOfWork {
        PgUnitOfWork::new(self.pool.clone())
    }

    /// The pool of [`TestDb::uow`].
    pub fn pool(&self) -> WritePool {
        self.pool.clone()
    }

    /// Reads on it.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// A connection past all rules, to look at tables.
    pub fn connection(&self) -> PgConnection {
        PgConnection::establish(self.config.libpq().expose_secret()).expect("a connection")
    }

    /// The one number that a statement gives.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct One {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT ({sql})::bigint AS n");
        let one: One = diesel::sql_query(sql)
            .get_result(&mut self.connection())
            .expect("a number");
        one.n
    }

    /// Reverts every migration and applies it again.
    ///
    /// # Panics
    /// When one has no way back or forth.
    pub fn redo_migrations(&self) {
        use diesel_migrations::MigrationHarness;
        use infra_postgres::migrate::MIGRATIONS;
        let mut conn = self.connection();
        conn.batch_execute("SET statement_timeout = 0")
            .expect("a setting");
        conn.revert_all_migrations(MIGRATIONS).expect("each way back");
        conn.run_pending_migrations(MIGRATIONS).expect("each way forth");
    }

    /// Runs a statement past all rules.
    pub fn execute(&self, sql: &str) {
        self.connection().batch_execute(sql).expect("a statement");
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // Best effort: the server may be gone already, and goes with its data after the run.
        if let Ok(mut conn) = PgConnection::establish(server().libpq().expose_secret()) {
            let _ = conn.batch_execute(&drop);
        }
    }
}

fn server() -> PgConfig {
    let url = std::env::var(URL_VARIABLE).expect(
        "TEST_DATABASE_URL is not set: run the tests through `make test`, or see docs/ARCHITECTURE.md",
    );
    PgConfig::from_url(&url).expect("TEST_DATABASE_URL")
}

fn admin(sql: &str) {
    let mut conn = PgConnection::establish(server().libpq().expose_secret()).expect("the test server");
    conn.batch_execute(sql).expect("an administrative statement");
}

/// The template: named by what is in the migrations, so that changed ones make a new template;
/// made once per server, whoever comes first.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("gabarit_{}", infra_postgres::migrate::fingerprint());
        let mut conn = PgConnection::establish(server().libpq().expose_secret()).expect("the test server");
        conn.batch_execute(
            "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(7340033)",
        )
        .expect("the template lock");
        let ready: bool = diesel::select(
            diesel::dsl::sql::<Bool>("EXISTS (SELECT 1 FROM pg_database WHERE datname = ")
                .bind::<diesel::sql_types::Text, _>(&name)
                .sql(" AND datistemplate)"),
        )
        .get_result(&mut conn)
        .expect("the list of databases");
        if !ready {
            conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
                .expect("no half-made template");
            conn.batch_execute(&format!("CREATE DATABASE {name}"))
                .expect("a template");
            let mut config = server();
            config.database.clone_from(&name);
            infra_postgres::migrate::migrate(&config).expect("the migrations");
            conn.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true"))
                .expect("a template");
        }
        name
    })
}
