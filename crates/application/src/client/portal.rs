//! Accounts of a client's portal: the main one that the client names, and further ones.

use domain::Id;
use domain::client::{Client, NameSort, PortalUser};
use domain::page::{Page, PageRequest};
use domain::policy::Permission;
use domain::user::User;

use super::read::known;
use super::{manage, require_portal_role};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::{AppError, Code, Detail};
use crate::write::{Render, Written, anyone};

/// One page of the accounts of a client's portal; for those who manage clients.
///
/// # Errors
/// `NotFound` without such a client.
pub async fn list_portal_users(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    page: &PageRequest<NameSort>,
) -> Result<Page<PortalUser>, AppError> {
    ctx.require(Permission::ClientManage)?;
    let seen = known(app, ctx, client).await?;
    Ok(app.clients.list_portal_users(client, &seen, page).await?)
}

/// One account of a client's portal; for those who manage clients.
///
/// # Errors
/// `NotFound` when the client has no such portal account.
pub async fn find_portal_user(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    user: Id<User>,
) -> Result<PortalUser, AppError> {
    ctx.require(Permission::ClientManage)?;
    let seen = ctx.seen(Permission::ClientView)?;
    app.clients
        .find_portal_user(client, user, &seen)
        .await?
        .ok_or(AppError::NotFound)
}

/// Adds an existing account of role client to a client's portal.
///
/// # Errors
/// `NotFound` without such a client; `UNKNOWN_REFERENCE`; `AlreadyExists` when it is there.
pub async fn link_user(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    user: Id<User>,
    render: Render<PortalUser>,
) -> Result<Written<PortalUser>, AppError> {
    ctx.require(Permission::ClientManage)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "client.link_user", render, anyone, move |tx, ctx| {
        manage(tx, ctx, client)?;
        tx.clients().lock(client)?.ok_or(AppError::NotFound)?;
        require_portal_role(tx, user)?;
        if tx.clients().portal_user(client, user)?.is_some() {
            return Err(AppError::Rule {
                code: Code::AlreadyExists,
                details: vec![("champ", Detail::Text("user_id".to_owned()))],
            });
        }
        tx.clients().link_user(client, user, by)?;
        tx.clients().portal_user(client, user)?.ok_or(AppError::StaleRow)
    })
    .await
}

/// Takes an account off a client's portal, the main one included; the account itself stays.
///
/// # Errors
/// `NotFound` when the client has no such portal account; `StaleVersion`.
pub async fn unlink_user(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    user: Id<User>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.unlink_user", render, anyone, move |tx, ctx| {
        manage(tx, ctx, client)?;
        let before = tx.clients().lock(client)?.ok_or(AppError::NotFound)?;
        if expected.is_some() {
            let present = tx.clients().portal_user(client, user)?;
            check_version(present.ok_or(AppError::NotFound)?.version, expected)?;
        }
        let linked = tx.clients().unlink_user(client, user)?;
        let main = before.user == Some(user);
        if main {
            let after = Client {
                user: None,
                ..before.data.clone()
            };
            tx.clients().update(&before, &after)?;
        }
        if linked || main {
            Ok(())
        } else {
            Err(AppError::NotFound)
        }
    })
    .await
}
