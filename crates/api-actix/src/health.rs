//! What readiness depends on. Adapters say it through [`Probe`]s that `compose.rs` builds.

use std::future::Future;
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Mutex;

/// Longest time that one question may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same to a service that is not required: the answer about the others must not wait for it
/// longer than those who ask have patience.
const OPTIONAL_PATIENCE: Duration = Duration::from_millis(500);
/// How long an answer is given to everybody who asks. Less than the second in which the product
/// promises to be healthy again after its database.
const SHARED: Duration = Duration::from_millis(300);

type Answering = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Ask = Arc<dyn Fn() -> Answering + Send + Sync>;

/// A question to a service that the product uses.
#[derive(Clone)]
pub struct Probe {
    /// Name on the wire.
    pub name: &'static str,
    /// Without it the product cannot serve.
    pub required: bool,
    ask: Ask,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Name on the wire.
    pub name: &'static str,
    /// Without it the product cannot serve.
    pub required: bool,
    /// It works.
    pub up: bool,
}

impl Probe {
    /// A probe that asks with `ask`; an error text goes to the log, not over the wire.
    pub fn new<F, Fut>(name: &'static str, required: bool, ask: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self {
            name,
            required,
            ask: Arc::new(move || Box::pin(ask())),
        }
    }

    /// The answer, and why it is not a good one.
    async fn health(&self) -> (Health, Option<String>) {
        let patience = if self.required {
            PATIENCE
        } else {
            OPTIONAL_PATIENCE
        };
        let answer = tokio::time::timeout(patience, (self.ask)()).await;
        let why = match answer {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(_) => Some("no answer in time".to_owned()),
        };
        let health = Health {
            name: self.name,
            required: self.required,
            up: why.is_none(),
        };
        (health, why)
    }
}

/// What readiness answers. Anybody may ask, so that a crowd of questions is one question to the
/// services, and one line in the log when its answer changes.
pub struct Readiness {
    probes: Vec<Probe>,
    last: Mutex<Option<(Instant, Vec<Health>)>>,
}

impl Readiness {
    /// Readiness by these probes.
    pub fn new(probes: Vec<Probe>) -> Self {
        Self {
            probes,
            last: Mutex::new(None),
        }
    }

    /// How the services are, in the order of the probes; not older than [`SHARED`].
    pub async fn answers(&self) -> Vec<Health> {
        let mut last = self.last.lock().await;
        if let Some((at, answers)) = &*last
            && at.elapsed() < SHARED
        {
            return answers.clone();
        }
        let (answers, reasons): (Vec<_>, Vec<_>) = join_all(self.probes.iter().map(Probe::health))
            .await
            .into_iter()
            .unzip();
        let before = last.take().map(|(_, answers)| answers).unwrap_or_default();
        let were_up = before.iter().map(|health| health.up).chain(iter::repeat(true));
        for ((now, why), was_up) in answers.iter().zip(reasons).zip(were_up) {
            match why {
                Some(why) if was_up => tracing::warn!(service = now.name, why, "not healthy"),
                None if !was_up => tracing::info!(service = now.name, "healthy again"),
                _ => {}
            }
        }
        *last = Some((Instant::now(), answers.clone()));
        answers
    }
}
