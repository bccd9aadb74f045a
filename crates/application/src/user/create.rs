//! Creating an account.

use domain::Record;
use domain::audit::Origin;
use domain::policy::{Permission, Role};
use domain::user::{Locale, User, rules};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::{AppError, Code};
use crate::write::{Render, Written, anyone};

/// A new account.
#[derive(Clone)]
pub struct CreateUser {
    /// User name.
    pub username: String,
    /// E-mail.
    pub email: String,
    /// Name to show.
    pub full_name: String,
    /// Password in clear; only its hash is kept.
    pub password: String,
    /// Primary role.
    pub role: Role,
    /// Further roles.
    pub other_roles: Vec<Role>,
    /// Language.
    pub locale: Locale,
    /// Whether it may sign in.
    pub is_active: bool,
}

impl CreateUser {
    fn into_user(self, password_hash: String) -> User {
        User {
            username: self.username,
            email: self.email,
            password_hash,
            full_name: self.full_name,
            role: self.role,
            other_roles: self.other_roles,
            is_active: self.is_active,
            last_login: None,
            locale: self.locale,
            mfa_enabled: false,
            auth_version: 1,
        }
    }
}

/// Creates an account.
///
/// # Errors
/// Validation issues; `AlreadyExists` for a taken e-mail or name; `RoleAboveOwn`.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    cmd: CreateUser,
    render: Render<Record<User>>,
) -> Result<Written<Record<User>>, AppError> {
    ctx.require(Permission::UserManage)?;
    let draft = checked(ctx, &cmd)?;
    let user = User {
        password_hash: app.hasher.hash(&cmd.password).await?,
        ..draft
    };
    let by = Some(ctx.actor.user);
    app.write(ctx, "user.create", render, anyone, move |tx, _| {
        Ok(tx.users().insert(&user, by)?)
    })
    .await
}

/// The account that `cmd` asks for, without its password hash, if it may be created.
pub(crate) fn checked(ctx: &Ctx, cmd: &CreateUser) -> Result<User, AppError> {
    let draft = cmd.clone().into_user(String::new());
    rules::validate(&draft)?;
    rules::check_password("password", &cmd.password, &draft)?;
    if !rules::may_grant(&ctx.actor, &draft.roles()) {
        return Err(AppError::rule(Code::RoleAboveOwn));
    }
    Ok(draft)
}

/// Creates the first administrator of an empty system.
///
/// # Errors
/// `AlreadyExists` when there is any account; validation issues.
pub async fn create_first_admin(
    app: &App,
    origin: &Origin,
    cmd: CreateUser,
) -> Result<Record<User>, AppError> {
    let password = cmd.password.clone();
    let draft = cmd.into_user(String::new());
    rules::validate(&draft)?;
    rules::check_password("password", &password, &draft)?;
    let user = User {
        password_hash: app.hasher.hash(&password).await?,
        role: Role::Admin,
        is_active: true,
        ..draft
    };
    app.run("user.create_first_admin", origin, move |tx| {
        // Two at once would each see an empty system.
        tx.users().lock_first()?;
        if tx.users().any()? {
            return Err(AppError::rule(Code::AlreadyExists));
        }
        Ok(tx.users().insert(&user, None)?)
    })
    .await
}
