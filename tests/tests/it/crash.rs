//! PostgreSQL dies under load and comes back: refusals are honest, what was promised is kept, once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use black_box::cluster::Cluster;
use black_box::world::{self, World, unique};
use black_box::{Client, Database, Options, Stack, within};
use reqwest::Method;
use serde_json::{Value, json};
use test_support::SmtpSink;
use tokio::task::{JoinHandle, spawn_blocking};

/// No answer may take longer, whatever has died.
const LONGEST: Duration = Duration::from_secs(5);

/// What one writer was told.
#[derive(Default)]
struct Log {
    /// Titles whose creation was acknowledged.
    done: Vec<String>,
    /// Titles of requests without key whose end nobody knows.
    unknown: Vec<String>,
    /// Refusals.
    refused: u32,
    /// Slowest answer.
    slowest: Duration,
}

struct Writer {
    caller: Client,
    equipment: i64,
    technician: i64,
    number: usize,
    stop: Arc<AtomicBool>,
}

impl Writer {
    async fn send(&self, title: &str, key: Option<&str>, log: &mut Log) -> Option<Value> {
        let body = json!({
            "equipement_id": self.equipment, "technicien_id": self.technician, "type": "corrective", "titre": title,
            "description": "Écriture pendant une panne du serveur",
        });
        let mut call = self.caller.call(Method::POST, "/interventions").json(body);
        if let Some(key) = key {
            call = call.header("Idempotency-Key", key);
        }
        let start = Instant::now();
        let answer = call.try_send().await;
        log.slowest = log.slowest.max(start.elapsed());
        let answer = answer.unwrap_or_else(|e| panic!("the API itself did not answer: {e:?}"));
        match answer.status.as_u16() {
            201 => Some(answer.json()),
            503 | 409 => {
                answer.assert_problem();
                assert!(
                    answer.status == 503 || answer.code() == "IDEMPOTENCY_RUNNING",
                    "{}",
                    answer.text()
                );
                log.refused += 1;
                None
            }
            _ => panic!("{}: {} {}", answer.what, answer.status, answer.text()),
        }
    }

    /// Odd writers repeat under one key until it is done; even ones send once and believe what they hear.
    async fn run(self) -> Log {
        let mut log = Log::default();
        let mut n = 0;
        while !self.stop.load(Ordering::Relaxed) {
            n += 1;
            let title = format!("panne {} {n}", self.number);
            if self.number % 2 == 1 {
                let key = format!("cle-{}-{n}", self.number);
                let begun = Instant::now();
                while self.send(&title, Some(&key), &mut log).await.is_none() {
                    assert!(begun.elapsed() < Duration::from_secs(60), "{title} is never done");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                log.done.push(title);
            } else if self.send(&title, None, &mut log).await.is_some() {
                log.done.push(title);
            } else {
                log.unknown.push(title);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        log
    }
}

/// Reads one thing again and again: it is that thing, or an honest refusal. Answers how many of each, and the slowest.
async fn read(
    caller: Client,
    path: String,
    is_it: impl Fn(&Value) -> bool,
    stop: Arc<AtomicBool>,
) -> (u32, u32, Duration) {
    let (mut seen, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let answer = caller.get(&path).await;
        slowest = slowest.max(start.elapsed());
        if answer.status == 200 {
            assert!(is_it(&answer.json()), "{path}: {}", answer.text());
            seen += 1;
        } else {
            answer.refused(503, "UNAVAILABLE");
            refused += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    (seen, refused, slowest)
}

/// Since when the server at the address of this database takes connections. It must be down now.
fn acceptance(db: &Database) -> JoinHandle<Instant> {
    let db = db.clone();
    spawn_blocking(move || {
        let start = Instant::now();
        while db.try_connect().is_none() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the server does not come back"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        Instant::now()
    })
}

/// It must be so within a second of the moment from which PostgreSQL accepts connections.
async fn healthy<F: Future<Output = bool>>(what: &str, accepts: Instant, look: impl FnMut() -> F) {
    within(what, LONGEST, look).await;
    let lag = accepts.elapsed();
    assert!(
        lag <= Duration::from_secs(1),
        "{what}: {lag:?} after PostgreSQL accepts"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_dies_under_load_and_nothing_is_lost_or_doubled() {
    let cluster = Arc::new(spawn_blocking(Cluster::start).await.unwrap());
    let url = cluster.db().url().to_owned();
    let sink = SmtpSink::start().await;
    let options = Options {
        database: Some(url),
        schedulers: 1,
        ..Options::default()
    };
    let options = options.with("SMTP_URL", sink.url()).with("SMTP_TLS", "none");
    let stack = Stack::with(options.with("SMTP_RETRY_SECONDS", 1)).await;
    let world = World::of(&stack).await;
    let pid = stack.programs().await.apis[0].process.pid();
    let stop = Arc::new(AtomicBool::new(false));
    let idle = world::worker(&world.admin, None).await.id;
    // What is written with a job in peace.
    let traces = |job: &str| {
        format!("(SELECT count(*) FROM historiques_interventions h WHERE h.intervention_id = {job})")
    };
    let usual = world::job(&world.manager.caller, world.client.equipment, Some(idle)).await;
    let usual = cluster.db().number(&traces(&usual.to_string()));
    assert!(usual > 0);
    let writers: Vec<_> = (1..=6)
        .map(|number| {
            let (caller, equipment) = (world.manager.caller.clone(), world.client.equipment);
            // Nobody reads the jobs of this one by his number.
            let technician = idle;
            tokio::spawn(
                Writer {
                    caller,
                    equipment,
                    technician,
                    number,
                    stop: stop.clone(),
                }
                .run(),
            )
        })
        .collect();
    // As callers share connections, so might answers be mistaken for one another.
    let mut readers = Vec::new();
    for job in [world.job, world.other_job] {
        let (caller, path) = (world.admin.clone(), format!("/interventions/{job}"));
        let is_it = move |body: &Value| body["id"] == job;
        readers.push(tokio::spawn(read(caller, path, is_it, stop.clone())));
        let (caller, technician) = (
            world.admin.clone(),
            if job == world.job {
                &world.technician
            } else {
                &world.other_technician
            },
        );
        let path = format!("/interventions?technicien_id={}", technician.id);
        let is_it = move |body: &Value| {
            body["items"].as_array().is_some_and(|i| i.len() == 1) && body["items"][0]["id"] == job
        };
        readers.push(tokio::spawn(read(caller, path, is_it, stop.clone())));
    }
    let written = || {
        cluster
            .db()
            .number("SELECT count(*) FROM interventions WHERE titre LIKE 'panne %'")
    };
    let ready = || async {
        world
            .admin
            .call_root(Method::GET, "/health/ready")
            .send()
            .await
            .status
            == 200
    };
    let live = || async {
        world
            .admin
            .call_root(Method::GET, "/health/live")
            .send()
            .await
            .status
            == 200
    };

    for _ in 0..2 {
        let before = written();
        within("the load runs", Duration::from_secs(20), || async {
            written() > before + 50
        })
        .await;
        let killed = cluster.clone();
        spawn_blocking(move || killed.kill()).await.unwrap();
        within("the API says that it is not ready", LONGEST, || async {
            !ready().await
        })
        .await;
        assert!(
            live().await,
            "an API without database is alive all the same: restarting it would not help"
        );
        let answer = world.admin.get(&format!("/interventions/{}", world.job)).await;
        answer.refused(503, "UNAVAILABLE");

        let accepts = acceptance(cluster.db());
        let revived = cluster.clone();
        let revived = spawn_blocking(move || revived.revive());
        let accepts = accepts.await.unwrap();
        let write = || async {
            let body = json!({"nom": format!("Après la panne {}", unique())});
            world.admin.post("/equipes", body).await.status == 201
        };
        tokio::join!(
            healthy("a write", accepts, write),
            healthy("the API says that it is ready", accepts, ready),
        );
        revived.await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);

    let mut refused = 0;
    let mut done = 0;
    for writer in writers {
        let log = writer.await.expect("a writer without complaint");
        assert!(log.slowest <= LONGEST, "an answer took {:?}", log.slowest);
        refused += log.refused;
        done += log.done.len();
        for title in &log.done {
            let rows = cluster.db().number(&format!(
                "SELECT count(*) FROM interventions WHERE titre = '{title}'"
            ));
            assert_eq!(rows, 1, "{title} was acknowledged");
        }
        for title in &log.unknown {
            let rows = cluster.db().number(&format!(
                "SELECT count(*) FROM interventions WHERE titre = '{title}'"
            ));
            assert!(rows <= 1, "{title} is there {rows} times");
        }
    }
    assert!(
        refused > 0 && done > 100,
        "{refused} refusals, {done} writes: the fault met no load"
    );
    for reader in readers {
        let (seen, refused, slowest) = reader.await.expect("a reader without complaint");
        assert!(slowest <= LONGEST, "an answer took {slowest:?}");
        assert!(seen > 50 && refused > 0, "{seen} answers, {refused} refusals");
    }
    // Every row has what was written with it, and nothing else has been written.
    let half = format!(
        "SELECT count(*) FROM interventions i WHERE titre LIKE 'panne %' AND ({} <> {usual} OR \
         (SELECT count(*) FROM evenements e WHERE e.aggregate_id = i.id AND e.kind = 'intervention.creee') <> 1 OR \
         (SELECT count(*) FROM audit_log a WHERE a.objet_id = i.id AND a.objet_type = 'interventions') < 1)",
        traces("i.id")
    );
    assert_eq!(cluster.db().number(&half), 0);
    told_once(cluster.db(), &sink).await;
    let mut programs = stack.programs().await;
    let programs = &mut *programs;
    assert_eq!(programs.apis[0].process.pid(), pid);
    for process in [&mut programs.apis[0].process, &mut programs.schedulers[0]] {
        assert!(process.is_running(), "{}", process.last_lines());
        // As the log writes it, and as the standard library does before there is a log.
        for panic in ["\"message\":\"panic\"", "panicked"] {
            assert!(!process.log().contains(panic), "{}", process.last_lines());
        }
    }
}

/// Every event has been told, each e-mail has gone out once.
async fn told_once(db: &Database, sink: &SmtpSink) {
    let left = "(SELECT count(*) FROM evenements WHERE dispatched_at IS NULL) \
                + (SELECT count(*) FROM taches WHERE done_at IS NULL AND kind <> 'planifiee')";
    // A task whose claim the crash has hidden is held until its lease ends.
    within("everybody is told", Duration::from_secs(120), || async {
        db.number(left) == 0
    })
    .await;
    let taken = sink.taken();
    let names: BTreeSet<_> = taken.iter().map(|m| m.header("Message-ID")).collect();
    let mails = db.number("SELECT count(*) FROM notifications WHERE canal = 'email' AND statut = 'envoyee'");
    let mails = usize::try_from(mails).unwrap();
    assert!(mails > 50, "{mails} messages: the fault met no load");
    assert_eq!((taken.len(), names.len()), (mails, mails));
    assert_eq!(
        db.number("SELECT count(*) FROM notifications WHERE canal = 'email' AND statut <> 'envoyee'"),
        0
    );
}
