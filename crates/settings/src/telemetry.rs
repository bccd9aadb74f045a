//! Logs of both programs: structured lines, written by a thread of their own so that nobody waits for
//! them. A panic is such a line too, whatever thread it happens on. No line holds bodies, tokens,
//! passwords, queries or paths with identifiers.

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::{LogFormat, Settings};

/// Starts logging to standard output; lines are written until the guard is dropped.
pub fn start(settings: &Settings) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stdout());
    let filter = EnvFilter::try_new(&settings.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // A second start in one process keeps the first.
    let _ = match settings.log_format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
        LogFormat::Pretty => lines.with_ansi(false).try_init(),
    };
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let payload = info.payload();
        let what = payload.downcast_ref::<&str>().map(ToString::to_string);
        let what = what.or_else(|| payload.downcast_ref::<String>().cloned());
        tracing::error!(place, what, "panic");
    }));
    guard
}
