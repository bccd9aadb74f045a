//! The migrations and Diesel's picture of their result.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::FileBasedMigrations;
use infra_postgres::constraints::{NAMED, RACES};
use infra_postgres::migrate::apply;
use test_support::TestDb;
use test_support::wait::within;

/// Longest wait for what comes by itself.
const SOON: Duration = Duration::from_secs(20);

/// Everything that migrations make, as text: tables, columns, constraints, indexes, triggers, functions,
/// sequences. Columns without their place: one that was dropped leaves a gap.
const PICTURE: &str = "\
    SELECT 'table ' || c.relname || ' ' || c.relkind::text AS picture FROM pg_class c \
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v') \
    UNION ALL SELECT 'column ' || table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' \
        || coalesce(collation_name, '') || coalesce(column_default, '') || coalesce(generation_expression, '') \
        FROM information_schema.columns WHERE table_schema = 'public' \
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) \
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' \
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
    ORDER BY 1";

fn picture(db: &TestDb) -> Vec<String> {
    let rows: Vec<Column> = diesel::sql_query(PICTURE).load(&mut db.connection()).unwrap();
    rows.into_iter().map(|row| row.picture).collect()
}

#[tokio::test]
async fn up_down_up_gives_the_same_schema() {
    let db = TestDb::new().await;
    let config = db.config().clone();
    tokio::task::spawn_blocking(move || {
        let before = picture(&db);
        assert!(before.len() > 500, "{}", before.len());
        db.redo_migrations();
        let after = picture(&db);
        let lost: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
        let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert!(
            lost.is_empty() && new.is_empty(),
            "lost: {lost:#?}\nnew: {new:#?}"
        );
        assert_eq!(
            infra_postgres::migrate::pending(&config).unwrap(),
            Vec::<String>::new()
        );
    })
    .await
    .unwrap();
}

/// Migrations of the test's own, as files.
struct Later(PathBuf);

impl Later {
    fn new(name: &str, up: &str, in_transaction: bool) -> Self {
        let root = std::env::temp_dir().join(format!("mif-migrations-{}", uuid::Uuid::new_v4().simple()));
        let one = root.join(format!("2999-01-01-000000_{name}"));
        std::fs::create_dir_all(&one).unwrap();
        std::fs::write(one.join("up.sql"), up).unwrap();
        std::fs::write(one.join("down.sql"), "SELECT 1").unwrap();
        std::fs::write(
            one.join("metadata.toml"),
            format!("run_in_transaction = {in_transaction}\n"),
        )
        .unwrap();
        Self(root)
    }

    fn source(&self) -> FileBasedMigrations {
        FileBasedMigrations::from_path(&self.0).unwrap()
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn two_processes_that_start_together_can_build_an_index_concurrently() {
    let db = TestDb::new().await;
    let later = Later::new(
        "index",
        "CREATE INDEX CONCURRENTLY ix_essai ON users (full_name)",
        false,
    );
    // A transaction that was open before keeps the first one waiting until the second has come.
    let mut old = db.connection();
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM users")
        .unwrap();
    let runs = [0, 1].map(|_| {
        let (config, source) = (db.config().clone(), later.source());
        tokio::task::spawn_blocking(move || apply(&config, source))
    });
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND pid <> pg_backend_pid() AND (query LIKE 'CREATE INDEX CONCURRENTLY%' OR query LIKE 'SELECT pg_%advisory_lock(%')";
    within("one builds, one waits", SOON, || async {
        db.number(sessions) == 2
    })
    .await;
    old.batch_execute("COMMIT").unwrap();
    let mut applied = Vec::new();
    for run in runs {
        applied.extend(run.await.unwrap().expect("both come to an end"));
    }
    assert_eq!(applied, ["29990101000000"], "one of them did it");
    assert_eq!(
        db.number("SELECT count(*) FROM pg_index WHERE indexrelid = 'ix_essai'::regclass AND indisvalid"),
        1
    );
}

#[tokio::test]
async fn a_migration_that_waits_for_a_lock_stops_nobody_for_long() {
    let db = TestDb::new().await;
    let later = Later::new("column", "ALTER TABLE equipes ADD COLUMN essai text", true);
    let mut report = db.connection();
    report.batch_execute("BEGIN; SELECT 1 FROM equipes").unwrap();
    let (config, source) = (db.config().clone(), later.source());
    let run = tokio::task::spawn_blocking(move || apply(&config, source));
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'equipes'::regclass";
    within("the migration waits", SOON, || async { db.number(waiting) > 0 }).await;
    // Behind it, with the statement timeout of every request.
    let config = db.config().clone();
    tokio::task::spawn_blocking(move || {
        use secrecy::ExposeSecret;
        let mut reader = PgConnection::establish(config.libpq().expose_secret()).unwrap();
        reader
            .batch_execute("SELECT 1 FROM equipes")
            .expect("an answer in time");
    })
    .await
    .unwrap();
    report.batch_execute("COMMIT").unwrap();
    assert_eq!(run.await.unwrap().expect("the next try"), ["29990101000000"]);
}

#[tokio::test]
async fn a_migration_that_loses_its_connection_says_so() {
    let db = TestDb::new().await;
    let later = Later::new("end", "SELECT pg_terminate_backend(pg_backend_pid())", true);
    let (config, source) = (db.config().clone(), later.source());
    let run = tokio::task::spawn_blocking(move || apply(&config, source))
        .await
        .unwrap();
    let error = run.unwrap_err().to_string();
    assert!(error.contains("2999-01-01-000000_end"), "{error}");
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    picture: String,
}

/// Every column as `table column type null`, from the database.
fn columns(db: &TestDb) -> Vec<String> {
    let rows: Vec<Column> = diesel::sql_query(
        "SELECT table_name || ' ' || column_name || ' ' || udt_name || ' ' || is_nullable AS picture \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'",
    )
    .load(&mut db.connection())
    .unwrap();
    let mut all: Vec<_> = rows.into_iter().map(|c| c.picture).collect();
    all.sort();
    all
}

/// The same, from `schema.rs`.
fn schema_columns() -> Vec<String> {
    let source = include_str!("../../src/schema.rs");
    let (mut table, mut renamed, mut all) = (String::new(), None, Vec::new());
    for line in source.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix("#[sql_name = \"")
            .and_then(|l| l.strip_suffix("\"]"))
        {
            renamed = Some(name.to_owned());
        } else if let Some((head, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = head.to_owned();
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|l| l.split_once(" -> ")) {
            let (kind, null) = match kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>')) {
                Some(inner) => (inner, "YES"),
                None => (kind, "NO"),
            };
            let udt = match kind {
                "BigInt" => "int8",
                "Integer" => "int4",
                "SmallInt" => "int2",
                "Text" => "text",
                "Bool" => "bool",
                "Timestamptz" => "timestamptz",
                "Date" => "date",
                "Numeric" => "numeric",
                "Jsonb" => "jsonb",
                "Uuid" => "uuid",
                "Bytea" => "bytea",
                "Double" => "float8",
                other => panic!("unknown type {other}"),
            };
            let name = renamed.take().unwrap_or_else(|| name.to_owned());
            all.push(format!("{table} {name} {udt} {null}"));
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn the_schema_is_the_one_that_the_migrations_make() {
    let db = TestDb::new().await;
    let (real, pictured) = (columns(&db), schema_columns());
    let missing: Vec<_> = real.iter().filter(|c| !pictured.contains(c)).collect();
    let extra: Vec<_> = pictured.iter().filter(|c| !real.contains(c)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not in schema.rs: {missing:#?}\nonly in schema.rs: {extra:#?}"
    );
    assert!(pictured.len() > 200);
}

/// Names of constraints, indexes and triggers that do not begin with their kind and their table.
const STRANGE_NAMES: &str = "\
    SELECT r.relname || ': ' || o.name AS picture FROM ( \
        SELECT conrelid AS of, conname AS name, CASE contype WHEN 'u' THEN 'uq_' WHEN 'c' THEN 'ck_' WHEN 'f' THEN 'fk_' \
            ELSE 'ex_' END AS kind FROM pg_constraint WHERE contype IN ('u', 'c', 'f', 'x') \
        UNION ALL SELECT indrelid, c.relname, CASE WHEN indisunique THEN 'uq_' ELSE 'ix_' END \
            FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE NOT indisprimary AND NOT indisexclusion \
        UNION ALL SELECT tgrelid, tgname, 'tg_' FROM pg_trigger WHERE NOT tgisinternal) o \
    JOIN pg_class r ON r.oid = o.of WHERE r.relnamespace = 'public'::regnamespace \
    AND NOT starts_with(o.name::text, o.kind || r.relname || '_')";

#[tokio::test]
async fn constraints_indexes_and_triggers_are_named_by_the_convention() {
    let db = TestDb::new().await;
    let rows: Vec<Column> = diesel::sql_query(STRANGE_NAMES)
        .load(&mut db.connection())
        .unwrap();
    let strange: Vec<_> = rows.iter().map(|row| row.picture.as_str()).collect();
    assert_eq!(strange, [""; 0]);
    for (name, _) in NAMED {
        let found = db.number(&format!(
            "SELECT (SELECT count(*) FROM pg_constraint WHERE conname = '{name}') \
             + (SELECT count(*) FROM pg_indexes WHERE indexname = '{name}') \
             + (SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%{name}%')"
        ));
        assert!(found >= 1, "{name} is mapped but does not exist");
    }
}

#[tokio::test]
async fn every_unique_constraint_means_something_to_a_caller_or_is_a_race() {
    let db = TestDb::new().await;
    // A key that the database draws cannot be violated.
    let rows: Vec<Column> = diesel::sql_query(
        "SELECT i.indexrelid::regclass::text AS picture FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
         WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique \
         AND NOT (i.indisprimary AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid \
             AND a.attnum = ANY(i.indkey) AND (a.attidentity <> '' OR a.atttypid = 'uuid'::regtype)))",
    )
    .load(&mut db.connection())
    .unwrap();
    let known: BTreeSet<&str> = NAMED
        .iter()
        .map(|(name, _)| *name)
        .chain(RACES.iter().copied())
        .chain(TARGETS.iter().copied())
        .collect();
    let unknown: Vec<_> = rows
        .iter()
        .map(|row| row.picture.as_str())
        .filter(|name| !known.contains(name))
        .collect();
    assert_eq!(unknown, [""; 0], "each is named in constraints.rs");
    let real: BTreeSet<&str> = rows.iter().map(|row| row.picture.as_str()).collect();
    for name in RACES.iter().chain(TARGETS) {
        assert!(real.contains(name), "{name} does not exist");
    }
}

/// Unique because they hold a primary key, or are written by migrations alone.
const TARGETS: &[&str] = &[
    "uq_sites_client_id",
    "uq_equipements_client_id",
    "refresh_tokens_pkey",
    "referentiels_pkey",
    "__diesel_schema_migrations_pkey",
];

/// Indexes of what lists filter or sort by: whole, so that none passes for another that has a condition.
const LISTS: &[(&str, &str)] = &[
    ("users", "(lower(email))"),
    ("users", "(lower(username))"),
    ("users", "(email, is_active)"),
    ("users", "(role)"),
    ("users_roles", "(role)"),
    ("clients", "(lower(ville), id)"),
    ("clients", "(ville, id)"),
    ("clients", "(secteur_activite, id)"),
    ("clients", "(statut_client, id)"),
    ("clients", "(niveau_service, id)"),
    ("clients", "(nom_entreprise, id)"),
    ("clients", "(created_at, id)"),
    ("clients_utilisateurs", "(user_id)"),
    ("clients_contacts", "(client_id)"),
    ("sites", "(client_id, id)"),
    ("techniciens", "(equipe_id, id)"),
    ("techniciens", "(disponibilite, id)"),
    ("techniciens", "(zone_intervention, id)"),
    ("techniciens", "(lower(zone_intervention), id)"),
    ("techniciens_competences", "(competence_id, niveau)"),
    ("equipements", "(client_id, statut, id)"),
    ("equipements", "(statut, id)"),
    ("equipements", "(site_id, id) WHERE (site_id IS NOT NULL)"),
    ("equipements", "(criticite, id)"),
    ("equipements", "(gravite, id)"),
    ("equipements", "(nom_equipement, id)"),
    ("equipements", "(type_equipement, id)"),
    ("equipements", "(prochaine_maintenance, id)"),
    ("equipements", "(created_at, id)"),
    ("interventions", "(date_creation, id)"),
    (
        "interventions",
        "(date_creation, id) WHERE (archived_at IS NOT NULL)",
    ),
    (
        "interventions",
        "(statut, date_creation, id) WHERE (archived_at IS NULL)",
    ),
    (
        "interventions",
        "(type, date_creation, id) WHERE (archived_at IS NULL)",
    ),
    (
        "interventions",
        "(priorite, date_creation, id) WHERE (archived_at IS NULL)",
    ),
    (
        "interventions",
        "(date_creation, id) WHERE (est_urgente AND (archived_at IS NULL))",
    ),
    (
        "interventions",
        "(client_id, date_creation, id) INCLUDE (archived_at)",
    ),
    ("interventions", "(equipement_id, date_creation, id)"),
    (
        "interventions",
        "(technicien_id, date_creation, id) INCLUDE (archived_at) WHERE (technicien_id IS NOT NULL)",
    ),
    (
        "interventions",
        "(contrat_id, date_creation, id) WHERE (contrat_id IS NOT NULL)",
    ),
    ("interventions", "(date_prevue, id)"),
    ("interventions", "(urgence, id) WHERE (archived_at IS NULL)"),
    ("interventions", "(urgence, id) WHERE (archived_at IS NOT NULL)"),
    (
        "interventions",
        "(((\"left\"(numero, 9) || lpad(substr(numero, 10), 12, '0'::text))), id)",
    ),
    ("historiques_interventions", "(intervention_id, id)"),
    (
        "historiques_interventions",
        "(user_id, id) WHERE (user_id IS NOT NULL)",
    ),
    ("notifications", "(user_id, id)"),
    ("audit_log", "(objet_type, objet_id, id)"),
];

#[tokio::test]
async fn the_indexes_that_lists_need_exist() {
    let db = TestDb::new().await;
    let rows: Vec<Column> = diesel::sql_query(
        "SELECT tablename || ' ' || split_part(indexdef, ' USING btree ', 2) AS picture FROM pg_indexes \
         WHERE schemaname = 'public'",
    )
    .load(&mut db.connection())
    .unwrap();
    let real: BTreeSet<&str> = rows.iter().map(|row| row.picture.as_str()).collect();
    let missing: Vec<_> = LISTS
        .iter()
        .map(|(table, index)| format!("{table} {index}"))
        .filter(|index| !real.contains(index.as_str()))
        .collect();
    assert_eq!(missing, [""; 0], "of {real:#?}");
}

/// Foreign keys without an index on the referring side, and why.
const UNINDEXED: &[(&str, &str)] = &[
    ("created_by", "accounts are closed, never deleted"),
    ("demandeur_id", "accounts are closed, never deleted"),
    (
        "client_id, equipement_id",
        "looked up by the equipment alone, which has its index",
    ),
    (
        "client_id, parent_id",
        "looked up by the parent alone, which has its index",
    ),
    (
        "client_id, site_id",
        "looked up by the site alone, which has its index",
    ),
    (
        "type_equipement_liste, type_equipement",
        "the list is in every row: the type has its index",
    ),
    ("intervention_id", "jobs are archived, never deleted"),
];

#[tokio::test]
async fn every_foreign_key_has_an_index_or_a_reason() {
    let db = TestDb::new().await;
    let rows: Vec<Column> = diesel::sql_query(
        "SELECT c.conrelid::regclass || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY k.n) \
             FROM unnest(c.conkey) WITH ORDINALITY k (attnum, n) \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum) AS picture \
         FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace \
         AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid \
             AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)",
    )
    .load(&mut db.connection())
    .unwrap();
    let without: Vec<_> = rows
        .iter()
        .filter_map(|row| row.picture.split_once(": "))
        .filter(|(_, columns)| !UNINDEXED.iter().any(|(known, _)| known == columns))
        .collect();
    assert_eq!(without, [("", ""); 0]);
}

#[tokio::test]
async fn numbers_need_no_rights_but_to_write_until_the_end_of_the_century() {
    let db = TestDb::new().await;
    for year in [2026, 2036, 2099] {
        let found = db.number(&format!(
            "SELECT count(*) FROM (SELECT prochain_numero_intervention({year}) AS n) x WHERE n = 'INT-{year}-00001'"
        ));
        assert_eq!(found, 1, "{year}");
    }
    let mut conn = db.connection();
    let refused = conn.batch_execute("SELECT prochain_numero_intervention(2100)");
    assert!(refused.unwrap_err().to_string().contains("year 2100"));
}
