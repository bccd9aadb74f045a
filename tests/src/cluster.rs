//! A PostgreSQL of the test's own, to be killed.

use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;

use crate::database::Database;
use crate::environment::required;

/// A whole server: `deploy/local/stack.sh` makes it, and removes it if this process cannot.
pub struct Cluster {
    name: String,
    db: Database,
}

impl Cluster {
    /// Starts one. It takes seconds: call it where blocking is allowed.
    pub fn start() -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("test-{}-{}", std::process::id(), &id[..6]);
        script(&["up", &name]);
        let env = script(&["env", &name]);
        let line = env
            .lines()
            .find_map(|l| l.strip_prefix("export TEST_DATABASE_URL="))
            .expect("the address");
        let db = Database::at(line.trim_matches('\''));
        // Test servers acknowledge before they have written; here nothing acknowledged may be lost.
        let mut connection = db.try_connect().expect("the new server");
        for sql in [
            "ALTER SYSTEM SET synchronous_commit = on",
            "SELECT pg_reload_conf()",
        ] {
            connection.batch_execute(sql).expect("a setting");
        }
        Self { name, db }
    }

    /// Its database.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// Ends the server as a crash would.
    pub fn kill(&self) {
        script(&["kill", &self.name, "postgres"]);
    }

    /// Starts it again at the same port; it accepts connections when this returns.
    pub fn revive(&self) {
        script(&["up", &self.name]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = command(&["reset", &self.name]).stderr(Stdio::null()).status();
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command
        .arg(required("TEST_STACK"))
        .args(args)
        .stdin(Stdio::null());
    // With an address in the environment no server would be made.
    for name in ["TEST_DATABASE_URL", "DATABASE_URL", "TEST_REDIS_URL", "REDIS_URL"] {
        command.env_remove(name);
    }
    command
}

fn script(args: &[&str]) -> String {
    let output = command(args).output().expect("bash");
    assert!(
        output.status.success(),
        "stack.sh {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}
