//! Signing in with a name (or e-mail) and a password.

use domain::Record;
use domain::audit::AuditEvent;
use domain::ports::{Secrets, Tx};
use domain::session::{EndReason, LiveSession, RefreshToken, Session, SessionId, SessionMode};
use domain::text::{FieldIssue, IssueCode, is_email};
use domain::user::{User, rules};

use super::attempts::{Buckets, Tried, reserve};
use super::{RefreshSecret, SignedIn, Visitor, after, announce};
use crate::app::App;
use crate::error::{AppError, Code};

/// Most sessions that an account has at a time.
pub const MAX_SESSIONS: usize = 100;

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
    // A storm must not reach the database, and nothing is counted that is not looked at.
    let place = reserve(app, visitor.origin.ip.as_deref())?;
    let (user, buckets) = count_and_find(app, visitor, typed, &identifier).await?;
    let known = user.as_ref().filter(|u| u.is_active);
    let right = app
        .hasher
        .verify(place, &cmd.password, known.map(|u| u.password_hash.as_str()))
        .await?;
    match (known, right) {
        (Some(user), true) => {
            let stronger = rehash(app, visitor, user, &cmd.password).await;
            open(app, visitor, user, stronger, buckets, cmd.mode).await
        }
        _ => {
            refuse(app, visitor, &identifier, user.as_ref().map(|u| u.id.get())).await?;
            Err(AppError::Unauthenticated(Code::InvalidCredentials))
        }
    }
}

async fn count_and_find(
    app: &App,
    visitor: &Visitor,
    typed: &str,
    identifier: &str,
) -> Result<(Option<Record<User>>, Buckets), AppError> {
    let (policy, secrets) = (app.session_policy, app.secrets.clone());
    let (clock, typed, identifier) = (app.clock.clone(), typed.to_owned(), identifier.to_owned());
    let ip = visitor.origin.ip.clone();
    let (user, counted) = app
        .run("auth.attempt", &visitor.origin, move |tx| {
            let user = tx.users().find_by_identifier(&typed)?;
            let tried = Tried {
                identifier: &identifier,
                user: user.as_ref().map(|user| user.id),
                shown: shown(secrets.as_ref(), &identifier, user.is_some()),
                ip: ip.as_deref(),
                now: clock.now(),
            };
            let counted = Buckets::count(tx, secrets.as_ref(), &policy, &tried)?;
            Ok((user, counted))
        })
        .await?;
    Ok((user, counted?))
}

/// What the audit log says of the name that was typed: people type passwords into the wrong field, and
/// what is in the log stays there.
fn shown(secrets: &dyn Secrets, identifier: &str, is_known: bool) -> (&'static str, String) {
    if is_known || is_email(identifier) {
        return ("identifiant", identifier.to_owned());
    }
    let digest = secrets.stored_mac(identifier.as_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    ("identifiant_empreinte", hex)
}

async fn refuse(app: &App, visitor: &Visitor, identifier: &str, user: Option<i64>) -> Result<(), AppError> {
    let fact = shown(app.secrets.as_ref(), identifier, user.is_some());
    app.run("auth.refused", &visitor.origin, move |tx| {
        tx.audit().record(&AuditEvent {
            action: "connexion_refusee",
            object: "users",
            object_id: user,
            facts: vec![fact.clone()],
        });
        Ok(())
    })
    .await
}

/// The stronger hash that the password gets once the work factor has been raised. The sign-in does not
/// depend on it: where the queue has no place for it, or it fails, the next one tries again.
async fn rehash(app: &App, visitor: &Visitor, user: &Record<User>, password: &str) -> Option<String> {
    if !app.hasher.needs_rehash(&user.password_hash) {
        return None;
    }
    let place = reserve(app, visitor.origin.ip.as_deref()).ok()?;
    app.hasher.rehash(place, password).await.ok()
}

async fn open(
    app: &App,
    visitor: &Visitor,
    user: &Record<User>,
    stronger: Option<String>,
    buckets: Buckets,
    mode: SessionMode,
) -> Result<SignedIn, AppError> {
    let refresh = RefreshSecret(app.secrets.bits256());
    let hash = refresh.hash(app.secrets.as_ref());
    let id = SessionId(app.secrets.bits128());
    let (checked, visitor_in) = (user.clone(), visitor.clone());
    let (clock, policy) = (app.clock.clone(), app.session_policy);
    let mut origin = visitor.origin.clone();
    origin.actor = Some(user.id);
    let (live, user, surplus) = app
        .run("auth.login", &origin, move |tx| {
            let user = tx
                .users()
                .lock(checked.id)?
                // Deactivated, or another password since it was checked.
                .filter(|now| now.is_active && rules::same_password(&checked, now))
                .ok_or(AppError::Unauthenticated(Code::InvalidCredentials))?;
            // Not the instant of the request, which has waited for its turn to be hashed and for this
            // lock since: the session and its tokens begin now.
            let now = clock.now();
            let session = Session {
                id,
                user: user.id,
                created_at: now,
                last_seen_at: now,
                expires_at: after(now, policy.refresh_ttl),
                ended: None,
                ip: visitor_in.origin.ip.clone(),
                user_agent: visitor_in.user_agent.clone(),
                mode,
            };
            let first = RefreshToken {
                hash,
                session: id,
                generation: 0,
                issued_at: now,
                expires_at: session.expires_at,
                used_at: None,
                successor: None,
            };
            buckets.settle(tx)?;
            tx.users().touch_login(user.id, now)?;
            // Another sign-in may have been faster.
            if let Some(stronger) = &stronger
                && user.password_hash == checked.password_hash
            {
                tx.users().renew_hash(user.id, stronger)?;
            }
            tx.sessions().open(&session, &first)?;
            let surplus = end_surplus(tx, user.id, now)?;
            Ok((live(tx, &user, id, now)?, user, surplus))
        })
        .await?;
    announce(app, &surplus).await;
    Ok(SignedIn {
        session: live,
        user,
        refresh,
        mode,
    })
}

/// Ends the sessions that have been used least lately when an account has too many.
fn end_surplus(
    tx: &mut dyn Tx,
    user: domain::Id<User>,
    now: jiff::Timestamp,
) -> Result<Vec<SessionId>, AppError> {
    let live = tx.sessions().live_of(user)?;
    let surplus: Vec<_> = live.iter().skip(MAX_SESSIONS).map(|session| session.id).collect();
    for session in &surplus {
        tx.sessions().end(user, *session, now, EndReason::Revoked)?;
    }
    Ok(surplus)
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
