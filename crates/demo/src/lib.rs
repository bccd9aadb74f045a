//! A demonstration company: an industrial-maintenance service in Morocco with its people, clients,
//! machines and six months of work, for whoever tries the product.
//!
//! Everything is made by the use cases of `application`, in the order of time and each at its own
//! instant: rules, history, audit rows and events are the real ones. The same instant gives the same
//! demonstration. Nobody is told of what is past: events older than a day count as dispatched.

mod accounts;
mod calendar;
mod chance;
mod company;
mod data;
mod diary;
mod error;
mod past;
mod replay;
mod story;
mod timeline;

pub use accounts::Found;
pub use error::SeedError;

use application::App;
use jiff::{SignedDuration, Timestamp};

use calendar::Calendar;
use timeline::Timeline;

/// Events of this last while are left to the scheduler, so that there is something to receive.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// What [`seed`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether the demonstration was made now; it was there before otherwise.
    pub created: bool,
    /// User names that sign in with the password.
    pub accounts: Vec<String>,
    /// Jobs that were made.
    pub interventions: usize,
}

/// What the migrated database holds; nothing is changed.
///
/// # Errors
/// When the database cannot be asked.
pub async fn look(app: &App) -> Result<Found, SeedError> {
    accounts::look(app).await
}

/// Makes the demonstration in an empty, migrated database. Where it stands already, its four
/// accounts are made active and get `password`, and nothing else is touched.
///
/// Meant for a database that no scheduler works on yet: the past is taken out of the outbox last.
///
/// # Errors
/// [`SeedError::NotEmpty`] for a database with any other account, [`SeedError::Step`] naming the
/// step that a use case refused (too weak a password, for one).
pub async fn seed(app: &App, now: Timestamp, password: &str) -> Result<Summary, SeedError> {
    match accounts::look(app).await? {
        Found::Other => return Err(SeedError::NotEmpty),
        Found::Demonstration => {
            let accounts = accounts::open(app, now, password).await?;
            return Ok(Summary {
                created: false,
                accounts,
                interventions: 0,
            });
        }
        Found::Nothing => {}
    }
    accounts::check_password(password)?;
    let calendar = Calendar::new(now)?;
    let now = calendar.now();
    let timeline = Timeline::new(&calendar)?;
    let silent = accounts::closed(app).await?;
    let company = company::found(&silent, &calendar, &timeline.first_due).await?;
    let interventions = replay::play(&silent, &calendar, &company, &timeline).await?;
    accounts::settle_history(app, now.checked_sub(FRESH)?).await?;
    let accounts = accounts::open(app, now, password).await?;
    accounts::seal(&silent, now).await?;
    Ok(Summary {
        created: true,
        accounts,
        interventions,
    })
}
