//! An application on a test's database, with a hasher that costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use application::App;
use application::testing::Fakes;
use async_trait::async_trait;
use demo::{SeedError, Summary};
use domain::ports::{HashError, PasswordHasher, Place, Secrets};
use jiff::Timestamp;
use test_support::TestDb;

pub const PASSWORD: &str = "Demo-MIF-2026!";

/// A Friday morning.
pub fn now() -> Timestamp {
    "2026-11-20T09:12:34.567891Z".parse().unwrap()
}

struct PlainHasher;

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &str) -> Result<String, HashError> {
        Ok(hash_of(password))
    }

    fn reserve(&self, _owner: &str) -> Result<Place, HashError> {
        Ok(Place::new(()))
    }

    async fn verify<'a>(
        &self,
        _place: Place,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, HashError> {
        Ok(hash == Some(hash_of(password).as_str()))
    }

    async fn rehash(&self, _place: Place, password: &str) -> Result<String, HashError> {
        self.hash(password).await
    }

    fn needs_rehash(&self, _hash: &str) -> bool {
        false
    }
}

pub fn hash_of(password: &str) -> String {
    format!("essai:{password}")
}

/// Draws what nobody drew before, and other numbers for each salt.
struct Draws(u64, AtomicU64);

impl Secrets for Draws {
    fn bits256(&self) -> [u8; 32] {
        let drawn = self.1.fetch_add(1, Ordering::Relaxed);
        let mut bits = [7; 32];
        bits[..8].copy_from_slice(&self.0.to_be_bytes());
        bits[8..16].copy_from_slice(&drawn.to_be_bytes());
        bits
    }

    fn sha256(&self, _data: &[u8]) -> [u8; 32] {
        unreachable!("the demonstration signs nobody in")
    }

    fn refresh_macs(&self, _data: &[u8]) -> Vec<[u8; 32]> {
        unreachable!("the demonstration signs nobody in")
    }

    fn stored_mac(&self, _data: &[u8]) -> [u8; 32] {
        unreachable!("the demonstration signs nobody in")
    }
}

pub fn app(db: &TestDb, salt: u64) -> App {
    App {
        uow: Arc::new(db.uow()),
        hasher: Arc::new(PlainHasher),
        secrets: Arc::new(Draws(salt, AtomicU64::new(0))),
        ..Fakes::default().strict()
    }
}

pub async fn seed(db: &TestDb) -> Result<Summary, SeedError> {
    demo::seed(&app(db, 1), now(), PASSWORD).await
}

/// The rows of a query as texts, sorted.
pub fn texts(db: &TestDb, sql: &str) -> Vec<String> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let rows: Vec<Row> = diesel::sql_query(format!("SELECT ({sql})::text AS t"))
        .load(&mut db.connection())
        .unwrap();
    rows.into_iter().map(|row| row.t).collect()
}

/// Every table that holds something of the demonstration.
pub const TABLES: &[&str] = &[
    "users",
    "equipes",
    "competences",
    "techniciens",
    "techniciens_competences",
    "clients",
    "clients_utilisateurs",
    "clients_contacts",
    "sites",
    "equipements",
    "equipements_competences",
    "interventions",
    "interventions_cloture",
    "interventions_competences",
    "interventions_attentes",
    "pannes",
    "equipements_detentions",
    "arrets_equipement",
    "historiques_interventions",
    "evenements",
    "taches",
    "notifications",
    "audit_log",
];

/// A table as one text, without what the server's clock and chance put there. Rows have no names
/// that repeat, so their texts alone give the order.
pub fn content(db: &TestDb, table: &str) -> String {
    const CHANCE: &[&str] = &[
        "created_at",
        "updated_at",
        "hashed_password",
        "code_public",
        "dispatched_at",
        "run_at",
        "done_at",
        "at",
    ];
    let without = |row: &str| {
        CHANCE
            .iter()
            .fold(row.to_owned(), |row, column| format!("{row} - '{column}'"))
    };
    let row = match table {
        // What changed is told by the other tables; here, that it was told.
        "audit_log" => "jsonb_build_object('id', t.id, 'action', t.action, 'objet', t.objet_type, \
                        'objet_id', t.objet_id, 'acteur', t.actor_id)"
            .to_owned(),
        _ => without("to_jsonb(t)"),
    };
    let sql = format!(
        "SELECT coalesce(string_agg(r::text, E'\\n' ORDER BY r::text), '') FROM (SELECT {row} AS r FROM {table} t) x"
    );
    texts(db, &sql).pop().unwrap()
}
