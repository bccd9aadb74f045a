//! Reading accounts.

use domain::page::{Page, PageRequest};
use domain::policy::Permission;
use domain::user::{User, UserFilter, UserSort};
use domain::{Id, Record};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One account.
///
/// # Errors
/// `NotFound` when there is none that the caller may know of.
pub async fn find(app: &App, ctx: &Ctx, id: Id<User>) -> Result<Record<User>, AppError> {
    let seen = ctx.seen(Permission::UserView)?;
    app.users.find(id, &seen).await?.ok_or(AppError::NotFound)
}

/// One page of accounts; for those who may see other people's.
///
/// # Errors
/// `Denied` for who sees only their own account.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    filter: &UserFilter,
    page: &PageRequest<UserSort>,
) -> Result<Page<Record<User>>, AppError> {
    let seen = ctx.seen(Permission::UserView)?;
    if seen != domain::policy::Visibility::All {
        return Err(AppError::Denied);
    }
    Ok(app.users.list(filter, &seen, page).await?)
}
