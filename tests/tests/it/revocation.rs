//! What has been taken away is refused within a second, on every process, with and without Redis.

use std::time::{Duration, Instant};

use black_box::world::{self, Person};
use black_box::{Client, Options, Stack};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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

/// Who sends a body decides when it is whole, and could keep a request open from before the loss.
#[tokio::test]
async fn a_body_that_comes_after_the_loss_changes_nothing() {
    let stack = Stack::start().await;
    let admin = stack.admin().await;
    let person = world::person(&admin, "admin").await;
    let (target, ..) = world::account(&admin, "technicien").await;
    let body = json!({"full_name": "Nom d'un absent"}).to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let address = stack.root().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH /api/v1/users/{target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{first}",
        person.caller.token(),
        body.len(),
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // Let in: the same caller is answered on another connection after it.
    person.caller.get("/users/me").await.expect(200);
    take_away(Loss::Deactivated, &admin, &person).await;
    tokio::time::sleep(PROMISE).await;
    socket.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let user = admin.get(&format!("/users/{target}")).await.expect(200);
    assert_ne!(user["full_name"], "Nom d'un absent");
}

#[tokio::test]
async fn who_changes_the_own_access_stays_signed_in_here_and_nowhere_else() {
    let stack = Stack::with(Options {
        apis: 2,
        ..Options::default()
    })
    .await;
    let admin = stack.admin().await;
    for change in ["email", "password"] {
        let person = world::person(&admin, "technicien").await;
        let (other, _) = stack.anonymous().login(&person.username, world::PASSWORD).await;
        other.get("/users/me").await.expect(200);
        if change == "email" {
            let email = format!("nouveau.{}@essai.ma", world::unique());
            let path = format!("/users/{}", person.user);
            person
                .caller
                .patch(&path, json!({"email": email}))
                .await
                .expect(200);
        } else {
            let body = json!({
                "mot_de_passe_actuel": world::PASSWORD, "nouveau_mot_de_passe": "Nouveau-Passage-41",
            });
            person
                .caller
                .post("/auth/change-password", body)
                .await
                .expect(204);
        }
        let start = Instant::now();
        while start.elapsed() < PROMISE {
            for root in stack.roots() {
                person.caller.at(root).get("/users/me").await.expect(200);
            }
        }
        for root in stack.roots() {
            other.at(root).get("/users/me").await.expect(401);
        }
        let refresh = json!({"refresh_token": person.refresh});
        stack.anonymous().post("/auth/refresh", refresh).await.expect(200);
    }
}
