//! The rules of `migrations/README.md` that a program can check on the text of a migration. The parts of
//! the text stand in [`text`].

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use text::{Statement, statements};

/// The last migration that was written before anything was released: up to here tables are made whole,
/// with their indexes, and nobody uses them yet.
const FIRST_SET: &str = "2026-01-05-081200_create_audit_log";

/// A migration as it lies in its directory.
struct Migration {
    name: String,
    up: String,
    down: String,
    in_transaction: bool,
}

/// What earlier migrations have made.
#[derive(Default)]
struct Known {
    tables: BTreeSet<String>,
    /// Indexes and their tables.
    indexes: BTreeMap<String, String>,
}

impl Known {
    fn learn(&mut self, up: &str) {
        for statement in statements(up) {
            if let Some(table) = statement.created_table() {
                self.tables.insert(table.to_owned());
            }
            if let Some((index, table)) = statement.created_index() {
                self.indexes.insert(index.to_owned(), table.to_owned());
            }
        }
    }

    fn of(up: &str) -> Self {
        let mut known = Self::default();
        known.learn(up);
        known
    }
}

/// What every migration has to keep to.
fn broken_always(migration: &Migration) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, sql) in [("up", &migration.up), ("down", &migration.down)] {
        let all = statements(sql);
        let mut refuse = |what: &str| broken.push(format!("{file}.sql of {}: {what}", migration.name));
        if all.is_empty() {
            refuse("says nothing");
        }
        for statement in &all {
            if statement.names_schema() {
                refuse("names a schema");
            }
            let zones = ["at", "set", "local"].map(|word| statement.has(&[word, "time", "zone"]));
            if zones.contains(&true) || statement.has(&["timezone"]) {
                refuse("names a time zone");
            }
            if statement.begins(&["create", "type"]) {
                refuse("makes a type: closed lists are text with a CHECK");
            }
        }
    }
    broken
}

/// What a migration has to keep to that meets tables in use, old programs and running requests.
fn broken_live(known: &Known, migration: &Migration) -> Vec<String> {
    let own = Known::of(&migration.up);
    let mut broken = Vec::new();
    for (file, sql) in [("up", &migration.up), ("down", &migration.down)] {
        let all = statements(sql);
        let mut refuse = |what: String| broken.push(format!("{file}.sql of {}: {what}", migration.name));
        for statement in &all {
            for index in indexes(&own, known, statement) {
                match (statement.is_concurrent(), migration.in_transaction) {
                    (true, false) if all.len() == 1 => {}
                    (true, false) => refuse(format!("{index} is not alone in its file")),
                    (true, true) => refuse(format!("{index} needs run_in_transaction = false")),
                    (false, _) => refuse(format!("{index} needs CONCURRENTLY")),
                }
            }
            if !migration.in_transaction && !statement.is_concurrent() {
                refuse("runs outside of a transaction without need".to_owned());
            }
            if statement.has_index_in_block() {
                refuse("an index in a block cannot be built or dropped concurrently".to_owned());
            }
            if let Some((table, changes)) = statement.altered_table() {
                if own.tables.contains(table) {
                    continue;
                }
                for change in changes {
                    if let Some(what) = change.stops_or_breaks().filter(|_| file == "up") {
                        refuse(format!("{table}: {what}"));
                    }
                }
            }
        }
    }
    broken
}

/// The indexes of tables in use that the statement makes or drops. One that the migration makes itself,
/// on a table of its own, is nobody's.
fn indexes(own: &Known, known: &Known, statement: &Statement) -> Vec<String> {
    let is_own = |table: &str| own.tables.contains(table);
    if let Some((index, table)) = statement.created_index() {
        let others = statement.is_concurrent() || !is_own(table);
        return others.then(|| index.to_owned()).into_iter().collect();
    }
    let dropped = statement.dropped_indexes().into_iter();
    let table_of = |index: &String| own.indexes.get(index).or_else(|| known.indexes.get(index));
    dropped
        .filter(|index| statement.is_concurrent() || !table_of(index).is_some_and(|table| is_own(table)))
        .collect()
}

/// All migrations of the repository, in order.
fn migrations() -> Vec<Migration> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut directories: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    directories.sort();
    let read = |directory: &Path| {
        let file = |name: &str| std::fs::read_to_string(directory.join(name));
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        let metadata = file("metadata.toml").unwrap_or_default();
        Migration {
            up: file("up.sql").unwrap_or_else(|error| panic!("up.sql of {name}: {error}")),
            down: file("down.sql").unwrap_or_else(|error| panic!("down.sql of {name}: {error}")),
            in_transaction: !metadata.replace(' ', "").contains("run_in_transaction=false"),
            name,
        }
    };
    directories.iter().map(|directory| read(directory)).collect()
}

#[test]
fn migrations_keep_to_their_rules() {
    let (mut known, mut broken, mut first) = (Known::default(), Vec::new(), 0);
    for migration in migrations() {
        broken.extend(broken_always(&migration));
        if migration.name.as_str() > FIRST_SET {
            broken.extend(broken_live(&known, &migration));
        } else {
            first += 1;
        }
        known.learn(&migration.up);
    }
    assert_eq!(broken, [""; 0]);
    // The texts were understood.
    assert_eq!((first, known.tables.len()), (13, 31), "{:?}", known.tables);
    assert!(known.indexes.len() > 80, "{}", known.indexes.len());
}

/// Every rule that this text breaks, after a first migration that has made clients with an index.
fn judge(up: &str, down: &str, in_transaction: bool) -> Vec<String> {
    let known = Known::of("CREATE TABLE clients (nom text); CREATE INDEX ix_clients_nom ON clients (nom);");
    let migration = Migration {
        name: "essai".to_owned(),
        up: up.to_owned(),
        down: down.to_owned(),
        in_transaction,
    };
    let mut broken = broken_always(&migration);
    broken.extend(broken_live(&known, &migration));
    broken
}

#[test]
fn what_the_rules_allow_passes() {
    for (up, down, in_transaction) in [
        // A table of the migration's own, with its indexes.
        (
            "CREATE TABLE devis (id bigint, le timestamp with time zone, client_id bigint, \
                 CONSTRAINT fk_devis_client FOREIGN KEY (client_id) REFERENCES clients (id));\n\
             CREATE UNIQUE INDEX uq_devis_client ON devis (client_id);",
            "DROP INDEX uq_devis_client; DROP TABLE devis;",
            true,
        ),
        (
            "-- Why; with a semicolon.\nCREATE INDEX CONCURRENTLY ix_clients_ville ON clients (ville);",
            "DROP INDEX CONCURRENTLY ix_clients_ville;",
            false,
        ),
        (
            "DROP INDEX CONCURRENTLY IF EXISTS ix_clients_nom",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_clients_nom ON clients (nom)",
            false,
        ),
        // The table stands behind words that only look like something else.
        (
            "ALTER TABLE ONLY clients ADD COLUMN note text, ADD COLUMN rang integer NOT NULL DEFAULT 0, \
                 ADD CONSTRAINT ck_clients_note CHECK (note <> 'DROP INDEX; public.x AT TIME ZONE') NOT VALID; \
             /* CREATE INDEX ix ON clients (note); */ COMMENT ON COLUMN clients.note IS 'a.b';",
            "ALTER TABLE clients DROP COLUMN note, DROP COLUMN rang",
            true,
        ),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.nom := 'x'; RETURN NEW; END $f$;",
            "DROP FUNCTION f()",
            true,
        ),
        // With an index that was built before.
        (
            "ALTER TABLE clients ADD CONSTRAINT uq_clients_ice UNIQUE USING INDEX uq_clients_ice",
            "ALTER TABLE clients DROP CONSTRAINT uq_clients_ice",
            true,
        ),
    ] {
        assert_eq!(judge(up, down, in_transaction), [""; 0], "{up}");
    }
}

#[test]
fn what_the_rules_refuse_is_told() {
    let concurrently = "CREATE INDEX CONCURRENTLY ix_a ON clients (a)";
    let two = "CREATE INDEX CONCURRENTLY ix_a ON clients (a); CREATE INDEX CONCURRENTLY ix_b ON clients (b)";
    let block = "DO $$ BEGIN CREATE INDEX ix_a ON clients (a); END $$";
    for (up, in_transaction, told) in [
        (
            "CREATE INDEX ix_a ON clients (a)",
            true,
            "ix_a needs CONCURRENTLY",
        ),
        (
            "CREATE UNIQUE INDEX IF NOT EXISTS uq_a\n ON ONLY clients (a)",
            true,
            "uq_a needs CONCURRENTLY",
        ),
        ("create index on clients (a)", true, "needs CONCURRENTLY"),
        (
            "CREATE INDEX ix_a ON \"clients\" (a)",
            false,
            "ix_a needs CONCURRENTLY",
        ),
        (
            "DROP INDEX ix_clients_nom",
            true,
            "ix_clients_nom needs CONCURRENTLY",
        ),
        (
            "DROP INDEX IF EXISTS autre, encore",
            true,
            "encore needs CONCURRENTLY",
        ),
        (concurrently, true, "ix_a needs run_in_transaction = false"),
        (two, false, "ix_b is not alone in its file"),
        (
            "CREATE TABLE devis (id bigint)",
            false,
            "outside of a transaction",
        ),
        (block, true, "in a block"),
        ("INSERT INTO public.clients VALUES (1)", true, "names a schema"),
        ("CREATE TABLE erp.devis (id bigint)", true, "names a schema"),
        (
            "CREATE TABLE devis (c bigint REFERENCES erp.clients (id))",
            true,
            "names a schema",
        ),
        ("SET search_path = erp", true, "names a schema"),
        (
            "DO $$ BEGIN PERFORM * FROM public.clients; END $$",
            true,
            "names a schema",
        ),
        (
            "UPDATE clients SET jour = (le AT TIME ZONE 'Africa/Casablanca')::date",
            true,
            "names a time zone",
        ),
        ("SET LOCAL TIME ZONE 'UTC'", true, "names a time zone"),
        ("CREATE TYPE couleur AS ENUM ('rouge')", true, "makes a type"),
        ("ALTER TABLE clients RENAME COLUMN nom TO raison", true, "renames"),
        ("ALTER TABLE clients RENAME TO societes", true, "renames"),
        (
            "ALTER TABLE clients ADD COLUMN rang integer NOT NULL",
            true,
            "without a default",
        ),
        (
            "ALTER TABLE clients ADD rang numeric(3, 1) NOT NULL, ADD b text",
            true,
            "without a default",
        ),
        (
            "ALTER TABLE clients ADD a int GENERATED ALWAYS AS (1) STORED",
            true,
            "writes the table anew",
        ),
        (
            "ALTER TABLE clients ALTER nom TYPE varchar(10)",
            true,
            "writes the table anew",
        ),
        (
            "ALTER TABLE clients ADD CONSTRAINT uq_clients_nom UNIQUE (nom)",
            true,
            "builds an index",
        ),
        (
            "ALTER TABLE clients ADD PRIMARY KEY (id)",
            true,
            "builds an index",
        ),
        ("-- nothing", true, "says nothing"),
    ] {
        let broken = judge(up, "SELECT 1", in_transaction);
        assert!(broken.iter().any(|line| line.contains(told)), "{up}: {broken:?}");
    }
    // The way back meets the same tables.
    let broken = judge(
        "DROP INDEX CONCURRENTLY ix_clients_nom",
        "CREATE INDEX ix_clients_nom ON clients (nom)",
        false,
    );
    assert!(
        broken
            .iter()
            .any(|line| line.starts_with("down.sql") && line.contains("ix_clients_nom needs CONCURRENTLY")),
        "{broken:?}"
    );
}
