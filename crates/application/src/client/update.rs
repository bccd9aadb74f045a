//! Changing a client: by the company anything, by the client itself the contact data.

use std::sync::Arc;

use domain::client::{Client, rules};
use domain::policy::Permission;
use domain::ports::Tx;
use domain::{Id, Record};

use super::{require_portal_role, target};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written};

/// Makes the client that the caller wants out of the present one; pure.
pub type EditClient = Arc<dyn Fn(&Record<Client>) -> Result<Client, AppError> + Send + Sync>;

/// Applies `edit` to a client.
///
/// # Errors
/// Validation issues; `DeniedFields` when a client changes more than the own contact data;
/// `UNKNOWN_REFERENCE`; `AlreadyExists`; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<Client>,
    expected: Expected,
    edit: EditClient,
    render: Render<Record<Client>>,
) -> Result<Written<Record<Client>>, AppError> {
    ctx.require(Permission::ClientEditContact)?;
    app.write(
        ctx,
        "client.update",
        render,
        move |tx, ctx| {
            let target = target(tx, ctx, id)?;
            ctx.decide(Permission::ClientView, &target)
        },
        move |tx, ctx| apply(tx, ctx, id, expected, &edit),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<Client>,
    expected: Expected,
    edit: &EditClient,
) -> Result<Record<Client>, AppError> {
    let target = target(tx, ctx, id)?;
    ctx.decide(Permission::ClientEditContact, &target)?;
    let before = tx.clients().lock(id)?.ok_or(AppError::NotFound)?;
    check_version(before.version, expected)?;
    let after = edit(&before)?;
    let commercial = rules::beyond_contact_data(&before, &after);
    if !commercial.is_empty() && !ctx.actor.reaches(Permission::ClientManage, &target) {
        return Err(AppError::DeniedFields(
            commercial.into_iter().map(str::to_owned).collect(),
        ));
    }
    rules::validate(&after)?;
    if let Some(user) = after.user
        && before.user != after.user
    {
        require_portal_role(tx, user)?;
    }
    Ok(tx.clients().update(&before, &after)?)
}
