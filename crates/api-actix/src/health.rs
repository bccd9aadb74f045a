//! What readiness depends on. Adapters say it through [`Probe`]s that `compose.rs` builds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

/// Longest time that one question may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same to a service that is not required: the answer about the others must not wait for it
/// longer than those who ask have patience.
const OPTIONAL_PATIENCE: Duration = Duration::from_millis(500);

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

    async fn health(&self) -> Health {
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
        if let Some(why) = &why {
            tracing::warn!(service = self.name, why, "not healthy");
        }
        Health {
            name: self.name,
            required: self.required,
            up: why.is_none(),
        }
    }
}

/// Asks all at once.
pub async fn ask(probes: &[Probe]) -> Vec<Health> {
    join_all(probes.iter().map(Probe::health)).await
}
