//! The commands of an administrator, as `docs/operations.md` gives them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use black_box::environment::{free_port, program};
use black_box::stack::{ADMIN, JWT_KEY};
use test_support::TestDb;

fn create_admin(database: &str) -> Output {
    let mut child = Command::new(program("api-actix"))
        .args(["create-admin", "--email", "direction@essai.ma"])
        .env_clear()
        .env("APP_ENV", "production")
        .env("DATABASE_URL", database)
        .env("JWT_SECRET_KEY", JWT_KEY)
        .env("PUBLIC_BASE_URL", "https://erp.essai.ma")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut input = child.stdin.take().expect("a pipe");
    // A program that has refused already does not read it.
    let _ = writeln!(input, "{}", ADMIN.1);
    drop(input);
    child.wait_with_output().expect("its end")
}

#[tokio::test]
async fn the_first_account_is_made_once_and_only_in_a_migrated_database() {
    let db = TestDb::new().await;
    let last = "version = (SELECT max(version) FROM __diesel_schema_migrations)";
    db.execute("CREATE TABLE kept AS TABLE __diesel_schema_migrations");
    db.execute(&format!("DELETE FROM __diesel_schema_migrations WHERE {last}"));
    let refused = create_admin(&db.url());
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && why.contains("api-actix migrate"),
        "{why}"
    );

    db.execute("INSERT INTO __diesel_schema_migrations SELECT * FROM kept ON CONFLICT DO NOTHING");
    let made = create_admin(&db.url());
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(
        made.status.success() && said.contains("direction@essai.ma"),
        "{said}{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert!(!create_admin(&db.url()).status.success(), "once");
}

#[test]
fn a_database_that_cannot_be_asked_is_not_said_to_lack_migrations() {
    let nobody = format!("postgres://erp_user:x@127.0.0.1:{}/erp_db", free_port());
    let refused = create_admin(&nobody);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && !why.contains("api-actix migrate"),
        "{why}"
    );
}
