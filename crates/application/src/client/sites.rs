//! Sites of a client.

use std::sync::Arc;

use domain::client::{Client, Site, rules};
use domain::policy::Permission;
use domain::ports::Tx;
use domain::{Id, Record};

use super::manage;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Makes the site that the caller wants out of the present one; pure.
pub type EditSite = Arc<dyn Fn(&Record<Site>) -> Result<Site, AppError> + Send + Sync>;

/// Adds a site to the client that it names.
///
/// # Errors
/// `NotFound` without such a client; validation issues; `AlreadyExists` for a taken name.
pub async fn create_site(
    app: &App,
    ctx: &Ctx,
    site: Site,
    render: Render<Record<Site>>,
) -> Result<Written<Record<Site>>, AppError> {
    ctx.require(Permission::ClientManage)?;
    rules::validate_site(&site)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "client.create_site", render, anyone, move |tx, ctx| {
        manage(tx, ctx, site.client)?;
        tx.clients().find(site.client)?.ok_or(AppError::NotFound)?;
        Ok(tx.clients().insert_site(&site, by)?)
    })
    .await
}

/// Applies `edit` to a site of a client.
///
/// # Errors
/// `NotFound` when the client has no such site; validation issues; `AlreadyExists` for a taken name;
/// `StaleVersion`.
pub async fn update_site(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Site>,
    expected: Expected,
    edit: EditSite,
    render: Render<Record<Site>>,
) -> Result<Written<Record<Site>>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.update_site", render, anyone, move |tx, ctx| {
        let before = lock(tx, ctx, client, id)?;
        check_version(before.version, expected)?;
        let after = Site {
            client: before.client,
            ..edit(&before)?
        };
        rules::validate_site(&after)?;
        Ok(tx.clients().update_site(&before, &after)?)
    })
    .await
}

/// Removes a site where nothing stands.
///
/// # Errors
/// `NotFound`; `InUse` when equipment stands there; `StaleVersion`.
pub async fn delete_site(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Site>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.delete_site", render, anyone, move |tx, ctx| {
        let before = lock(tx, ctx, client, id)?;
        check_version(before.version, expected)?;
        Ok(tx.clients().delete_site(&before)?)
    })
    .await
}

/// The site, locked, if it is one of this client and the caller may change it.
fn lock(tx: &mut dyn Tx, ctx: &Ctx, client: Id<Client>, id: Id<Site>) -> Result<Record<Site>, AppError> {
    manage(tx, ctx, client)?;
    tx.clients()
        .lock_site(id)?
        .filter(|site| site.client == client)
        .ok_or(AppError::NotFound)
}
