//! A program that ends with the test, whatever happens to the test.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the program beside a watcher that kills it when our end of the pipe closes: also when the
/// test process itself is killed. The shell keeps the program's number from being given away.
const KEEPER: &str = r#"
log=$0
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
pid=$!
{ cat <&3 >/dev/null; kill -KILL "$pid"; } >/dev/null 2>&1 &
watcher=$!
echo "$pid"
exec >/dev/null 2>&1 3<&-
wait "$pid"
status=$?
kill "$watcher" 2>/dev/null
exit $status
"#;

/// A running program.
pub struct Process {
    name: String,
    keeper: Child,
    line: Option<ChildStdin>,
    pid: u32,
    log: PathBuf,
}

impl Process {
    /// Starts a program with nothing of this process's environment but the search path.
    pub fn start(name: &str, program: &Path, args: &[&str], env: &[(String, String)], log: PathBuf) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(KEEPER).arg(&log).arg(program).args(args);
        command.env_clear().envs(env.iter().map(|(n, v)| (n, v)));
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        // A `.env` of the checkout is not the test's business.
        command.current_dir(log.parent().expect("a directory for the log"));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut keeper = command.spawn().expect("sh");
        let line = keeper.stdin.take();
        let mut pid = String::new();
        BufReader::new(keeper.stdout.take().expect("a pipe"))
            .read_line(&mut pid)
            .expect("the number of the process");
        let pid = pid.trim().parse().expect("the number of the process");
        Self {
            name: name.to_owned(),
            keeper,
            line,
            pid,
            log,
        }
    }

    /// Number of the program's process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.keeper.try_wait().expect("the state of a child").is_none()
    }

    /// Everything that it has written.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The last lines that it has written.
    pub fn last_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let from = lines.len().saturating_sub(30);
        format!(
            "---- {} ended or did not answer; its last lines:\n{}",
            self.name,
            lines[from..].join("\n")
        )
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.keeper.wait();
        self.line = None;
    }

    /// Asks it to end.
    ///
    /// # Panics
    /// When it does not within 15 s.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let start = Instant::now();
        while self.is_running() {
            assert!(start.elapsed() < Duration::from_secs(15), "{}", self.last_lines());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.line = None;
    }

    /// Sends a signal by its name.
    pub fn signal(&mut self, signal: &str) {
        if self.is_running() {
            let kill = format!("kill -{signal} {}", self.pid);
            let _ = Command::new("sh")
                .arg("-c")
                .arg(kill)
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end with the given environment and input; answers what it printed.
///
/// # Panics
/// When it fails.
pub fn run(program: &Path, args: &[&str], env: &[(String, String)], input: &str) -> String {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(env.iter().map(|(n, v)| (n, v)));
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.current_dir(std::env::temp_dir());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program");
    // A program that does not read its input has already ended: its status says why.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("a program");
    let both = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{} {args:?} failed:\n{both}",
        program.display()
    );
    both
}
