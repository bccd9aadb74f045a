//! Sessions: believed for a moment, read once for many, forgotten when told.

use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::support::{World, ask, world};

async fn status(world: &World, id: u128) -> (u16, Option<String>) {
    let reply = ask("GET", "/api/v1/essais").by(world, id).send(world).await;
    (reply.status, (reply.status != 200).then(|| reply.code()))
}

#[actix_web::test]
async fn a_copy_is_believed_for_800_milliseconds() {
    let world = world();
    assert_eq!(status(&world, 1).await.0, 200);
    world.clock.advance(SignedDuration::from_millis(800));
    assert_eq!(status(&world, 1).await.0, 200);
    assert_eq!(world.truth.count(), 1);
    world.truth.end(1);
    world.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(status(&world, 1).await, (401, Some("SESSION_ENDED".to_owned())));
    assert_eq!(world.truth.count(), 2);
}

#[actix_web::test]
async fn an_ended_session_is_refused_at_once_when_told() {
    let world = world();
    assert_eq!(status(&world, 1).await.0, 200);
    world.truth.end(1);
    assert_eq!(status(&world, 1).await.0, 200, "nobody has told yet");
    world.state.sessions.forget(&[domain::session::SessionId(1)]);
    assert_eq!(status(&world, 1).await.0, 401);
    assert_eq!(status(&world, 2).await.0, 200);
    world.truth.end(2);
    world.state.sessions.forget_all();
    assert_eq!(status(&world, 2).await.0, 401);
}

#[actix_web::test]
async fn many_requests_of_one_session_read_once() {
    let world = world();
    let all = join_all((0..50).map(|_| status(&world, 1))).await;
    assert!(all.iter().all(|(status, _)| *status == 200));
    assert_eq!(world.truth.count(), 1);
}

#[actix_web::test]
async fn a_token_from_before_a_change_of_access_is_refused() {
    let world = world();
    let old = world.token(1);
    assert_eq!(status(&world, 1).await.0, 200);
    world.truth.change(1, |session| session.auth_version = 2);
    let new = world.token(1);
    let send = async |token: &str| {
        let request = ask("GET", "/api/v1/essais").header("authorization", &format!("Bearer {token}"));
        request.send(&world).await.status
    };
    // The copy is older than the new token: the truth is read, and the old token dies with it.
    assert_eq!(send(&new).await, 200);
    assert_eq!(send(&old).await, 401);
    assert_eq!(world.truth.count(), 2);
}

#[actix_web::test]
async fn rights_are_those_of_the_moment_not_of_the_token() {
    let world = world();
    let token = world.token(1);
    world.truth.change(1, |session| {
        session.actor.roles = vec![domain::policy::Role::Client]
    });
    let request = ask("GET", "/api/v1/essais").header("authorization", &format!("Bearer {token}"));
    assert_eq!(request.send(&world).await.status, 403);
}

#[actix_web::test]
async fn when_the_truth_is_away_only_young_copies_count() {
    let world = world();
    assert_eq!(status(&world, 1).await.0, 200);
    *world.truth.down.lock().expect("flag") = true;
    assert_eq!(status(&world, 1).await.0, 200);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(status(&world, 1).await, (503, Some("UNAVAILABLE".to_owned())));
}

#[actix_web::test]
async fn those_who_waited_for_a_failed_read_do_not_each_try_it() {
    let world = world();
    *world.truth.down.lock().expect("flag") = true;
    let reads = world.truth.count();
    let all = (0..20).map(|_| status(&world, 1));
    for (code, _) in futures_util::future::join_all(all).await {
        assert_eq!(code, 503);
    }
    assert_eq!(world.truth.count(), reads + 1);
    *world.truth.down.lock().expect("flag") = false;
    world.clock.advance(SignedDuration::from_millis(100));
    assert_eq!(status(&world, 1).await.0, 200);
}

#[actix_web::test]
async fn the_book_is_bounded() {
    let world = world();
    let template = {
        let live = world.truth.live.lock().expect("sessions");
        live.values().next().expect("session").clone()
    };
    for id in 1000..40_000_u128 {
        let mut session = template.clone();
        session.id = domain::session::SessionId(id);
        world.state.sessions.learn(session);
    }
    assert!(world.state.sessions.len() <= 16 * 1024);
    assert_eq!(status(&world, 1).await.0, 200, "a full book still serves");
}
