//! Clients inside a unit of work.

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::client::{Client, ClientStore, Contact, PortalUser, Site};
use domain::error::Repo;
use domain::technician::Technician;
use domain::user::User;
use domain::{Id, Record};

use super::row::ClientData;
use super::{contacts, portal, sites};
use crate::crud::crud;
use crate::error::repo;
use crate::schema::interventions;
use crate::tx::PgTx;

crud!(clients, ClientData, Client);

impl ClientStore for PgTx<'_> {
    fn insert(&mut self, client: &Client, by: Option<Id<User>>) -> Repo<Record<Client>> {
        crud::insert(self, client, by)
    }

    fn find(&mut self, id: Id<Client>) -> Repo<Option<Record<Client>>> {
        crud::find(self, id)
    }

    fn lock(&mut self, id: Id<Client>) -> Repo<Option<Record<Client>>> {
        crud::lock(self, id)
    }

    fn update(&mut self, before: &Record<Client>, after: &Client) -> Repo<Record<Client>> {
        crud::update(self, before, after)
    }

    fn delete(&mut self, before: &Record<Client>) -> Repo<()> {
        portal::unlink_all(self, before.id)?;
        crud::delete(self, before)
    }

    fn has_job_of(&mut self, id: Id<Client>, technician: Id<Technician>) -> Repo<bool> {
        diesel::select(exists(
            interventions::table
                .filter(interventions::client_id.eq(id.get()))
                .filter(interventions::technicien_id.eq(technician.get())),
        ))
        .get_result(self.conn)
        .map_err(repo)
    }

    fn portal_user(&mut self, id: Id<Client>, user: Id<User>) -> Repo<Option<PortalUser>> {
        portal::find(self, id, user)
    }

    fn link_user(&mut self, id: Id<Client>, user: Id<User>, by: Option<Id<User>>) -> Repo<()> {
        portal::link(self, id, user, by)
    }

    fn unlink_user(&mut self, id: Id<Client>, user: Id<User>) -> Repo<bool> {
        portal::unlink(self, id, user)
    }

    fn insert_site(&mut self, site: &Site, by: Option<Id<User>>) -> Repo<Record<Site>> {
        sites::insert(self, site, by)
    }

    fn lock_site(&mut self, id: Id<Site>) -> Repo<Option<Record<Site>>> {
        sites::lock(self, id)
    }

    fn update_site(&mut self, before: &Record<Site>, after: &Site) -> Repo<Record<Site>> {
        sites::update(self, before, after)
    }

    fn delete_site(&mut self, before: &Record<Site>) -> Repo<()> {
        sites::delete(self, before)
    }

    fn insert_contact(&mut self, contact: &Contact, by: Option<Id<User>>) -> Repo<Record<Contact>> {
        contacts::insert(self, contact, by)
    }

    fn lock_contact(&mut self, id: Id<Contact>) -> Repo<Option<Record<Contact>>> {
        contacts::lock(self, id)
    }

    fn lock_principal(&mut self, client: Id<Client>) -> Repo<Option<Record<Contact>>> {
        contacts::lock_principal(self, client)
    }

    fn update_contact(&mut self, before: &Record<Contact>, after: &Contact) -> Repo<Record<Contact>> {
        contacts::update(self, before, after)
    }

    fn delete_contact(&mut self, before: &Record<Contact>) -> Repo<()> {
        contacts::delete(self, before)
    }
}
