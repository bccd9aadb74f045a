//! Creating a client.

use domain::Record;
use domain::client::{Client, rules};
use domain::policy::Permission;

use super::require_portal_role;
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Creates a client.
///
/// # Errors
/// Validation issues; `UNKNOWN_REFERENCE` for a portal account that is none; `AlreadyExists` when
/// the account is the main one of another client.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    client: Client,
    render: Render<Record<Client>>,
) -> Result<Written<Record<Client>>, AppError> {
    ctx.require(Permission::ClientManage)?;
    rules::validate(&client)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "client.create", render, anyone, move |tx, _| {
        if let Some(user) = client.user {
            require_portal_role(tx, user)?;
        }
        Ok(tx.clients().insert(&client, by)?)
    })
    .await
}
