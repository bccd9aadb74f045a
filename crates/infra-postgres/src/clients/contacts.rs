//! Contacts inside a unit of work.

use diesel::prelude::*;
use domain::client::{Client, Contact};
use domain::error::Repo;
use domain::{Id, Record};

use super::row::ContactData;
use crate::crud::{Meta, crud, meta};
use crate::error::repo;
use crate::schema::clients_contacts;
use crate::tx::PgTx;

crud!(clients_contacts, ContactData, Contact);

pub(super) use self::crud::{delete, insert, lock, update};

pub(super) fn lock_principal(tx: &mut PgTx<'_>, client: Id<Client>) -> Repo<Option<Record<Contact>>> {
    let row: Option<(Meta, ContactData)> = clients_contacts::table
        .filter(clients_contacts::client_id.eq(client.get()))
        .filter(clients_contacts::principal)
        .select((meta!(clients_contacts), ContactData::as_select()))
        .for_no_key_update()
        .first(tx.conn)
        .optional()
        .map_err(repo)?;
    Ok(row.map(|(meta, data)| meta.record(data.into())))
}
