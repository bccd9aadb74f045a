//! The commands of the program.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use application::AppError;
use application::auth::{ResetError, ResetPassword, reset_password};
use application::user::{CreateUser, create_first_admin};
use clap::{Parser, Subcommand};
use domain::audit::Origin;
use domain::policy::Role;
use domain::text::FieldIssue;
use domain::user::Locale;
use settings::{Environment, Settings, Source};

use crate::problem::messages;
use crate::state::{AppState, HttpConfig, StartError};
use crate::{compose, docs, openapi, server};

/// The API of the maintenance ERP, and what its administrator needs.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until told to stop.
    Serve,
    /// Bring the database to this program's version.
    Migrate,
    /// Make the first account of an empty system; the password is read from standard input.
    CreateAdmin {
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// User name.
        #[arg(long, default_value = "admin")]
        username: String,
        /// Name to show.
        #[arg(long, default_value = "Administrateur")]
        full_name: String,
    },
    /// Give an account a new password, read from standard input, and end all of its sessions.
    ResetPassword {
        /// User name or e-mail address.
        #[arg(long)]
        username: String,
    },
    /// Fill an empty database with the demonstration; in development only.
    #[cfg(feature = "demonstration")]
    SeedDemo {
        /// Only say what the database holds: `empty`, `demonstration` or `other`.
        #[arg(long)]
        check: bool,
    },
    /// Write the pages of docs/ that come from the code.
    Docs {
        /// Only say which pages differ, and fail when any does.
        #[arg(long)]
        check: bool,
        /// Where the pages are.
        #[arg(long, default_value = "docs")]
        directory: PathBuf,
    },
    /// Print the OpenAPI document.
    Openapi,
}

type Failure = Box<dyn std::error::Error>;

/// Runs the command.
///
/// # Errors
/// Why it failed, for people.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Docs { check, directory } => write_docs(check, &directory),
        Command::Openapi => {
            let document = openapi::document(&crate::routes::operations(), &documented()?);
            say(&serde_json::to_string_pretty(&document)?)
        }
        command => with_settings(command, &Settings::load(&Source::process())?).await,
    }
}

async fn with_settings(command: Command, settings: &Settings) -> Result<(), Failure> {
    domain::time::self_test().map_err(StartError)?;
    let _log = settings::telemetry::start(settings);
    match command {
        Command::Migrate => migrate(settings).await,
        Command::CreateAdmin {
            email,
            username,
            full_name,
        } => create_admin(settings, email, username, full_name).await,
        Command::ResetPassword { username } => give_password(settings, username).await,
        #[cfg(feature = "demonstration")]
        Command::SeedDemo { check } => seed_demo(settings, check).await,
        _ => serve(settings).await,
    }
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    if settings.environment == Environment::Development {
        migrate(settings).await?;
    }
    let keys = compose::keys(settings)?;
    let wiring = compose::wire(settings, &keys).await?;
    let state = AppState::new(wiring.app, settings, &keys, wiring.probes)?;
    (wiring.attach)(state.clone());
    Ok(server::serve(state, settings).await?)
}

async fn migrate(settings: &Settings) -> Result<(), Failure> {
    for name in compose::migrate(settings).await? {
        tracing::info!(name, "migration applied");
    }
    Ok(())
}

async fn create_admin(
    settings: &Settings,
    email: String,
    username: String,
    full_name: String,
) -> Result<(), Failure> {
    compose::check_migrated(settings).await?;
    let password = read_password()?;
    let wiring = compose::wire(settings, &compose::keys(settings)?).await?;
    let cmd = CreateUser {
        username,
        email,
        full_name,
        password,
        role: Role::Admin,
        other_roles: Vec::new(),
        locale: Locale::French,
        is_active: true,
    };
    let created = create_first_admin(&wiring.app, &Origin::system("create-admin"), cmd)
        .await
        .map_err(in_words)?;
    say(&format!(
        "account {} ({}) created",
        created.username, created.email
    ))
}

async fn give_password(settings: &Settings, username: String) -> Result<(), Failure> {
    compose::check_migrated(settings).await?;
    let cmd = ResetPassword {
        identifier: username,
        new: read_password()?,
    };
    let wiring = compose::wire(settings, &compose::keys(settings)?).await?;
    let (user, ended) = reset_password(&wiring.app, &Origin::system("reset-password"), cmd)
        .await
        .map_err(|refused| match refused {
            ResetError::Other(error) => in_words(error),
            known => known.into(),
        })?;
    say(&format!(
        "account {} ({}) has its new password; sessions ended: {ended}",
        user.username, user.email
    ))
}

/// The first line of standard input: an argument would stand in the list of processes.
fn read_password() -> Result<String, Failure> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

/// A refusal for whoever typed the command.
fn in_words(error: AppError) -> Failure {
    let AppError::Invalid(issues) = error else {
        return error.into();
    };
    let line = |issue: &FieldIssue| {
        let code: &str = issue.code.into();
        format!("{}: {code} ({})", issue.field, messages::message(issue))
    };
    let lines: Vec<_> = issues.iter().map(line).collect();
    Box::new(StartError(lines.join("\n")))
}

#[cfg(feature = "demonstration")]
async fn seed_demo(settings: &Settings, check: bool) -> Result<(), Failure> {
    if settings.environment != Environment::Development {
        return Err(Box::new(StartError(
            "the demonstration, whose accounts everybody knows, is for development only".to_owned(),
        )));
    }
    let wiring = compose::wire(settings, &compose::keys(settings)?).await?;
    if check {
        return say(compose::look_for_demo(&wiring.app).await?);
    }
    say(&compose::seed_demo(settings, &wiring.app).await?)
}

/// The configuration that the generated pages describe: the defaults.
fn documented() -> Result<HttpConfig, Failure> {
    let defaults = Source::of([
        ("APP_ENV", "development"),
        ("DATABASE_URL", "postgres://localhost/erp"),
    ]);
    Ok(HttpConfig::new(&Settings::load(&defaults)?))
}

fn write_docs(check: bool, directory: &std::path::Path) -> Result<(), Failure> {
    let different = docs::write(&docs::pages(&documented()?)?, directory, check)?;
    if check && !different.is_empty() {
        let names = different.join(", ");
        return Err(Box::new(StartError(format!(
            "not what the code says (run `make docs`): {names}"
        ))));
    }
    for name in different {
        say(&format!("wrote {}", directory.join(name).display()))?;
    }
    Ok(())
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
