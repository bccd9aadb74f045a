use std::path::Path;
use std::time::{Duration, Instant};

use domain::session::{SessionCache, SessionId};
use infra_redis::{RedisConfig, RedisSessionCache, Revoked};
use test_support::environment::free_port;
use test_support::redis::Redis;
use tokio::net::TcpListener;

use crate::support::{Listener, at, eventually, session};

/// Everything that a request may ask for, many times; nothing may fail, and it may cost next to nothing.
async fn costs_nothing(cache: &RedisSessionCache) {
    let begun = Instant::now();
    for _ in 0..1000 {
        assert_eq!(cache.get(SessionId(1)).await, None);
        cache.put(&session(1)).await;
        cache.revoke(&[SessionId(1)]).await;
    }
    // 3000 commands: one budget for the first, then none for those that follow.
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_is_not_there_costs_nothing() {
    let cache = RedisSessionCache::new(at(free_port())).expect("a cache");
    costs_nothing(&cache).await;
    assert!(!cache.probe().await);
}

#[tokio::test]
async fn a_server_that_takes_connections_and_says_nothing_costs_one_budget() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("the port").port();
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    let cache = RedisSessionCache::new(at(port)).expect("a cache");
    costs_nothing(&cache).await;
    silent.abort();
}

#[tokio::test]
async fn a_killed_server_fails_nothing_and_is_used_again_when_it_is_back() {
    let port = free_port();
    let mut redis = Redis::start_at(port, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let config = RedisConfig {
        ttl: Duration::from_secs(60),
        budget: Duration::from_secs(1),
        rest: Duration::from_millis(200),
        ..at(port)
    };
    let cache = RedisSessionCache::new(config.clone()).expect("a cache");
    eventually("Redis starts", || cache.probe()).await;
    let listener = Listener::start(&config).await;
    cache.put(&session(1)).await;
    assert_eq!(cache.get(SessionId(1)).await, Some(session(1)));

    redis.kill();
    costs_nothing(&cache).await;

    redis.revive();
    eventually("copies are kept again", || async {
        cache.put(&session(2)).await;
        cache.get(SessionId(2)).await.is_some()
    })
    .await;
    assert_eq!(
        cache.get(SessionId(1)).await,
        None,
        "what was lost is not there, and nothing else"
    );
    listener
        .hears("that news were missed", 2, &Revoked::Unknown)
        .await;
    cache.revoke(&[SessionId(2)]).await;
    listener
        .hears("news again", 1, &Revoked::Sessions(vec![SessionId(2)]))
        .await;
}

#[test]
fn the_waits_in_force_are_short() {
    let config = at(6379);
    assert_eq!(config.budget, Duration::from_millis(50));
    assert_eq!(config.rest, Duration::from_secs(2));
    assert_eq!(config.connect_timeout, Duration::from_secs(1));
}
