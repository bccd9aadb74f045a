//! The program itself.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use test_support::wait::within;
use test_support::{Relay, SmtpMode, SmtpSink};

use crate::company::Company;

/// A directory of the test's own; removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("mif-scheduler-{}", uuid::Uuid::new_v4().simple())))
    }

    fn heartbeat(&self) -> PathBuf {
        self.0.with_extension("heartbeat")
    }

    fn messages(&self) -> usize {
        let Ok(entries) = std::fs::read_dir(&self.0) else {
            return 0;
        };
        entries
            .filter(|e| {
                e.as_ref()
                    .is_ok_and(|e| e.path().extension().is_some_and(|x| x == "eml"))
            })
            .count()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        let _ = std::fs::remove_file(self.heartbeat());
    }
}

fn program(company: &Company, mail: &Directory, command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_scheduler"));
    program
        .arg(command)
        .env_clear()
        .current_dir(std::env::temp_dir())
        .env("APP_ENV", "test")
        .env("JWT_SECRET_KEY", "Vt7Yk2pQ9sXw4Lz8Rb3Nc6Mf1Hd5Gj0A")
        .env("DATABASE_URL", company.db.url())
        .env("MAIL_DIR", &mail.0)
        .env("SCHEDULER_HEARTBEAT_FILE", mail.heartbeat())
        .stdin(Stdio::null());
    program
}

/// Ends with the test, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn eventually(what: &str, mut yes: impl FnMut() -> bool) {
    within(what, Duration::from_secs(30), || std::future::ready(yes())).await;
}

#[tokio::test]
async fn once_does_what_is_due_and_ends() {
    let (company, mail) = (Company::new().await, Directory::new());
    company.assignment(1).await;
    let output = program(&company, &mail, "once").output().expect("the program");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{log}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(mail.messages(), 2, "{log}");
    assert_eq!(company.mails("envoyee"), 2);
    assert_eq!(company.count("job_runs", "outcome = 'ok'"), 1);
    assert!(log.lines().all(|line| line.starts_with('{')), "structured: {log}");
    assert!(
        log.contains("\"message\":\"notification\"") && log.contains("INT-2026-00001"),
        "the log channel: {log}"
    );
    assert!(!log.contains("tech@exemple.ma"), "no addresses: {log}");
}

#[tokio::test]
async fn what_is_given_up_is_told_as_an_error() {
    let (company, mail, sink) = (Company::new().await, Directory::new(), SmtpSink::start().await);
    sink.set(SmtpMode::PermanentAtRecipient);
    company.assignment(1).await;
    let mut once = program(&company, &mail, "once");
    once.env("SMTP_URL", sink.url());
    let output = tokio::task::spawn_blocking(move || once.output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.expect("the program").stdout).into_owned();
    let told = |line: &&str| line.contains("\"ERROR\"") && line.contains("given up");
    assert_eq!(log.lines().filter(told).count(), 2, "{log}");
}

#[tokio::test]
async fn it_works_until_it_is_told_to_stop() {
    let (company, mail) = (Company::new().await, Directory::new());
    for signal in ["-TERM", "-INT"] {
        let before = mail.messages();
        let mut running = Running(
            program(&company, &mail, "run")
                .stdout(Stdio::null())
                .spawn()
                .expect("the program"),
        );
        company.assignment(1).await;
        eventually("the messages", || mail.messages() == before + 2).await;
        let pid = running.0.id().to_string();
        assert!(
            // The shell's own: the program is in a package that a small system lacks.
            Command::new("sh")
                .args(["-c", &format!("kill {signal} {pid}")])
                .status()
                .expect("kill")
                .success()
        );
        let mut status = None;
        eventually("it ends", || {
            status = running.0.try_wait().expect("its state");
            status.is_some()
        })
        .await;
        assert!(status.expect("ended").success(), "{signal}");
        assert_eq!(company.mails("envoyee"), i64::try_from(before + 2).expect("few"));
    }
}

#[tokio::test]
async fn it_says_whether_it_works_and_does_again_what_was_given_up() {
    let (company, mail) = (Company::new().await, Directory::new());
    let healthy = || {
        let output = program(&company, &mail, "health").output().expect("the program");
        output.status.success()
    };
    let replay = |what: &str| {
        let output = program(&company, &mail, "replay").arg(what).output();
        output.expect("the program").status.success()
    };
    assert!(!healthy(), "nothing works here yet");
    company.assignment(1).await;
    company
        .db
        .execute("UPDATE taches SET dead_at = now(), last_error = 'relais' WHERE kind = 'evenement'");
    let task = company
        .db
        .number("SELECT id FROM taches WHERE dead_at IS NOT NULL");
    let listed = program(&company, &mail, "dead").output().expect("the program");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line = listed.lines().find(|l| l.starts_with(&format!("{task}\t")));
    assert!(
        line.is_some_and(|l| l.ends_with("\tevenement\trelais")),
        "{listed}"
    );
    assert!(!replay("999999"), "no such task was given up");
    assert!(replay(&task.to_string()) && !replay(&task.to_string()), "once");
    let _running = Running(
        program(&company, &mail, "run")
            .stdout(Stdio::null())
            .spawn()
            .expect("the program"),
    );
    eventually("the messages", || mail.messages() == 2).await;
    assert!(healthy());
    assert!(replay("--all"), "nothing is left to do");
}

#[tokio::test]
async fn it_refuses_a_database_that_lacks_migrations_and_a_bad_configuration() {
    let (company, mail) = (Company::new().await, Directory::new());
    company.db.execute(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let output = program(&company, &mail, "once").output().expect("the program");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("lacks migrations"));

    // Away when the program starts: looked at as soon as it is there.
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        free.local_addr().expect("an address").port()
    };
    let url = company.db.url();
    let (_, place) = url.rsplit_once('@').expect("a host");
    let (host, _) = place.split_once('/').expect("a database");
    let mut running = Running(
        program(&company, &mail, "run")
            .env("DATABASE_URL", url.replace(host, &format!("127.0.0.1:{port}")))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program"),
    );
    let mut log = BufReader::new(running.0.stdout.take().expect("its log")).lines();
    let away = log.any(|line| line.expect("text").contains("cannot be reached yet"));
    assert!(away, "it goes on");
    let _relay = Relay::to(company.db.config(), port).await;
    eventually("it ends", || running.0.try_wait().expect("its state").is_some()).await;
    let mut said = String::new();
    let mut errors = running.0.stderr.take().expect("its errors");
    errors.read_to_string(&mut said).expect("text");
    assert!(said.contains("lacks migrations"), "{said}");

    let output = program(&company, &mail, "once")
        .env("SMTP_URL", "smtp://u:canary@")
        .env("SMTP_FROM", "nobody")
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("SMTP"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
