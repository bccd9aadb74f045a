//! Signing in and out, and keeping sessions honest. The truth is in PostgreSQL.

mod attempts;
pub mod authenticate;
pub mod change_password;
pub mod login;
pub mod refresh;
pub mod reset_password;
pub mod sessions;

pub use authenticate::authenticate;
pub use change_password::{ChangePassword, change_password};
pub use login::{Login, login};
pub use refresh::refresh;
pub use reset_password::{ResetError, ResetPassword, reset_password};
pub use sessions::{end_session, list_sessions, logout, logout_all};

use domain::session::{LiveSession, SessionMode, TokenHash};
use domain::user::User;
use domain::{Record, ports::Secrets};
use jiff::Timestamp;

use crate::app::App;

/// Where a request without a signed-in user comes from.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What goes on audit rows (no actor yet).
    pub origin: domain::audit::Origin,
    /// The client's program.
    pub user_agent: Option<String>,
    /// The instant of the request.
    pub now: Timestamp,
}

/// A refresh token as the client holds it: 256 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshSecret(pub [u8; 32]);

impl std::fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshSecret(..)")
    }
}

impl RefreshSecret {
    /// What is stored of it.
    pub fn hash(&self, secrets: &dyn Secrets) -> TokenHash {
        TokenHash(secrets.sha256(&self.0))
    }

    /// The token that replaces it: computable again from the token itself, so that the answer to
    /// a lost refresh can be given again although only hashes are stored. Under each known key, the
    /// present one first.
    fn successors(&self, generation: i32, secrets: &dyn Secrets) -> Vec<Self> {
        let mut data = self.0.to_vec();
        data.extend_from_slice(&generation.to_be_bytes());
        secrets.refresh_macs(&data).into_iter().map(Self).collect()
    }
}

/// What a sign-in or a refresh gives.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session with its user's rights: what the access token says.
    pub session: LiveSession,
    /// The account.
    pub user: Record<User>,
    /// The refresh token.
    pub refresh: RefreshSecret,
    /// How the client keeps it.
    pub mode: SessionMode,
}

/// Later than `now` by a configured duration.
fn after(now: Timestamp, duration: std::time::Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Earlier than `now` by a configured duration.
fn before(now: Timestamp, duration: std::time::Duration) -> Timestamp {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

/// Tells every process that sessions are over; after the commit, so it may fail without harm.
async fn announce(app: &App, ended: &[domain::session::SessionId]) {
    if !ended.is_empty() {
        app.session_cache.revoke(ended).await;
    }
}
