//! Changing one's own password.

use domain::session::EndReason;
use domain::user::{User, rules};

use super::announce;
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
/// `WrongPassword`; validation issues with the new one; `SignInBusy`.
pub async fn change_password(app: &App, ctx: &Ctx, cmd: ChangePassword) -> Result<(), AppError> {
    let id = ctx.actor.user;
    let user = app
        .run("auth.password_read", &ctx.origin, move |tx| {
            tx.users().find(id)?.ok_or(AppError::NotFound)
        })
        .await?;
    rules::check_password("nouveau_mot_de_passe", &cmd.new, &user)?;
    if !app.hasher.verify(&cmd.current, Some(&user.password_hash)).await? {
        return Err(AppError::rule(Code::WrongPassword));
    }
    let hash = app.hasher.hash(&cmd.new).await?;
    let (keep, now) = (ctx.session, ctx.now);
    let ended = app
        .run("auth.change_password", &ctx.origin, move |tx| {
            let before = tx
                .users()
                .lock(id)?
                .filter(|u| u.password_hash == user.password_hash)
                .ok_or(AppError::rule(Code::WrongPassword))?;
            let after = User {
                password_hash: hash.clone(),
                ..before.data.clone()
            };
            tx.users()
                .update(&before, &rules::with_auth_version(&before, after))?;
            Ok(tx.sessions().end_all(id, keep, now, EndReason::PasswordChanged)?)
        })
        .await?;
    announce(app, &ended).await;
    Ok(())
}
