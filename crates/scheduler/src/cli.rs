//! The command line.

use std::io::Write;

use application::jobs::replay::replay;
use clap::{Args, Parser, Subcommand};
use domain::error::RepoError;
use settings::{Settings, Source, telemetry};
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::{self, StartError};
use crate::heartbeat::{Heartbeat, STALE};

/// Works off the task queue.
#[derive(Debug, Parser)]
#[command(name = "scheduler", version, about = "Works off the task queue")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Work until told to stop (SIGTERM or SIGINT); what is held then is finished first.
    Run,
    /// Do what is due now and end.
    Once,
    /// Fail unless a scheduler that writes the same heartbeat file has looked into the queue lately.
    Health,
    /// List the tasks that were given up, the latest first: number, time, kind, reason.
    Dead,
    /// Queue tasks anew that were given up, with the e-mails that they were to send.
    Replay(Replay),
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct Replay {
    /// Numbers of the tasks, as `dead` lists them.
    tasks: Vec<i64>,
    /// All that were given up.
    #[arg(long)]
    all: bool,
}

/// Most tasks that are listed, or queued anew with `--all`, at once.
const MANY: u32 = 10_000;

/// Runs the program.
///
/// # Errors
/// Why it could not start, or could not do what was due.
pub async fn run(cli: Cli) -> Result<(), StartError> {
    let settings = Settings::load(&Source::process())?;
    let heartbeat = Heartbeat::at(&settings.scheduler_heartbeat_file);
    if let Command::Health = cli.command {
        return heartbeat.check(STALE).map_err(StartError::Unhealthy);
    }
    let _logs = telemetry::start(&settings);
    domain::time::self_test().map_err(StartError::Time)?;
    match cli.command {
        Command::Health => {}
        Command::Run => {
            let engine = compose::engine(&settings)?.with_heartbeat(heartbeat);
            let (mut terminate, mut interrupt) =
                (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            let stop = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            let mut stop = std::pin::pin!(stop);
            tokio::select! {
                () = &mut stop => return Ok(()),
                fits = compose::await_database(&settings) => fits?,
            }
            engine.run(stop).await;
        }
        Command::Once => {
            let engine = compose::engine(&settings)?;
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
        Command::Dead => {
            compose::check_database(&settings).await?;
            let mut out = std::io::stdout().lock();
            for task in compose::jobs(&settings)?.tasks.dead(MANY).await? {
                let why = task.why.replace(char::is_control, " ");
                writeln!(out, "{}\t{}\t{}\t{why}", task.task, task.at, task.kind)?;
            }
        }
        Command::Replay(asked) => {
            compose::check_database(&settings).await?;
            queue_anew(&compose::jobs(&settings)?, asked).await?;
        }
    }
    Ok(())
}

/// Tells of each task whether it was queued.
async fn queue_anew(jobs: &application::jobs::Jobs, asked: Replay) -> Result<(), StartError> {
    let tasks = if asked.all {
        let dead = jobs.tasks.dead(MANY).await?;
        dead.iter().map(|task| task.task).collect()
    } else {
        asked.tasks
    };
    let mut unknown = Vec::new();
    for task in tasks {
        if replay(jobs, task).await? {
            tracing::info!(task, "queued anew");
        } else {
            unknown.push(task.to_string());
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(StartError::NotGivenUp(unknown.join(", ")))
    }
}

impl From<RepoError> for StartError {
    fn from(error: RepoError) -> Self {
        Self::Work(error.into())
    }
}
