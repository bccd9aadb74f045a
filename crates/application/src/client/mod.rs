//! Clients with their sites, contacts and portal accounts.

pub mod contacts;
pub mod create;
pub mod delete;
pub mod equipments;
pub mod portal;
pub mod read;
pub mod sites;
pub mod update;

pub use contacts::{EditContact, create_contact, delete_contact, update_contact};
pub use create::create;
pub use delete::delete;
pub use equipments::list_equipments;
pub use portal::{find_portal_user, link_user, list_portal_users, unlink_user};
pub use read::{find, find_contact, find_site, list, list_contacts, list_sites};
pub use sites::{EditSite, create_site, delete_site, update_site};
pub use update::{EditClient, update};

use domain::Id;
use domain::client::Client;
use domain::policy::{Permission, Role, Target};
use domain::ports::Tx;
use domain::text::{FieldIssue, IssueCode};
use domain::user::User;

use crate::ctx::Ctx;
use crate::error::AppError;

/// What ties a client to people. A technician is tied to it by a job: asked for only when nothing
/// else lets the caller see the client.
fn target(tx: &mut dyn Tx, ctx: &Ctx, id: Id<Client>) -> Result<Target, AppError> {
    let mut target = Target {
        client: Some(id),
        ..Target::default()
    };
    if !ctx.actor.reaches(Permission::ClientView, &target)
        && let Some(technician) = ctx.actor.technician
        && tx.clients().has_job_of(id, technician)?
    {
        target.technician = Some(technician);
    }
    Ok(target)
}

/// Refuses who may not manage the client.
fn manage(tx: &mut dyn Tx, ctx: &Ctx, id: Id<Client>) -> Result<(), AppError> {
    let target = target(tx, ctx, id)?;
    ctx.decide(Permission::ClientManage, &target)
}

/// A portal account is an existing account of role client. It is held, so that it keeps the role at
/// least as long as this takes.
fn require_portal_role(tx: &mut dyn Tx, user: Id<User>) -> Result<(), AppError> {
    let known = tx
        .users()
        .lock(user)?
        .is_some_and(|u| u.roles().contains(&Role::Client));
    if known {
        Ok(())
    } else {
        Err(AppError::field(FieldIssue::new(
            "user_id",
            IssueCode::UnknownReference,
        )))
    }
}
