use std::time::Duration;

use deadpool_redis::redis::{Client, cmd};
use domain::session::{SessionCache, SessionId};
use infra_redis::{NullSessionCache, RedisConfig, RedisSessionCache, Revoked};
use secrecy::ExposeSecret;

use crate::support::{Listener, eventually, session, shared};

/// Longer than any test, where expiry is not what it is about.
const LONG: Duration = Duration::from_secs(60);

/// With time to spare: these tests are about what is stored, not about the budget.
fn patient() -> RedisConfig {
    RedisConfig {
        ttl: LONG,
        budget: Duration::from_secs(5),
        ..shared()
    }
}

#[tokio::test]
async fn a_copy_is_found_by_every_process_of_the_installation_and_by_no_other() {
    let config = patient();
    let one = RedisSessionCache::new(config.clone()).expect("a cache");
    let other = RedisSessionCache::new(config).expect("a cache");
    let stranger = RedisSessionCache::new(patient()).expect("a cache");
    assert_eq!(other.get(SessionId(1)).await, None);
    one.put(&session(1)).await;
    assert_eq!(other.get(SessionId(1)).await, Some(session(1)));
    assert_eq!(other.get(SessionId(2)).await, None);
    assert_eq!(stranger.get(SessionId(1)).await, None);
}

#[tokio::test]
async fn a_copy_does_not_outlive_its_time() {
    let cache = RedisSessionCache::new(RedisConfig {
        ttl: Duration::from_millis(100),
        ..patient()
    })
    .expect("a cache");
    cache.put(&session(1)).await;
    eventually("the copy expires", || async {
        cache.get(SessionId(1)).await.is_none()
    })
    .await;
    assert!(cache.probe().await, "the server was well all the time");
}

#[tokio::test]
async fn an_ended_session_is_forgotten_and_everybody_is_told() {
    let config = patient();
    let cache = RedisSessionCache::new(config.clone()).expect("a cache");
    let (here, there) = (Listener::start(&config).await, Listener::start(&config).await);
    for id in [1, 2, 3] {
        cache.put(&session(id)).await;
    }
    cache.revoke(&[SessionId(1), SessionId(3)]).await;
    assert_eq!(cache.get(SessionId(1)).await, None);
    assert_eq!(cache.get(SessionId(2)).await, Some(session(2)));
    assert_eq!(cache.get(SessionId(3)).await, None);
    let news = Revoked::Sessions(vec![SessionId(1), SessionId(3)]);
    here.hears("the end of the sessions", 1, &news).await;
    there.hears("the end of the sessions", 1, &news).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_no_copy_and_unreadable_news_mean_forget_everything() {
    let config = patient();
    let cache = RedisSessionCache::new(config.clone()).expect("a cache");
    let listener = Listener::start(&config).await;
    let client = Client::open(config.url.expose_secret()).expect("a client");
    let mut raw = client
        .get_multiplexed_async_connection()
        .await
        .expect("a connection");
    let key = format!("{}:session:{:032x}", config.prefix, 1);
    for garbage in ["", "{}", "{\"v\":9}", "\u{0}\u{1}"] {
        cmd("SET")
            .arg(&key)
            .arg(garbage)
            .arg("PX")
            .arg(60_000)
            .query_async::<()>(&mut raw)
            .await
            .expect("set");
        assert_eq!(cache.get(SessionId(1)).await, None, "{garbage:?}");
    }
    let channel = format!("{}:sessions:revoquees", config.prefix);
    cmd("PUBLISH")
        .arg(channel)
        .arg("9 of another version")
        .query_async::<()>(&mut raw)
        .await
        .expect("published");
    listener.hears("to forget everything", 2, &Revoked::Unknown).await;
}

#[tokio::test]
async fn a_wrong_password_counts_as_absence() {
    let mut config = patient();
    let url = config.url.expose_secret().to_owned();
    let (_, server) = url.rsplit_once('@').expect("the test server has a password");
    config.url = format!("redis://:wrong-canary@{server}").into();
    let cache = RedisSessionCache::new(config).expect("a cache");
    cache.put(&session(1)).await;
    assert_eq!(cache.get(SessionId(1)).await, None);
    assert!(!cache.probe().await);
}

#[tokio::test]
async fn without_redis_there_are_no_copies() {
    NullSessionCache.put(&session(1)).await;
    NullSessionCache.revoke(&[SessionId(1)]).await;
    assert_eq!(NullSessionCache.get(SessionId(1)).await, None);
}
