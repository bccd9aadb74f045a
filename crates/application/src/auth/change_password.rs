//! Changing one's own password.

use domain::audit::AuditEvent;
use domain::session::EndReason;
use domain::user::{User, rules};

use super::announce;
use super::attempts::{Bucket, Whom, count, reserve};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::{AppError, Code};

/// A change of password.
#[derive(Clone)]
pub struct ChangePassword {
    /// The present password.
    pub current: String,
    /// The new one.
    pub new: String,
}

/// Replaces the password and ends the caller's other sessions.
///
/// # Errors
/// `WrongPassword`; validation issues with the new one; `RateLimited` after too many wrong ones;
/// `SignInBusy`.
pub async fn change_password(app: &App, ctx: &Ctx, cmd: ChangePassword) -> Result<(), AppError> {
    let id = ctx.actor.user;
    let place = reserve(app, ctx.origin.ip.as_deref())?;
    // Whoever holds an access token must not be able to guess the password with it.
    let policy = app.session_policy;
    let bucket = Bucket::of(
        app.secrets.as_ref(),
        "mot de passe",
        &id.to_string(),
        policy.attempts_per_window,
    );
    let (now, new) = (ctx.now, cmd.new.clone());
    let (user, counted) = app
        .run("auth.password_read", &ctx.origin, move |tx| {
            let user = tx.users().find(id)?.ok_or(AppError::NotFound)?;
            rules::check_password("nouveau_mot_de_passe", &new, &user)?;
            let whom = Whom {
                user: Some(id),
                facts: Vec::new(),
            };
            let counted = count(tx, &policy, &bucket, &whom, now)?;
            Ok((user, counted))
        })
        .await?;
    counted?;
    let right = app
        .hasher
        .verify(place, &cmd.current, Some(&user.password_hash))
        .await?;
    if !right {
        refuse(app, ctx).await?;
        return Err(AppError::rule(Code::WrongPassword));
    }
    let hash = app.hasher.hash(&cmd.new).await?;
    let keep = ctx.session;
    let ended = app
        .run("auth.change_password", &ctx.origin, move |tx| {
            let before = tx
                .users()
                .lock(id)?
                .filter(|now| rules::same_password(&user, now))
                .ok_or(AppError::rule(Code::WrongPassword))?;
            let after = User {
                password_hash: hash.clone(),
                ..before.data.clone()
            };
            // The other sessions end, and the caller's goes on: its tokens must stay good.
            let after = match keep {
                Some(_) => after,
                None => rules::with_auth_version(&before, after),
            };
            tx.users().update(&before, &after)?;
            tx.sessions().clear_attempts(&bucket.hash)?;
            Ok(tx.sessions().end_all(id, keep, now, EndReason::PasswordChanged)?)
        })
        .await?;
    announce(app, &ended).await;
    Ok(())
}

async fn refuse(app: &App, ctx: &Ctx) -> Result<(), AppError> {
    let user = ctx.actor.user.get();
    app.run("auth.password_refused", &ctx.origin, move |tx| {
        tx.audit().record(&AuditEvent {
            action: "mot_de_passe_refuse",
            object: "users",
            object_id: Some(user),
            facts: Vec::new(),
        });
        Ok(())
    })
    .await
}
