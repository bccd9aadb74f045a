//! Exchanging a refresh token for its successor.
//!
//! A token is exchanged once. Presenting it again within the grace gives the same successor again
//! (the answer was lost on the way), but only while that successor is unused; anything else means
//! that two parties hold the token, and the session ends.

use domain::audit::AuditEvent;
use domain::ports::{Secrets, Tx};
use domain::session::{EndReason, RefreshToken, Session, SessionId};
use jiff::Timestamp;

use super::login::live;
use super::{RefreshSecret, SignedIn, Visitor, after, announce, before};
use crate::app::App;
use crate::error::{AppError, Code};

/// What the transaction decided; a reuse must commit the end of the session.
enum Exchange {
    Given(Box<SignedIn>),
    Reused(SessionId),
}

/// Exchanges `presented`.
///
/// # Errors
/// `InvalidRefreshToken`, `SessionEnded`, `RefreshTokenReused` (the session is over then).
pub async fn refresh(app: &App, visitor: &Visitor, presented: RefreshSecret) -> Result<SignedIn, AppError> {
    // Asked on the side of the reads: whoever sends made-up tokens must not keep writers busy.
    if !app
        .sessions
        .knows_token(&presented.hash(app.secrets.as_ref()))
        .await?
    {
        return Err(AppError::Unauthenticated(Code::InvalidRefreshToken));
    }
    let secrets = app.secrets.clone();
    let policy = app.session_policy;
    let (visitor_in, clock) = (visitor.clone(), app.clock.clone());
    let outcome = app
        .run("auth.refresh", &visitor.origin, move |tx| {
            let (token, session) = tx
                .sessions()
                .lock_token(&presented.hash(secrets.as_ref()))?
                .ok_or(AppError::Unauthenticated(Code::InvalidRefreshToken))?;
            // Not the instant of the request, whose body may have come slowly: the grace is between
            // two exchanges, which are made one after the other behind this lock.
            let now = clock.now();
            if session.ended.is_some() {
                return Err(AppError::Unauthenticated(Code::SessionEnded));
            }
            let nexts = presented.successors(token.generation + 1, secrets.as_ref());
            if let Some(used_at) = token.used_at {
                let in_grace = used_at >= before(now, policy.refresh_grace);
                let given = nexts
                    .iter()
                    .find(|next| Some(next.hash(secrets.as_ref())) == token.successor);
                return match given {
                    Some(next) if in_grace && successor_is_fresh(tx, next, secrets.as_ref())? => {
                        give(tx, session, *next, now)
                    }
                    // Exchanged by a process with another key, while the key is being changed:
                    // nothing can be given again, and nothing is proved.
                    None if in_grace => Err(AppError::Unauthenticated(Code::InvalidRefreshToken)),
                    _ => end_reused(tx, &session, now),
                };
            }
            let (Some(next), true) = (nexts.first().copied(), token.expires_at > now) else {
                return Err(AppError::Unauthenticated(Code::InvalidRefreshToken));
            };
            if is_hasty(&token, &session, now) {
                return Err(AppError::Busy {
                    code: Code::RateLimited,
                    retry_after: SECONDS_PER_EXCHANGE,
                });
            }
            let expires_at = after(now, policy.refresh_ttl);
            let successor = RefreshToken {
                hash: next.hash(secrets.as_ref()),
                session: session.id,
                generation: token.generation + 1,
                issued_at: now,
                expires_at,
                used_at: None,
                successor: None,
            };
            let seen = Session {
                last_seen_at: now,
                expires_at,
                ip: visitor_in.origin.ip.clone(),
                user_agent: visitor_in.user_agent.clone(),
                ..session
            };
            if !tx.sessions().rotate(&token, &successor, &seen)? {
                return Err(AppError::StaleRow);
            }
            give(tx, seen, next, now)
        })
        .await?;
    match outcome {
        Exchange::Given(signed_in) => Ok(*signed_in),
        Exchange::Reused(session) => {
            announce(app, &[session]).await;
            Err(AppError::Unauthenticated(Code::RefreshTokenReused))
        }
    }
}

/// Exchanges that a session may make at once, when pages are loaded one after the other.
const EXCHANGES_AT_ONCE: i64 = 100;
/// After those, one in so many seconds: each leaves a row.
const SECONDS_PER_EXCHANGE: u32 = 10;

fn is_hasty(token: &RefreshToken, session: &Session, now: Timestamp) -> bool {
    let age = now.duration_since(session.created_at).as_secs();
    i64::from(token.generation) >= EXCHANGES_AT_ONCE + age / i64::from(SECONDS_PER_EXCHANGE)
}

fn successor_is_fresh(
    tx: &mut dyn Tx,
    next: &RefreshSecret,
    secrets: &dyn Secrets,
) -> Result<bool, AppError> {
    let found = tx.sessions().lock_token(&next.hash(secrets))?;
    Ok(found.is_some_and(|(token, _)| token.used_at.is_none()))
}

fn give(
    tx: &mut dyn Tx,
    session: Session,
    refresh: RefreshSecret,
    now: Timestamp,
) -> Result<Exchange, AppError> {
    let user = tx
        .users()
        .find(session.user)?
        .filter(|u| u.is_active)
        .ok_or(AppError::Unauthenticated(Code::SessionEnded))?;
    let live = live(tx, &user, session.id, now)?;
    Ok(Exchange::Given(Box::new(SignedIn {
        session: live,
        user,
        refresh,
        mode: session.mode,
    })))
}

fn end_reused(tx: &mut dyn Tx, session: &Session, now: Timestamp) -> Result<Exchange, AppError> {
    tx.sessions()
        .end(session.user, session.id, now, EndReason::Reuse)?;
    tx.audit().record(&AuditEvent {
        action: "jeton_reutilise",
        object: "users",
        object_id: Some(session.user.get()),
        facts: vec![("ip_session", session.ip.clone().unwrap_or_default())],
    });
    Ok(Exchange::Reused(session.id))
}
