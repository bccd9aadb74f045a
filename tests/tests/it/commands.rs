//! The commands of an administrator, as `docs/operations.md` gives them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use black_box::environment::{free_port, program};
use black_box::stack::{ADMIN, JWT_KEY};
use test_support::TestDb;

fn create_admin(database: &str) -> Output {
    run(
        database,
        &["create-admin", "--email", "direction@essai.ma"],
        ADMIN.1,
    )
}

fn reset_password(database: &str, username: &str, password: &str) -> Output {
    run(database, &["reset-password", "--username", username], password)
}

fn run(database: &str, args: &[&str], line: &str) -> Output {
    let mut child = Command::new(program("api-actix"))
        .args(args)
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
    let _ = writeln!(input, "{line}");
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

#[tokio::test]
async fn a_lost_password_is_replaced_and_every_session_ends() {
    let db = TestDb::new().await;
    assert!(create_admin(&db.url()).status.success());
    db.execute(
        "INSERT INTO sessions (id, user_id, expires_at, mode) \
         SELECT gen_random_uuid(), id, now() + interval '1 day', 'bearer' FROM users; \
         CREATE TABLE before AS TABLE users",
    );
    let unchanged = "SELECT count(*) FROM users JOIN before USING (id, hashed_password, version)";
    for (username, password, why) in [
        ("personne", "Rempart-Oudaya-31!", "no account"),
        ("admin", "bref-7", "TOO_SHORT"),
        ("admin", "motdepasse1", "WEAK_PASSWORD"),
    ] {
        let refused = reset_password(&db.url(), username, password);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(why), "{said}");
        assert!(!said.contains(password), "{said}");
        assert_eq!(db.number(unchanged), 1, "{why}");
    }
    db.execute("UPDATE users SET is_active = false");
    let refused = reset_password(&db.url(), "admin", "Rempart-Oudaya-31!");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("not active"), "{said}");
    assert_eq!(db.number(unchanged), 1);

    db.execute("UPDATE users SET is_active = true");
    let done = reset_password(&db.url(), "Direction@essai.ma", "Rempart-Oudaya-31!");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("admin") && said.contains("sessions ended: 1"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    for (what, expected) in [
        (unchanged, 0),
        (
            "SELECT count(*) FROM users JOIN before b USING (id) WHERE users.auth_version = b.auth_version + 1",
            1,
        ),
        (
            "SELECT count(*) FROM sessions WHERE end_reason = 'mot_de_passe'",
            1,
        ),
        (
            "SELECT count(*) FROM audit_log WHERE correlation_id = 'reset-password' AND actor_id IS NULL \
             AND action IN ('modification', 'session_fermee')",
            2,
        ),
    ] {
        assert_eq!(db.number(what), expected, "{what}");
    }
}
