//! The tables as they are, past all rules.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;

/// A database of the test's own.
#[derive(Debug, Clone)]
pub struct Database {
    url: String,
}

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = Text)]
    rows: String,
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Columns that change without anybody having changed anything.
const RESTLESS: &[&str] = &["last_seen_at"];

impl Database {
    /// The database that a URL names.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection, if the server takes one.
    pub fn try_connect(&self) -> Option<PgConnection> {
        PgConnection::establish(&self.url).ok()
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("a connection")
    }

    /// The one number that an expression or a subquery gives.
    pub fn number(&self, sql: &str) -> i64 {
        let sql = format!("SELECT ({sql})::bigint AS n");
        let one: One = diesel::sql_query(&sql)
            .get_result(&mut self.connect())
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        one.n
    }

    /// The rows of a query, each an object.
    pub fn rows(&self, sql: &str) -> Vec<Value> {
        let sql = format!("SELECT coalesce(json_agg(r), '[]')::text AS rows FROM ({sql}) r");
        let rows: Rows = diesel::sql_query(&sql)
            .get_result(&mut self.connect())
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        serde_json::from_str(&rows.rows).expect("JSON of PostgreSQL")
    }

    /// Runs statements.
    ///
    /// # Errors
    /// What PostgreSQL refuses.
    pub fn try_execute(&self, sql: &str) -> QueryResult<()> {
        self.connect().batch_execute(sql)
    }

    /// Runs statements that must succeed.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The tables of the product.
    pub fn tables(&self) -> Vec<String> {
        let tables = self.rows(
            "SELECT table_name AS n FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name !~ '^__' ORDER BY 1",
        );
        tables
            .iter()
            .map(|t| t["n"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Compares everything that is stored with what was stored before.
pub struct Snapshots {
    sql: String,
    connection: PgConnection,
}

/// A digest of every table, by name.
pub type Snapshot = Value;

impl Snapshots {
    /// Of one database; `except` are tables that are not looked at.
    pub fn of(db: &Database, except: &[&str]) -> Self {
        let without: String = RESTLESS.iter().map(|c| format!(" - '{c}'")).collect();
        let parts: Vec<_> = db
            .tables()
            .iter()
            .filter(|t| !except.contains(&t.as_str()))
            .map(|t| {
                format!(
                    "SELECT '{t}' AS t, count(*) || ' ' || \
                     coalesce(md5(string_agg(md5((to_jsonb(x){without})::text), '' ORDER BY md5((to_jsonb(x){without})::text))), '-') AS d \
                     FROM {t} x"
                )
            })
            .collect();
        let sql = format!(
            "SELECT json_object_agg(t, d)::text AS rows FROM ({}) p",
            parts.join(" UNION ALL ")
        );
        Self {
            sql,
            connection: db.connect(),
        }
    }

    /// What is stored now.
    pub fn take(&mut self) -> Snapshot {
        let rows: Rows = diesel::sql_query(&self.sql)
            .get_result(&mut self.connection)
            .expect("a digest of the tables");
        serde_json::from_str(&rows.rows).expect("JSON of PostgreSQL")
    }
}

/// Names of the tables that differ.
pub fn changed(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    before
        .iter()
        .filter(|(t, d)| after.get(*t) != Some(d))
        .map(|(t, _)| t.clone())
        .collect()
}
