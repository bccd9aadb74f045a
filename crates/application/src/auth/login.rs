//! Signing in with a name (or e-mail) and a password.

use domain::Record;
use domain::audit::AuditEvent;
use domain::ports::{HashError, Tx};
use domain::session::{LiveSession, RefreshToken, Session, SessionId, SessionMode, TokenHash};
use domain::text::{FieldIssue, IssueCode};
use domain::user::User;

use super::{RefreshSecret, SignedIn, Visitor, after, before};
use crate::app::App;
use crate::error::{AppError, Code};

/// Longest password that is looked at; longer ones are refused before they cost anything.
pub const MAX_PASSWORD_BYTES: usize = 4096;

/// A sign-in.
#[derive(Clone)]
pub struct Login {
    /// User name or e-mail.
    pub identifier: String,
    /// Password.
    pub password: String,
    /// How the client will keep the refresh token.
    pub mode: SessionMode,
}

/// Checks the password and opens a session.
///
/// # Errors
/// `InvalidCredentials` for a wrong password, an unknown or an inactive account alike;
/// `RateLimited` after too many checks; `SignInBusy` when the hash queue is full.
pub async fn login(app: &App, visitor: &Visitor, cmd: Login) -> Result<SignedIn, AppError> {
    let typed = cmd.identifier.trim();
    let identifier = typed.to_lowercase();
    if identifier.is_empty() || identifier.chars().count() > 255 {
        return Err(AppError::field(FieldIssue::new("username", IssueCode::Required)));
    }
    if cmd.password.is_empty() || cmd.password.len() > MAX_PASSWORD_BYTES {
        return Err(AppError::Unauthenticated(Code::InvalidCredentials));
    }
    if app.hasher.is_full() {
        // A storm must not reach the database.
        return Err(HashError::Busy.into());
    }
    let bucket = attempt_bucket(app, visitor, &identifier);
    let user = count_and_find(app, visitor, typed, bucket).await?;
    let known = user.as_ref().filter(|u| u.is_active);
    let right = app
        .hasher
        .verify(&cmd.password, known.map(|u| u.password_hash.as_str()))
        .await?;
    match (known, right) {
        (Some(user), true) => open(app, visitor, user, bucket, cmd.mode).await,
        _ => {
            refuse(app, visitor, &identifier, user.as_ref().map(|u| u.id.get())).await?;
            Err(AppError::Unauthenticated(Code::InvalidCredentials))
        }
    }
}

/// Attempts are counted per name and address, so that a stranger cannot lock the owner out.
fn attempt_bucket(app: &App, visitor: &Visitor, identifier: &str) -> TokenHash {
    let ip = visitor.origin.ip.as_deref().unwrap_or("-");
    TokenHash(app.secrets.sha256(format!("{identifier}\n{ip}").as_bytes()))
}

async fn count_and_find(
    app: &App,
    visitor: &Visitor,
    identifier: &str,
    bucket: TokenHash,
) -> Result<Option<Record<User>>, AppError> {
    let policy = app.session_policy;
    let (now, identifier) = (visitor.now, identifier.to_owned());
    let (count, user) = app
        .run("auth.attempt", &visitor.origin, move |tx| {
            let count = tx
                .sessions()
                .count_attempt(&bucket, before(now, policy.attempt_window), now)?;
            let user = match count > policy.attempts_per_window {
                true => None,
                false => tx.users().find_by_identifier(&identifier)?,
            };
            Ok((count, user))
        })
        .await?;
    if count > policy.attempts_per_window {
        return Err(AppError::Busy {
            code: Code::RateLimited,
            retry_after: 60,
        });
    }
    Ok(user)
}

async fn refuse(app: &App, visitor: &Visitor, identifier: &str, user: Option<i64>) -> Result<(), AppError> {
    let identifier = identifier.to_owned();
    app.run("auth.refused", &visitor.origin, move |tx| {
        tx.audit().record(&AuditEvent {
            action: "connexion_refusee",
            object: "users",
            object_id: user,
            facts: vec![("identifiant", identifier.clone())],
        });
        Ok(())
    })
    .await
}

async fn open(
    app: &App,
    visitor: &Visitor,
    user: &Record<User>,
    bucket: TokenHash,
    mode: SessionMode,
) -> Result<SignedIn, AppError> {
    let refresh = RefreshSecret(app.secrets.bits256());
    let hash = refresh.hash(app.secrets.as_ref());
    let now = visitor.now;
    let session = Session {
        id: SessionId(app.secrets.bits128()),
        user: user.id,
        created_at: now,
        last_seen_at: now,
        expires_at: after(now, app.session_policy.refresh_ttl),
        ended: None,
        ip: visitor.origin.ip.clone(),
        user_agent: visitor.user_agent.clone(),
        mode,
    };
    let first = RefreshToken {
        hash,
        session: session.id,
        generation: 0,
        issued_at: now,
        expires_at: session.expires_at,
        used_at: None,
        successor: None,
    };
    let checked = user.clone();
    let mut origin = visitor.origin.clone();
    origin.actor = Some(user.id);
    let (live, user) = app
        .run("auth.login", &origin, move |tx| {
            let user = tx
                .users()
                .lock(checked.id)?
                // Deactivated, or another password since it was checked.
                .filter(|u| u.is_active && u.password_hash == checked.password_hash)
                .ok_or(AppError::Unauthenticated(Code::InvalidCredentials))?;
            tx.sessions().clear_attempts(&bucket)?;
            tx.users().touch_login(user.id, now)?;
            tx.sessions().open(&session, &first)?;
            tx.audit().record(&AuditEvent {
                action: "connexion",
                object: "users",
                object_id: Some(user.id.get()),
                facts: vec![("mode", <&str>::from(session.mode).to_owned())],
            });
            Ok((live(tx, &user, session.id, now)?, user))
        })
        .await?;
    Ok(SignedIn {
        session: live,
        user,
        refresh,
        mode,
    })
}

/// The session as the access token and the caches describe it.
pub(super) fn live(
    tx: &mut dyn Tx,
    user: &Record<User>,
    id: SessionId,
    now: jiff::Timestamp,
) -> Result<LiveSession, AppError> {
    let actor = tx
        .users()
        .actor(user.id)?
        .ok_or(AppError::Unauthenticated(Code::SessionEnded))?;
    Ok(LiveSession {
        id,
        actor,
        email: user.email.clone(),
        auth_version: user.auth_version,
        read_at: now,
    })
}
