//! The command line.

use clap::{Parser, Subcommand};
use settings::{Settings, Source, telemetry};
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::{self, StartError};

/// Works off the task queue.
#[derive(Debug, Parser)]
#[command(name = "scheduler", version, about = "Works off the task queue")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Work until told to stop (SIGTERM or SIGINT); what is held then is finished first.
    Run,
    /// Do what is due now and end.
    Once,
}

/// Runs the program.
///
/// # Errors
/// Why it could not start, or could not do what was due.
pub async fn run(cli: Cli) -> Result<(), StartError> {
    let settings = Settings::load(&Source::process())?;
    let _logs = telemetry::start(&settings);
    domain::time::self_test().map_err(StartError::Time)?;
    let engine = compose::engine(&settings)?;
    match cli.command {
        Command::Run => {
            let (mut terminate, mut interrupt) =
                (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            let stop = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            compose::check_database(&settings).await?;
            engine.run(stop).await;
        }
        Command::Once => {
            compose::check_database(&settings).await?;
            let tally = engine.drain().await?;
            tracing::info!(
                done = tally.done,
                retry = tally.retry,
                dead = tally.dead,
                lost = tally.lost,
                "the queue is worked off"
            );
        }
    }
    Ok(())
}
