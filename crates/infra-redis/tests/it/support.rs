use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Id;
use domain::policy::{Actor, Role};
use domain::session::{LiveSession, SessionId};
use infra_redis::{RedisConfig, RevocationFeed, Revoked};
use test_support::environment::required;

/// The server of the test run, under a prefix of the test's own.
pub fn shared() -> RedisConfig {
    let url = required("TEST_REDIS_URL");
    RedisConfig::new(url.into(), format!("essai-{}", uuid::Uuid::new_v4().simple()))
}

pub fn at(port: u16) -> RedisConfig {
    RedisConfig::new(format!("redis://127.0.0.1:{port}").into(), "essai")
}

pub fn session(id: u128) -> LiveSession {
    LiveSession {
        id: SessionId(id),
        actor: Actor {
            user: Id::new(3),
            roles: vec![Role::Client],
            technician: None,
            clients: vec![Id::new(5)],
            teams: Vec::new(),
        },
        email: "client@exemple.ma".to_owned(),
        auth_version: 1,
        read_at: "2026-03-02T09:00:00Z".parse().expect("instant"),
    }
}

/// Asks until the answer is yes.
///
/// # Panics
/// After a generous while.
pub async fn eventually<F: Future<Output = bool>>(what: &str, ask: impl FnMut() -> F) {
    test_support::wait::within(what, Duration::from_secs(20), ask).await;
}

/// What a feed has told so far.
pub struct Listener {
    told: Arc<Mutex<Vec<Revoked>>>,
    _feed: RevocationFeed,
}

impl Listener {
    /// Listens; returns when it is connected.
    pub async fn start(config: &RedisConfig) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = told.clone();
        let feed =
            RevocationFeed::start(config, move |news| keep.lock().expect("news").push(news)).expect("a feed");
        let listener = Self { told, _feed: feed };
        listener.hears("that it is connected", 1, &Revoked::Unknown).await;
        listener
    }

    /// Waits until it has been told this so many times.
    pub async fn hears(&self, what: &str, times: usize, news: &Revoked) {
        eventually(what, || async {
            self.told
                .lock()
                .expect("news")
                .iter()
                .filter(|told| *told == news)
                .count()
                >= times
        })
        .await;
    }
}
