//! What has been taken away is refused within a second, on every process, with and without Redis.

use std::time::{Duration, Instant};

use black_box::world::{self, Person};
use black_box::{Client, Options, Stack};
use serde_json::json;

const PROMISE: Duration = Duration::from_secs(1);

/// How an account loses what it had.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Deactivated,
    RoleChanged,
    SessionEnded,
    LoggedOut,
    EmailChanged,
}

const LOSSES: [Loss; 5] = [
    Loss::Deactivated,
    Loss::RoleChanged,
    Loss::SessionEnded,
    Loss::LoggedOut,
    Loss::EmailChanged,
];

async fn take_away(loss: Loss, admin: &Client, person: &Person) {
    let user = format!("/users/{}", person.user);
    match loss {
        Loss::Deactivated => admin.delete(&user).await.expect(204),
        Loss::RoleChanged => admin.patch(&user, json!({"role": "client"})).await.expect(200),
        Loss::EmailChanged => {
            let email = format!("nouveau.{}@essai.ma", world::unique());
            admin.patch(&user, json!({"email": email})).await.expect(200)
        }
        Loss::LoggedOut => person
            .caller
            .call(reqwest::Method::POST, "/auth/logout")
            .send()
            .await
            .expect(204),
        Loss::SessionEnded => {
            // From another session of the same person, as somebody who has lost a telephone would.
            let (other, _) = admin.login(&person.username, world::PASSWORD).await;
            let sessions = other.get("/auth/sessions").await.expect(200);
            let sessions = sessions["items"].as_array().expect("sessions");
            let lost = sessions
                .iter()
                .find(|s| s["courante"] == false)
                .expect("the first session");
            other
                .delete(&format!("/auth/sessions/{}", lost["id"].as_str().unwrap()))
                .await
                .expect(204)
        }
    };
}

/// Takes it away and asks both processes without pause until both have refused for a while.
async fn refused_in_time(stack: &Stack, admin: &Client, loss: Loss) {
    let person = world::person(admin, "technicien").await;
    let callers: Vec<_> = stack.roots().iter().map(|root| person.caller.at(root)).collect();
    for caller in &callers {
        caller.get("/users/me").await.expect(200);
    }
    take_away(loss, admin, &person).await;
    let start = Instant::now();
    let mut accepted = vec![Duration::ZERO; callers.len()];
    while start.elapsed() < PROMISE + Duration::from_millis(300) {
        for (at, caller) in callers.iter().enumerate() {
            let asked = start.elapsed();
            let answer = caller.get("/users/me").await;
            if answer.status == 200 {
                accepted[at] = asked;
            } else {
                answer.expect(401);
                answer.assert_problem();
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let worst = accepted.iter().max().unwrap();
    assert!(
        *worst <= PROMISE,
        "{loss:?}: still accepted {accepted:?} after the change"
    );
    // The refresh token of that session is worth nothing either.
    let refresh = callers[0]
        .post("/auth/refresh", json!({"refresh_token": person.refresh}))
        .await;
    refresh.expect(401);
}

async fn all_losses(stack: &Stack, admin: &Client) {
    futures_util::future::join_all(LOSSES.map(|loss| refused_in_time(stack, admin, loss))).await;
}

#[tokio::test]
async fn what_is_taken_away_is_refused_within_a_second() {
    let stack = Stack::with(Options {
        apis: 2,
        ..Options::default()
    })
    .await;
    let admin = stack.admin().await;
    all_losses(&stack, &admin).await;
    stack.redis().await.kill();
    all_losses(&stack, &admin).await;
    // A Redis that comes back, empty, brings nothing back to life.
    stack.redis().await.revive();
    all_losses(&stack, &admin).await;
}

#[tokio::test]
async fn a_token_of_another_key_time_or_kind_is_nobody() {
    let stack = Stack::start().await;
    let admin = stack.admin().await;
    admin.get("/users/me").await.expect(200);
    for (what, token) in black_box::tokens::hostile(admin.token()) {
        let answer = stack.anonymous().bearing(token).get("/users/me").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        answer.assert_problem();
    }
}
