//! Retention: what is removed, what stays, and that nothing grows without anybody having said so.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::Vocab;
use domain::job::{Expired, ScheduledJob};
use domain::policy::Role;
use jiff::Timestamp;
use test_support::TestDb;

use crate::support::{must, new_user_id, now};

async fn purge(db: &TestDb, what: Expired, before: Timestamp, limit: u32) -> u32 {
    must(db, move |tx| tx.tasks().purge(what, before, limit)).await
}

#[tokio::test]
async fn retention_removes_what_expired_before_the_limit_and_nothing_else() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "amal", Role::Client).await;
    db.execute(&format!(
        "INSERT INTO sessions (id, user_id, expires_at, ended_at, end_reason, mode) VALUES \
         (md5('expiree')::uuid, {user}, '2026-01-01', NULL, NULL, 'bearer'), \
         (md5('finie')::uuid, {user}, '2026-06-01', '2026-01-01', 'deconnexion', 'bearer'), \
         (md5('vivante')::uuid, {user}, '2026-06-01', NULL, NULL, 'bearer'); \
         INSERT INTO refresh_tokens (token_hash, session_id, generation, expires_at) \
         SELECT sha256(g::text::bytea), md5('vivante')::uuid, g, CASE WHEN g < 3 THEN '2026-01-01'::timestamptz \
         ELSE '2026-06-01' END FROM generate_series(1, 4) g; \
         INSERT INTO refresh_tokens (token_hash, session_id, generation, expires_at) \
         VALUES (sha256('x'), md5('finie')::uuid, 0, '2026-06-01'); \
         INSERT INTO cles_idempotence (user_id, methode, chemin, cle, empreinte, created_at) VALUES \
         ({user}, 'POST', '/a', 'vieille', sha256('a'), '2026-01-01'), ({user}, 'POST', '/a', 'neuve', sha256('a'), '2026-06-01'); \
         INSERT INTO connexions_tentatives (identifiant_hash, fenetre_debut) VALUES \
         (sha256('a'), '2026-01-01'), (sha256('b'), '2026-06-01'); \
         INSERT INTO evenements (id, kind, aggregate_type, aggregate_id, occurred_at, dispatched_at) VALUES \
         (1, 'intervention.creee', 'interventions', 1, '2026-01-01', '2026-01-01'), \
         (2, 'intervention.creee', 'interventions', 1, '2026-01-01', '2026-06-01'), \
         (3, 'intervention.creee', 'interventions', 1, '2026-01-01', NULL), \
         (4, 'intervention.creee', 'interventions', 1, '2026-01-01', NULL); \
         INSERT INTO taches (kind, evenement_id, done_at, dead_at) VALUES \
         ('evenement', 1, '2026-01-01', NULL), ('evenement', 1, '2026-06-01', NULL), ('evenement', 3, NULL, '2026-01-01'); \
         INSERT INTO notifications (user_id, type, canal, sujet, contenu, evenement_id) \
         VALUES ({user}, 'rappel', 'push', 'x', 'y', 1); \
         INSERT INTO notifications (user_id, type, canal, sujet, contenu, statut, date_envoi, lue_le, created_at) \
         SELECT {user}, 'rappel', canal, 'x', 'y', statut, '2026-01-01', lue::timestamptz, '2026-01-01' FROM (VALUES \
         ('push', 'envoyee', '2026-01-02'), ('push', 'envoyee', NULL), ('email', 'abandonnee', NULL), \
         ('email', 'echec', NULL)) v (canal, statut, lue); \
         INSERT INTO job_runs (job, started_at) VALUES ('retention', '2026-01-01'), ('retention', '2026-06-01'); \
         INSERT INTO occurrences (schedule, due_at) VALUES ('retention', '2026-01-01'), ('retention', '2026-01-02'), \
         ('autre', '2026-01-01')"
    ));
    let limit = "2026-03-01T00:00:00Z".parse().unwrap();
    for (what, removed, table, left) in [
        (Expired::RefreshTokens, 2, "refresh_tokens", 3),
        (Expired::Sessions, 2, "sessions", 1),
        (Expired::IdempotencyKeys, 1, "cles_idempotence", 1),
        (Expired::LoginAttempts, 1, "connexions_tentatives", 1),
        (Expired::Tasks, 1, "taches", 2),
        (Expired::Events, 1, "evenements", 3),
        (Expired::LostEvents, 1, "evenements", 2),
        (Expired::DeadTasks, 1, "taches", 1),
        (Expired::LostEvents, 1, "evenements", 1),
        (Expired::Notifications, 2, "notifications", 3),
        (Expired::JobRuns, 1, "job_runs", 1),
        (Expired::Occurrences, 1, "occurrences", 2),
    ] {
        assert_eq!(purge(&db, what, limit, 100).await, removed, "{what:?}");
        assert_eq!(
            db.number(&format!("SELECT count(*) FROM {table}")),
            left,
            "{what:?}"
        );
        assert_eq!(purge(&db, what, limit, 100).await, 0, "{what:?}");
    }
    assert_eq!(
        db.number("SELECT count(*) FROM refresh_tokens"),
        2,
        "those of the removed session went with it"
    );
    assert_eq!(
        db.number("SELECT count(*) FROM notifications WHERE evenement_id IS NULL AND statut = 'en_attente'"),
        1,
        "the inbox stays"
    );
}

#[tokio::test]
async fn retention_takes_a_bounded_number_and_never_waits() {
    let db = TestDb::new().await;
    db.execute(
        "INSERT INTO connexions_tentatives (identifiant_hash, fenetre_debut) \
         SELECT sha256(g::text::bytea), '2026-01-01' FROM generate_series(1, 10) g",
    );
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 4).await, 4);
    // Somebody signs in at this moment: that row is theirs.
    use diesel::connection::SimpleConnection;
    let mut other = db.connection();
    other
        .batch_execute("BEGIN; SELECT 1 FROM connexions_tentatives LIMIT 1 FOR UPDATE")
        .expect("a locked row");
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 100).await, 5);
    other.batch_execute("ROLLBACK").expect("let go");
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 100).await, 1);
}

/// Tables that nothing is removed from by age, and why.
const KEPT: &[(&str, &str)] = &[
    ("audit_log", "evidence: rows are only ever added"),
    ("historiques_interventions", "evidence: rows are only ever added"),
    ("interventions", "business: archived, never removed"),
    ("interventions_attentes", "goes with its job"),
    ("interventions_cloture", "goes with its job"),
    ("interventions_competences", "goes with its job"),
    ("pannes", "business: reliability is computed from it"),
    ("arrets_equipement", "business: availability is computed from it"),
    ("equipements_detentions", "business: who held an equipment when"),
    ("users", "master data"),
    ("users_roles", "master data"),
    ("clients", "master data"),
    ("clients_utilisateurs", "master data"),
    ("clients_contacts", "master data"),
    ("sites", "master data"),
    ("equipes", "master data"),
    ("competences", "master data"),
    ("techniciens", "master data"),
    ("techniciens_competences", "master data"),
    ("referentiels", "master data"),
    ("equipements", "master data"),
    ("equipements_competences", "master data"),
    ("__diesel_schema_migrations", "a row for each migration"),
];

/// The table that a kind of row stands in.
fn table(kind: Expired) -> &'static str {
    match kind {
        Expired::DeadTasks => "taches",
        Expired::LostEvents => "evenements",
        other => other.code(),
    }
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[tokio::test]
async fn every_table_is_cleared_by_age_or_kept_for_a_reason() {
    let db = TestDb::new().await;
    let all: Vec<Table> = diesel::sql_query(
        "SELECT table_name::text AS name FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    )
    .load(&mut db.connection())
    .unwrap();
    let all: BTreeSet<&str> = all.iter().map(|t| t.name.as_str()).collect();
    let purged: BTreeSet<&str> = Expired::all().iter().map(|kind| table(*kind)).collect();
    let kept: BTreeSet<&str> = KEPT.iter().map(|(table, _)| *table).collect();
    assert!(purged.is_disjoint(&kept));
    let said: BTreeSet<&str> = purged.union(&kept).copied().collect();
    assert_eq!(
        all, said,
        "each table is either cleared by age or kept, and that is said here"
    );
}

#[tokio::test]
async fn the_latest_occurrence_stays_so_that_it_is_not_queued_again() {
    let db = TestDb::new().await;
    must(&db, |tx| {
        tx.tasks().enqueue_occurrence(ScheduledJob::Retention, now())
    })
    .await;
    let later = "2030-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(purge(&db, Expired::Occurrences, later, 10).await, 0);
    let last = must(&db, |tx| tx.tasks().last_occurrence(ScheduledJob::Retention)).await;
    assert_eq!(last, Some(now()));
}
