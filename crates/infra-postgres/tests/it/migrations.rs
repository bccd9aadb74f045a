//! The migrations and Diesel's picture of their result.

use diesel::prelude::*;
use diesel::sql_types::Text;
use test_support::TestDb;

#[tokio::test]
async fn every_migration_has_a_way_back() {
    let db = TestDb::new().await;
    let config = db.config().clone();
    tokio::task::spawn_blocking(move || {
        assert_eq!(
            infra_postgres::migrate::pending(&config).unwrap(),
            Vec::<String>::new()
        );
        infra_postgres::migrate::redo_all(&config).unwrap();
        assert_eq!(
            infra_postgres::migrate::pending(&config).unwrap(),
            Vec::<String>::new()
        );
    })
    .await
    .unwrap();
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

#[tokio::test]
async fn every_constraint_is_named_by_the_convention() {
    let db = TestDb::new().await;
    let strange = db.number(
        "SELECT count(*) FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid \
         JOIN pg_namespace n ON n.oid = r.relnamespace \
         WHERE n.nspname = 'public' AND r.relname <> '__diesel_schema_migrations' AND c.contype IN ('u','c','f','x') \
         AND c.conname !~ ('^' || CASE c.contype WHEN 'u' THEN 'uq' WHEN 'c' THEN 'ck' WHEN 'f' THEN 'fk' ELSE 'ex' END || '_')",
    );
    assert_eq!(strange, 0);
    for (name, _) in infra_postgres::constraints::NAMED {
        let found = db.number(&format!(
            "SELECT (SELECT count(*) FROM pg_constraint WHERE conname = '{name}') \
             + (SELECT count(*) FROM pg_indexes WHERE indexname = '{name}') \
             + (SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%{name}%')"
        ));
        assert!(found >= 1, "{name} is mapped but does not exist");
    }
}

#[tokio::test]
async fn the_indexes_that_lists_need_exist() {
    let db = TestDb::new().await;
    for (table, columns) in [
        ("users", "(email, is_active)"),
        ("users", "(role)"),
        ("interventions", "(statut, date_creation"),
        ("equipements", "(client_id, statut"),
    ] {
        let found = db.number(&format!(
            "SELECT count(*) FROM pg_indexes WHERE tablename = '{table}' AND indexdef LIKE '%{columns}%'"
        ));
        assert!(found >= 1, "{table} {columns}");
    }
}
