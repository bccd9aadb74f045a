//! Servers die and come back: refusals are honest, what was promised is kept, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use black_box::cluster::Cluster;
use black_box::world::{self, World, unique};
use black_box::{Client, Options, Stack, within};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

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
    number: usize,
    stop: Arc<AtomicBool>,
}

impl Writer {
    async fn send(&self, title: &str, key: Option<&str>, log: &mut Log) -> Option<Value> {
        let body = json!({
            "equipement_id": self.equipment, "type": "corrective", "titre": title,
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
                while self.send(&title, Some(&key), &mut log).await.is_none() {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_dies_under_load_and_nothing_is_lost_or_doubled() {
    let cluster = Arc::new(spawn_blocking(Cluster::start).await.unwrap());
    let url = cluster.db().url().to_owned();
    let stack = Stack::with(Options {
        database: Some(url),
        ..Options::default()
    })
    .await;
    let world = World::of(&stack).await;
    let pid = stack.programs().await.apis[0].process.pid();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=6)
        .map(|number| {
            let (caller, equipment) = (world.manager.caller.clone(), world.client.equipment);
            tokio::spawn(
                Writer {
                    caller,
                    equipment,
                    number,
                    stop: stop.clone(),
                }
                .run(),
            )
        })
        .collect();
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

        let revived = cluster.clone();
        spawn_blocking(move || revived.revive()).await.unwrap();
        let write = || async {
            let body = json!({"nom": format!("Après la panne {}", unique())});
            world.admin.post("/equipes", body).await.status == 201
        };
        let lag = within("a write after the server is back", LONGEST, write).await;
        assert!(
            lag <= Duration::from_secs(1),
            "the first write after PostgreSQL accepts took {lag:?}"
        );
        let lag = within("the API says that it is ready", LONGEST, ready).await;
        assert!(
            lag <= Duration::from_secs(1),
            "ready {lag:?} after the first write"
        );
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
    // Every row has what was written with it, and nothing else has been written.
    let half = "SELECT count(*) FROM interventions i WHERE titre LIKE 'panne %' AND (\
         (SELECT count(*) FROM historiques_interventions h WHERE h.intervention_id = i.id) <> 1 OR \
         (SELECT count(*) FROM evenements e WHERE e.aggregate_id = i.id AND e.kind = 'intervention.creee') <> 1 OR \
         (SELECT count(*) FROM audit_log a WHERE a.objet_id = i.id AND a.objet_type = 'interventions') < 1)";
    assert_eq!(cluster.db().number(half), 0);
    let mut programs = stack.programs().await;
    let api = &mut programs.apis[0].process;
    assert!(api.is_running() && api.pid() == pid, "{}", api.last_lines());
    // As the log writes it, and as the standard library does before there is a log.
    for panic in ["\"message\":\"panic\"", "panicked"] {
        assert!(!api.log().contains(panic), "{}", api.last_lines());
    }
}

#[tokio::test]
async fn one_killed_connection_of_postgresql_hurts_nobody_for_long() {
    let stack = Stack::start().await;
    let world = World::of(&stack).await;
    for _ in 0..3 {
        stack.db().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let write = || async {
            let answer = world
                .admin
                .post("/equipes", json!({"nom": format!("Équipe {}", unique())}))
                .await;
            assert!(answer.status == 201 || answer.status == 503, "{}", answer.text());
            answer.status == 201
        };
        let read = || async {
            let answer = world.admin.get(&format!("/interventions/{}", world.job)).await;
            assert!(answer.status == 200 || answer.status == 503, "{}", answer.text());
            answer.status == 200
        };
        let list = || async {
            let answer = world.admin.get("/interventions?limit=5").await;
            assert!(answer.status == 200 || answer.status == 503, "{}", answer.text());
            answer.status == 200
        };
        for lag in [
            within("a write", LONGEST, write).await,
            within("a read", LONGEST, read).await,
            within("a list", LONGEST, list).await,
        ] {
            assert!(lag <= Duration::from_secs(1), "{lag:?}");
        }
    }
}

#[tokio::test]
async fn without_redis_everything_works() {
    let stack = Stack::with(Options {
        schedulers: 1,
        ..Options::default()
    })
    .await;
    let world = World::of(&stack).await;
    let slow = AtomicU32::new(0);
    for round in 0..2 {
        if round == 0 {
            stack.redis().await.kill();
        }
        for _ in 0..3 {
            let start = Instant::now();
            everything(&stack, &world).await;
            slow.fetch_max(
                u32::try_from(start.elapsed().as_millis()).unwrap(),
                Ordering::Relaxed,
            );
        }
        if round == 0 {
            stack.redis().await.revive();
        }
    }
    let answer = world.admin.call_root(Method::GET, "/health/ready").send().await;
    answer.expect(200);
    // A dozen requests; none may wait for a dead Redis.
    assert!(slow.load(Ordering::Relaxed) < 5000, "{slow:?} ms");
}

/// Signing in, refreshing, reading, writing, signing out.
async fn everything(stack: &Stack, world: &World) {
    let person = world::person(&world.admin, "responsable").await;
    person.caller.get("/users/me").await.expect(200);
    let refreshed = stack
        .anonymous()
        .post("/auth/refresh", json!({"refresh_token": person.refresh}))
        .await
        .expect(200);
    let caller = stack
        .anonymous()
        .bearing(refreshed["access_token"].as_str().unwrap());
    let job = world::job(&caller, world.client.equipment, Some(world.other_technician.id)).await;
    let path = format!("/interventions/{job}");
    caller
        .patch(&format!("{path}/status"), json!({"action": "demarrer"}))
        .await
        .expect(200);
    let report = json!({"action": "cloturer", "compte_rendu": "Courroie tendue, essai concluant", "resultat": "operationnel"});
    caller.patch(&format!("{path}/status"), report).await.expect(200);
    assert_eq!(caller.get(&path).await.expect(200)["statut"], "cloturee");
    caller
        .get("/interventions?limit=5&statut=cloturee")
        .await
        .expect(200);
    caller.call(Method::POST, "/auth/logout").send().await.expect(204);
    within("the session is refused", Duration::from_secs(1), || async {
        caller.get("/users/me").await.status == 401
    })
    .await;
}
