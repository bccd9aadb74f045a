//! Accounts of a client's portal: the main one in the client's row, the others linked to it.

use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;
use domain::Id;
use domain::client::{Client, PortalUser};
use domain::error::Repo;
use domain::user::User;
use serde::Serialize;

use crate::error::repo;
use crate::schema::{clients, clients_utilisateurs, users};
use crate::tx::PgTx;

/// Identifier, version, name, e-mail, activity, main or not.
pub(super) type Row = (i64, i64, String, String, bool, bool);

pub(super) fn portal_user((user, version, full_name, email, is_active, main): Row) -> PortalUser {
    PortalUser {
        user: Id::new(user),
        version,
        full_name,
        email,
        is_active,
        main,
    }
}

/// Whether the row's account is the main one of the client.
#[auto_type]
pub(super) fn is_main(client: i64) -> _ {
    exists(
        clients::table
            .filter(clients::id.eq(client))
            .filter(clients::user_id.eq(users::id.nullable())),
    )
}

/// Whether the row's account is linked to the client.
#[auto_type]
pub(super) fn is_linked(client: i64) -> _ {
    exists(
        clients_utilisateurs::table
            .filter(clients_utilisateurs::client_id.eq(client))
            .filter(clients_utilisateurs::user_id.eq(users::id)),
    )
}

/// The columns of a [`Row`].
#[auto_type]
pub(super) fn shown(client: i64) -> _ {
    let main: is_main = is_main(client);
    (
        users::id,
        users::version,
        users::full_name,
        users::email,
        users::is_active,
        main,
    )
}

/// A link in an audit row.
#[derive(Serialize)]
struct Link {
    user_id: i64,
}

pub(super) fn find(tx: &mut PgTx<'_>, client: Id<Client>, user: Id<User>) -> Repo<Option<PortalUser>> {
    let row: Option<Row> = users::table
        .filter(users::id.eq(user.get()))
        .filter(is_main(client.get()).or(is_linked(client.get())))
        .select(shown(client.get()))
        .first(tx.conn)
        .optional()
        .map_err(repo)?;
    Ok(row.map(portal_user))
}

pub(super) fn link(tx: &mut PgTx<'_>, client: Id<Client>, user: Id<User>, by: Option<Id<User>>) -> Repo<()> {
    diesel::insert_into(clients_utilisateurs::table)
        .values((
            clients_utilisateurs::client_id.eq(client.get()),
            clients_utilisateurs::user_id.eq(user.get()),
            clients_utilisateurs::created_by.eq(by.map(Id::get)),
        ))
        .execute(tx.conn)
        .map_err(repo)?;
    tx.audit.inserted(
        "clients_utilisateurs",
        Some(client.get()),
        &Link { user_id: user.get() },
    );
    Ok(())
}

pub(super) fn unlink(tx: &mut PgTx<'_>, client: Id<Client>, user: Id<User>) -> Repo<bool> {
    let gone = diesel::delete(clients_utilisateurs::table.find((client.get(), user.get())))
        .execute(tx.conn)
        .map_err(repo)?;
    if gone > 0 {
        tx.audit.deleted(
            "clients_utilisateurs",
            Some(client.get()),
            &Link { user_id: user.get() },
        );
    }
    Ok(gone > 0)
}

/// Takes all linked accounts off: the client is about to be deleted.
pub(super) fn unlink_all(tx: &mut PgTx<'_>, client: Id<Client>) -> Repo<()> {
    let gone: Vec<i64> =
        diesel::delete(clients_utilisateurs::table.filter(clients_utilisateurs::client_id.eq(client.get())))
            .returning(clients_utilisateurs::user_id)
            .get_results(tx.conn)
            .map_err(repo)?;
    for user_id in gone {
        tx.audit
            .deleted("clients_utilisateurs", Some(client.get()), &Link { user_id });
    }
    Ok(())
}
