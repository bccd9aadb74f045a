//! From the session of an access token to the actor with the rights of this moment.

use domain::session::{LiveSession, SessionId};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::error::{AppError, Code};

/// How old a copy of a session may be. With the time that a request takes to be judged this keeps
/// the promise that an ended session is refused within one second, whoever is down.
pub const MAX_COPY_AGE: SignedDuration = SignedDuration::from_millis(800);

/// The live session: from the shared copy when it is young enough, else from the truth.
///
/// # Errors
/// `SessionEnded` when it is over; `Unavailable` when the truth cannot be read.
pub async fn authenticate(app: &App, id: SessionId, now: Timestamp) -> Result<LiveSession, AppError> {
    if let Some(copy) = app.session_cache.get(id).await
        && is_young(&copy, now)
    {
        return Ok(copy);
    }
    let live = app
        .sessions
        .live(id, now)
        .await?
        .ok_or(AppError::Unauthenticated(Code::SessionEnded))?;
    app.session_cache.put(&live).await;
    Ok(live)
}

/// Whether a copy may still be believed.
pub fn is_young(copy: &LiveSession, now: Timestamp) -> bool {
    let age = now.duration_since(copy.read_at);
    // A copy from the future comes from a clock that cannot be trusted.
    age <= MAX_COPY_AGE && age >= -SignedDuration::from_millis(100)
}
