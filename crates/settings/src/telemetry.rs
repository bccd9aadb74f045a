//! Logs of both programs: structured lines, written by a thread of their own so that nobody waits for
//! them. A panic is such a line too, whatever thread it happens on. No line holds bodies, tokens,
//! passwords, queries or paths with identifiers.

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::{LogFilter, LogFormat, Settings};

/// Starts logging to standard output; lines are written until the guard is dropped.
pub fn start(settings: &Settings) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stdout());
    let filter =
        EnvFilter::try_new(directives(&settings.log_level)).unwrap_or_else(|_| EnvFilter::new("info"));
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

/// Beginnings of the names of the product's own modules, and of those that its lines have otherwise.
const OWN: &[&str] = &[
    "api_actix",
    "application",
    "demo",
    "http",
    "infra",
    "pipeline",
    "scheduler",
    "settings",
];

/// The filter as `tracing_subscriber` takes it. Details are the product's own: what libraries say of their work
/// holds the values that go to the database.
fn directives(filter: &LogFilter) -> String {
    let (mut general, mut named) = (Vec::new(), Vec::new());
    for (module, level) in &filter.0 {
        match module {
            Some(module) => named.push(format!("{module}={level}")),
            None if matches!(level.as_str(), "debug" | "trace") => {
                general.push("info".to_owned());
                general.extend(OWN.iter().map(|own| format!("{own}={level}")));
            }
            None => general.push(level.clone()),
        }
    }
    // The last word about a module counts: what is said of one goes before what is said of all.
    general.append(&mut named);
    general.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn of(raw: &str) -> String {
        directives(&LogFilter::parse(raw).expect("filter"))
    }

    #[test]
    fn details_are_those_of_the_product() {
        assert_eq!(of("warn"), "warn");
        assert_eq!(of(" info, http=debug "), "info,http=debug");
        let debug = of("debug,tokio_postgres=debug");
        assert!(debug.starts_with("info,api_actix=debug,"), "{debug}");
        assert!(debug.ends_with(",settings=debug,tokio_postgres=debug"), "{debug}");
        assert!(EnvFilter::try_new(debug).is_ok());
        let quiet = of("http=warn,debug");
        assert!(quiet.ends_with(",http=warn"), "{quiet}");
    }

    #[test]
    fn every_crate_of_the_product_is_known() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for entry in std::fs::read_dir(crates).expect("crates") {
            let name = entry.expect("entry").file_name();
            let name = name.to_string_lossy().replace('-', "_");
            // Rules do not log, and no program contains the helpers of tests.
            if !["domain", "test_support"].contains(&name.as_str()) {
                assert!(OWN.iter().any(|own| name.starts_with(own)), "{name}");
            }
        }
    }
}
