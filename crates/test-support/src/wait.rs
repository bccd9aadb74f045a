//! Waiting for what happens by itself: look again until it is so or the time is over.

use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `look` gives something.
///
/// # Panics
/// When it did not within `limit`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How long it took until `look` was true.
///
/// # Panics
/// When it was not within `limit`.
pub async fn within<F: Future<Output = bool>>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Duration {
    let start = Instant::now();
    eventually(what, limit, || {
        let found = look();
        async move { found.await.then_some(()) }
    })
    .await;
    start.elapsed()
}
