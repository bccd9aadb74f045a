//! Reading clients, their sites and contacts.

use domain::client::{Client, ClientFilter, ClientSort, Contact, NameSort, Site};
use domain::page::{Page, PageRequest};
use domain::policy::{Permission, Visibility};
use domain::{Id, Record};

use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;

/// One client.
///
/// # Errors
/// `NotFound` when there is none that the caller may know of.
pub async fn find(app: &App, ctx: &Ctx, id: Id<Client>) -> Result<Record<Client>, AppError> {
    let seen = ctx.seen(Permission::ClientView)?;
    app.clients.find(id, &seen).await?.ok_or(AppError::NotFound)
}

/// One page of the clients that the caller may know of.
///
/// # Errors
/// `Denied` without the right.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    filter: &ClientFilter,
    page: &PageRequest<ClientSort>,
) -> Result<Page<Record<Client>>, AppError> {
    let seen = ctx.seen(Permission::ClientView)?;
    Ok(app.clients.list(filter, &seen, page).await?)
}

/// One site of a client.
///
/// # Errors
/// `NotFound` when the caller may not know of the client, or it has no such site.
pub async fn find_site(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Site>,
) -> Result<Record<Site>, AppError> {
    let seen = ctx.seen(Permission::ClientView)?;
    app.clients
        .find_site(client, id, &seen)
        .await?
        .ok_or(AppError::NotFound)
}

/// One page of a client's sites.
///
/// # Errors
/// `NotFound` when the caller may not know of the client.
pub async fn list_sites(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    page: &PageRequest<NameSort>,
) -> Result<Page<Record<Site>>, AppError> {
    let seen = known(app, ctx, client).await?;
    Ok(app.clients.list_sites(client, &seen, page).await?)
}

/// One contact of a client.
///
/// # Errors
/// `NotFound` when the caller may not know of the client, or it has no such contact.
pub async fn find_contact(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    id: Id<Contact>,
) -> Result<Record<Contact>, AppError> {
    let seen = ctx.seen(Permission::ClientView)?;
    app.clients
        .find_contact(client, id, &seen)
        .await?
        .ok_or(AppError::NotFound)
}

/// One page of a client's contacts.
///
/// # Errors
/// `NotFound` when the caller may not know of the client.
pub async fn list_contacts(
    app: &App,
    ctx: &Ctx,
    client: Id<Client>,
    page: &PageRequest<NameSort>,
) -> Result<Page<Record<Contact>>, AppError> {
    let seen = known(app, ctx, client).await?;
    Ok(app.clients.list_contacts(client, &seen, page).await?)
}

/// An unknown client is not one without sites.
pub(super) async fn known(app: &App, ctx: &Ctx, client: Id<Client>) -> Result<Visibility, AppError> {
    let seen = ctx.seen(Permission::ClientView)?;
    app.clients.find(client, &seen).await?.ok_or(AppError::NotFound)?;
    Ok(seen)
}
