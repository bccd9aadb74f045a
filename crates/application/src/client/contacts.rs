//! Contacts of a client, at most one of them the principal one.

use std::sync::Arc;

use domain::client::{Client, Contact, rules};
use domain::policy::Permission;
use domain::ports::Tx;
use domain::{Id, Record};

use super::manage;
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::AppError;
use crate::write::{Render, Written, anyone};

/// Makes the contact that the caller wants out of the present one; pure.
pub type EditContact = Arc<dyn Fn(&Record<Contact>) -> Result<Contact, AppError> + Send + Sync>;

/// Adds a contact to the client that it names. A principal one takes the place of the one before.
///
/// # Errors
/// `NotFound` without such a client; validation issues.
pub async fn create_contact(
    app: &App,
    ctx: &Ctx,
    contact: Contact,
    render: Render<Record<Contact>>,
) -> Result<Written<Record<Contact>>, AppError> {
    ctx.require(Permission::ClientManage)?;
    rules::validate_contact(&contact)?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "client.create_contact", render, anyone, move |tx, ctx| {
        lock_client(tx, ctx, contact.client)?;
        if contact.principal {
            make_room(tx, contact.client, None)?;
        }
        Ok(tx.clients().insert_contact(&contact, by)?)
    })
    .await
}

/// Applies `edit` to a contact of a client.
///
/// # Errors
/// `NotFound` when the client has no such contact; validation issues; `StaleVersion`.
pub async fn update_contact(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Contact>,
    expected: Expected,
    edit: EditContact,
    render: Render<Record<Contact>>,
) -> Result<Written<Record<Contact>>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.update_contact", render, anyone, move |tx, ctx| {
        let before = lock(tx, ctx, client, id)?;
        check_version(before.version, expected)?;
        let after = Contact {
            client: before.client,
            ..edit(&before)?
        };
        rules::validate_contact(&after)?;
        if after.principal {
            make_room(tx, client, Some(id))?;
        }
        Ok(tx.clients().update_contact(&before, &after)?)
    })
    .await
}

/// Removes a contact.
///
/// # Errors
/// `NotFound`; `StaleVersion`.
pub async fn delete_contact(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Contact>,
    expected: Expected,
    render: Render<()>,
) -> Result<Written<()>, AppError> {
    ctx.require(Permission::ClientManage)?;
    app.write(ctx, "client.delete_contact", render, anyone, move |tx, ctx| {
        let before = lock(tx, ctx, client, id)?;
        check_version(before.version, expected)?;
        Ok(tx.clients().delete_contact(&before)?)
    })
    .await
}

/// Whoever changes contacts holds the client: two requests that each name a principal contact
/// follow each other instead of colliding.
fn lock_client(tx: &mut dyn Tx, ctx: &Ctx, client: Id<Client>) -> Result<(), AppError> {
    manage(tx, ctx, client)?;
    tx.clients().lock(client)?.ok_or(AppError::NotFound)?;
    Ok(())
}

/// The contact, locked, if it is one of this client and the caller may change it.
fn lock(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Contact>,
) -> Result<Record<Contact>, AppError> {
    lock_client(tx, ctx, client)?;
    tx.clients()
        .lock_contact(id)?
        .filter(|contact| contact.client == client)
        .ok_or(AppError::NotFound)
}

/// The principal contact of before steps back for another one.
fn make_room(tx: &mut dyn Tx, client: Id<Client>, newcomer: Option<Id<Contact>>) -> Result<(), AppError> {
    if let Some(before) = tx.clients().lock_principal(client)?
        && Some(before.id) != newcomer
    {
        let after = Contact {
            principal: false,
            ..before.data.clone()
        };
        tx.clients().update_contact(&before, &after)?;
    }
    Ok(())
}
