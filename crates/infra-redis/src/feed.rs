//! The news of ended sessions, as they come.

use std::time::Duration;

use deadpool_redis::redis::aio::{PubSubSink, PubSubStream};
use deadpool_redis::redis::{Client, RedisError};
use domain::session::SessionId;
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::codec;
use crate::config::{InvalidRedisUrl, RedisConfig};

/// Silence after which the server is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(2);
/// Pause before connecting again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a listener is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// These sessions are over.
    Sessions(Vec<SessionId>),
    /// News may have been missed: whatever is kept must be forgotten.
    Unknown,
}

/// Listens for as long as it lives; connects again whenever it must.
#[derive(Debug)]
pub struct RevocationFeed {
    task: JoinHandle<()>,
}

impl RevocationFeed {
    /// Starts listening on the present runtime. `told` must be quick.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn start(
        config: &RedisConfig,
        told: impl Fn(Revoked) + Send + Sync + 'static,
    ) -> Result<Self, InvalidRedisUrl> {
        let (client, channel, limit) = (config.client()?, config.channel(), config.connect_timeout);
        let task = tokio::spawn(async move {
            let mut well = true;
            loop {
                match timeout(2 * limit, subscribe(&client, &channel)).await {
                    Ok(Ok((sink, stream))) => {
                        well = true;
                        tracing::debug!("listening for ended sessions");
                        told(Revoked::Unknown);
                        listen(sink, stream, limit, &told).await;
                    }
                    Ok(Err(error)) => warn(&mut well, &error.to_string()),
                    Err(_) => warn(&mut well, "no answer in time"),
                }
                sleep(PAUSE).await;
            }
        });
        Ok(Self { task })
    }
}

impl Drop for RevocationFeed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Once per absence.
fn warn(well: &mut bool, why: &str) {
    if std::mem::replace(well, false) {
        tracing::warn!(
            error = why,
            "cannot listen for ended sessions; copies age out by themselves"
        );
    }
}

async fn subscribe(client: &Client, channel: &str) -> Result<(PubSubSink, PubSubStream), RedisError> {
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.subscribe(channel).await?;
    Ok(pubsub.split())
}

/// Passes on what comes until the connection is dead.
async fn listen(
    mut sink: PubSubSink,
    mut stream: PubSubStream,
    limit: Duration,
    told: &(impl Fn(Revoked) + Send + Sync),
) {
    loop {
        match timeout(SILENCE, stream.next()).await {
            Ok(Some(message)) => {
                let text: Result<String, _> = message.get_payload();
                let sessions = text.ok().and_then(|t| codec::announced(&t));
                told(sessions.map_or(Revoked::Unknown, Revoked::Sessions));
            }
            Ok(None) => return,
            Err(_) => {
                if !matches!(
                    timeout(limit, sink.ping::<deadpool_redis::redis::Value>()).await,
                    Ok(Ok(_))
                ) {
                    return;
                }
            }
        }
    }
}
