//! Removing a client.

use domain::Id;
use domain::client::Client;
use domain::policy::Permission;

use super::manage;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Removes a client to whom nothing belongs.
///
/// # Errors
/// `InUse` when it has sites, contacts, equipment or jobs; `StaleVersion`.
pub async fn delete(
    app: &App,
    ctx: &Ctx,
    id: Id<Client>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.delete", render, anyone, move |tx, ctx| {
        manage(tx, ctx, id)?;
        let before = tx.clients().lock(id)?.ok_or(AppError::NotFound)?;
        check_version(before.version, expected)?;
        Ok(tx.clients().delete(&before)?)
    })
    .await
}
