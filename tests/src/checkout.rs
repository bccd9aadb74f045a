//! `make run` and its companions in a checkout of the test's own: the scripts themselves, with the programs of this
//! build in place of a new one.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use uuid::Uuid;

use crate::environment::{program, repository, required};
use crate::wait::eventually;

/// Starting a server, migrating and making the demonstration, on a busy machine.
const LONG: Duration = Duration::from_secs(180);

/// A directory with nothing of the repository but `deploy/`. Whatever runs from it ends with it.
pub struct Checkout {
    root: PathBuf,
    api: PathBuf,
    /// Search path: the servers that this test run has found or fetched first.
    path: OsString,
}

impl Checkout {
    /// With the API program of this build.
    pub fn new() -> Self {
        let redis = PathBuf::from(required("TEST_REDIS_SERVER"));
        let mut path = vec![
            PathBuf::from(required("TEST_PG_BIN_DIR")),
            redis.parent().expect("a directory").to_owned(),
        ];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(path).expect("a search path");
        let root = std::env::temp_dir().join(format!("mif-erp-{}", Uuid::new_v4().simple()));
        let scripts = root.join("deploy/local");
        fs::create_dir_all(&scripts).expect("a directory");
        for entry in fs::read_dir(repository().join("deploy/local")).expect("the scripts") {
            let script = entry.expect("a script");
            fs::copy(script.path(), scripts.join(script.file_name())).expect("a copy");
        }
        Self {
            root,
            api: program("api-actix"),
            path,
        }
    }

    /// With another API program, which may be a script below the checkout.
    pub fn with_api(mut self, api: PathBuf) -> Self {
        self.api = api;
        self
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file below `.local/dev`.
    pub fn state(&self, name: &str) -> PathBuf {
        self.root.join(".local/dev").join(name)
    }

    /// Where its database is, once there is one.
    pub fn database_url(&self) -> Option<String> {
        let env = fs::read_to_string(self.state("env")).ok()?;
        let line = env.lines().find_map(|l| l.strip_prefix("export DATABASE_URL="))?;
        Some(line.trim_matches('\'').to_owned())
    }

    fn script(&self, name: &str, args: &[&str]) -> Command {
        // A shell never gets back a signal that its parent ignores, as whoever starts tests in the background does.
        let mut command = Command::new("env");
        if cfg!(target_os = "linux") {
            command.arg("--default-signal=INT");
        }
        command
            .arg("bash")
            .arg(self.root.join("deploy/local").join(name))
            .args(args);
        command.env_clear().current_dir(&self.root).stdin(Stdio::null());
        command.env("PATH", &self.path);
        command
            .env("CARGO", "true")
            .env("API_BIN", &self.api)
            .env("SCHEDULER_BIN", program("scheduler"));
        command
    }

    /// Begins `make run` (or `dev`) at this port.
    pub fn start(&self, mode: &str, port: u16) -> Run<'_> {
        let said = self.root.join(format!("{}.out", Uuid::new_v4().simple()));
        let out = fs::File::create(&said).expect("a file");
        let child = self
            .script("run.sh", &[mode])
            .env("PORT", port.to_string())
            .stdout(out.try_clone().expect("the same file"))
            .stderr(out)
            .spawn()
            .expect("bash");
        Run {
            checkout: self,
            child,
            said,
        }
    }

    /// `make clean-local`, to its end.
    pub fn clean(&self) -> Output {
        self.script("clean.sh", &[]).output().expect("bash")
    }

    /// Numbers of the processes that a run has written down: itself, both programs, both servers.
    pub fn processes(&self) -> Vec<String> {
        let servers = fs::read_to_string(self.state("datadir")).unwrap_or_default();
        let servers = Path::new(servers.trim());
        let files = [
            self.state("run.pid"),
            self.state("api.pid"),
            self.state("scheduler.pid"),
            servers.join("postgres/postmaster.pid"),
            servers.join("redis.pid"),
        ];
        files
            .iter()
            .filter_map(|file| {
                fs::read_to_string(file)
                    .ok()?
                    .split_whitespace()
                    .next()
                    .map(str::to_owned)
            })
            .collect()
    }

    /// Whether a process of that number lives; one that has ended and that nobody has asked about does not.
    pub fn lives(&self, pid: &str) -> bool {
        let look = Command::new("bash")
            .args(["-c", ". \"$0\" && process_is \"$1\" ' '"])
            .arg(self.root.join("deploy/local/lib.sh"))
            .arg(pid)
            .status();
        look.expect("bash").success()
    }
}

impl Default for Checkout {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // Also what a failed test has left running.
        let _ = self.clean();
        if std::thread::panicking() {
            eprintln!("what the scripts have said is in {}", self.root.display());
        } else {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// A script that runs.
pub struct Run<'a> {
    checkout: &'a Checkout,
    child: Child,
    said: PathBuf,
}

impl Run<'_> {
    /// Everything that it has said.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// Waits until it has said this.
    ///
    /// # Panics
    /// When it ends before.
    pub async fn says(&mut self, text: &str) {
        self.says_times(text, 1).await;
    }

    /// Waits until it has said this so many times.
    ///
    /// # Panics
    /// When it ends before.
    pub async fn says_times(&mut self, text: &str, times: usize) {
        eventually(text, LONG, || {
            let ended = self.child.try_wait().expect("the state of a child");
            let said = self.said();
            async move {
                let found = (said.matches(text).count() >= times).then_some(());
                assert!(
                    found.is_some() || ended.is_none(),
                    "it ended without {text:?}:\n{said}"
                );
                found
            }
        })
        .await;
    }

    /// Sends it a signal by its name, as `kill` does.
    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("sh").success(), "{kill}");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        eventually("its end", LONG, || {
            let status = self.child.try_wait().expect("the state of a child");
            async move { status }
        })
        .await
    }

    /// Ends it as Ctrl-C does: in good order, and with everything that it has started.
    ///
    /// # Panics
    /// When something is left.
    pub async fn interrupt(mut self) {
        let processes = self.checkout.processes();
        self.signal("INT");
        let status = self.ended().await;
        let said = self.said();
        assert!(status.success(), "{status}\n{said}");
        assert!(said.contains("The data are kept"), "{said}");
        for pid in processes {
            assert!(!self.checkout.lives(&pid), "process {pid} is left\n{said}");
        }
    }
}
