//! A new password for somebody who has lost theirs, given by whoever runs the server.

use domain::Record;
use domain::audit::Origin;
use domain::session::EndReason;
use domain::user::{User, rules};

use super::announce;
use crate::app::App;
use crate::error::AppError;

/// A new password.
#[derive(Clone)]
pub struct ResetPassword {
    /// User name or e-mail.
    pub identifier: String,
    /// The new password.
    pub new: String,
}

/// Why the password stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Nobody has this name or address.
    #[error("no account has the user name or e-mail address {0:?}")]
    Unknown(String),
    /// The account could not sign in with any password.
    #[error("the account {0} is not active: an administrator has to activate it first")]
    Inactive(String),
    /// The password is not good enough, or nothing could be written.
    #[error(transparent)]
    Other(#[from] AppError),
}

/// Replaces the password and ends all sessions of the account; answers it and how many sessions ended.
///
/// # Errors
/// See [`ResetError`].
pub async fn reset_password(
    app: &App,
    origin: &Origin,
    cmd: ResetPassword,
) -> Result<(Record<User>, usize), ResetError> {
    let typed = cmd.identifier.trim().to_owned();
    let named = typed.clone();
    let found = app
        .run("auth.reset_find", origin, move |tx| {
            Ok(tx.users().find_by_identifier(&named)?)
        })
        .await?;
    let user = found.ok_or(ResetError::Unknown(typed))?;
    if !user.is_active {
        return Err(ResetError::Inactive(user.username.clone()));
    }
    rules::check_password("password", &cmd.new, &user).map_err(AppError::from)?;
    let hash = app.hasher.hash(&cmd.new).await.map_err(AppError::from)?;
    let (id, clock) = (user.id, app.clock.clone());
    let (user, ended) = app
        .run("auth.reset_password", origin, move |tx| {
            let before = tx.users().lock(id)?.ok_or(AppError::NotFound)?;
            let after = User {
                password_hash: hash.clone(),
                ..before.data.clone()
            };
            let after = rules::with_auth_version(&before, after);
            let user = tx.users().update(&before, &after)?;
            let ended = tx
                .sessions()
                .end_all(id, None, clock.now(), EndReason::PasswordChanged)?;
            Ok((user, ended))
        })
        .await?;
    announce(app, &ended).await;
    Ok((user, ended.len()))
}
