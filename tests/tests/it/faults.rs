//! Connections and Redis die and come back: everything goes on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use black_box::world::{self, World, unique};
use black_box::{Options, Stack, within};
use reqwest::Method;
use serde_json::json;

/// No answer may take longer, whatever has died.
const LONGEST: Duration = Duration::from_secs(5);

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
