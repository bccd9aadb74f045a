//! Seeing and ending one's own sessions.

use domain::session::{EndReason, Session, SessionId};

use super::announce;
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// The caller's live sessions, the one used last first.
///
/// # Errors
/// Only those of the queries.
pub async fn list_sessions(app: &App, ctx: &Ctx) -> Result<Vec<Session>, AppError> {
    Ok(app.sessions.live_of(ctx.actor.user, ctx.now).await?)
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// `NotFound` when the caller has no such live session.
pub async fn end_session(app: &App, ctx: &Ctx, session: SessionId) -> Result<(), AppError> {
    if end(app, ctx, session, EndReason::Revoked).await? {
        Ok(())
    } else {
        Err(AppError::NotFound)
    }
}

/// Ends the session of the request; one that is over already stays so: who asks has what they want.
///
/// # Errors
/// Only those of the store.
pub async fn logout(app: &App, ctx: &Ctx) -> Result<(), AppError> {
    if let Some(session) = ctx.session {
        end(app, ctx, session, EndReason::Logout).await?;
    }
    Ok(())
}

/// Whether it was still to be ended.
async fn end(app: &App, ctx: &Ctx, session: SessionId, why: EndReason) -> Result<bool, AppError> {
    let (user, now) = (ctx.actor.user, ctx.now);
    let ended = app
        .run("auth.end_session", &ctx.origin, move |tx| {
            Ok(tx.sessions().end(user, session, now, why)?)
        })
        .await?;
    if ended {
        announce(app, &[session]).await;
    }
    Ok(ended)
}

/// Ends all of the caller's sessions; answers how many.
///
/// # Errors
/// Only those of the store.
pub async fn logout_all(app: &App, ctx: &Ctx) -> Result<usize, AppError> {
    let (user, now) = (ctx.actor.user, ctx.now);
    let ended = app
        .run("auth.logout_all", &ctx.origin, move |tx| {
            Ok(tx.sessions().end_all(user, None, now, EndReason::Logout)?)
        })
        .await?;
    announce(app, &ended).await;
    Ok(ended.len())
}
