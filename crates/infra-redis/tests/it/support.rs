use std::future::Future;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::Id;
use domain::policy::{Actor, Role};
use domain::session::{LiveSession, SessionId};
use infra_redis::{RedisConfig, RevocationFeed, Revoked};

/// The server of the test run, under a prefix of the test's own.
pub fn shared() -> RedisConfig {
    let url = std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL is not set: run the tests through `make test`");
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
pub async fn eventually<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !ask().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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

/// A port that nobody listens on, below those that the system gives to outgoing connections.
pub fn free_port() -> u16 {
    let random = || 20_000 + u16::try_from(uuid::Uuid::new_v4().as_u128() % 10_000).expect("small");
    std::iter::repeat_with(random)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port")
}

/// A Redis of the test's own.
pub struct OwnRedis {
    port: u16,
    process: Option<Child>,
}

impl OwnRedis {
    pub fn on(port: u16) -> Self {
        let mut redis = Self { port, process: None };
        redis.start();
        redis
    }

    pub fn start(&mut self) {
        let program = std::env::var("TEST_REDIS_SERVER")
            .expect("TEST_REDIS_SERVER is not set: run the tests through `make test`");
        let process = Command::new(program)
            .args([
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--port",
            ])
            .arg(self.port.to_string())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a Redis");
        self.process = Some(process);
    }

    /// As a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
