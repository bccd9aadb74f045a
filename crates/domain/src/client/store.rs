//! Stored clients, sites and contacts.

use async_trait::async_trait;

use super::{Client, ClientStatus, Contact, ServiceLevel, Site};
use crate::error::Repo;
use crate::page::{Page, PageRequest};
use crate::policy::Visibility;
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

/// An account of a client's portal, as a reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct PortalUser {
    /// The account.
    pub user: Id<User>,
    /// Its version: a link is made and ended, never changed, and shows what the account says.
    pub version: i64,
    /// Its name.
    pub full_name: String,
    /// Its e-mail.
    pub email: String,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether it is the one that the client itself names ([`Client::user`]).
    pub main: bool,
}

/// Clients inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ClientStore {
    /// Stores a new client.
    fn insert(&mut self, client: &Client, by: Option<Id<User>>) -> Repo<Record<Client>>;
    /// The client.
    fn find(&mut self, id: Id<Client>) -> Repo<Option<Record<Client>>>;
    /// The client, locked until the end of the unit of work.
    fn lock(&mut self, id: Id<Client>) -> Repo<Option<Record<Client>>>;
    /// Writes the changes.
    fn update(&mut self, before: &Record<Client>, after: &Client) -> Repo<Record<Client>>;
    /// Removes it; `Conflict(InUse)` when anything belongs to it.
    fn delete(&mut self, before: &Record<Client>) -> Repo<()>;
    /// Whether a technician has, or had, a job of this client.
    fn has_job_of(&mut self, id: Id<Client>, technician: Id<crate::technician::Technician>) -> Repo<bool>;

    /// The account, if it is one of the client's portal.
    fn portal_user(&mut self, id: Id<Client>, user: Id<User>) -> Repo<Option<PortalUser>>;
    /// Adds an account to the client's portal beside the main one; `Conflict(ClientUser)` when it is there.
    fn link_user(&mut self, id: Id<Client>, user: Id<User>, by: Option<Id<User>>) -> Repo<()>;
    /// Takes an account other than the main one off the client's portal; whether it was there.
    fn unlink_user(&mut self, id: Id<Client>, user: Id<User>) -> Repo<bool>;

    /// Stores a new site.
    fn insert_site(&mut self, site: &Site, by: Option<Id<User>>) -> Repo<Record<Site>>;
    /// The site, locked.
    fn lock_site(&mut self, id: Id<Site>) -> Repo<Option<Record<Site>>>;
    /// Writes the changes.
    fn update_site(&mut self, before: &Record<Site>, after: &Site) -> Repo<Record<Site>>;
    /// Removes it; `Conflict(InUse)` when equipment stands there.
    fn delete_site(&mut self, before: &Record<Site>) -> Repo<()>;

    /// Stores a new contact.
    fn insert_contact(&mut self, contact: &Contact, by: Option<Id<User>>) -> Repo<Record<Contact>>;
    /// The contact, locked.
    fn lock_contact(&mut self, id: Id<Contact>) -> Repo<Option<Record<Contact>>>;
    /// The client's main contact, locked.
    fn lock_principal(&mut self, client: Id<Client>) -> Repo<Option<Record<Contact>>>;
    /// Writes the changes.
    fn update_contact(&mut self, before: &Record<Contact>, after: &Contact) -> Repo<Record<Contact>>;
    /// Removes it.
    fn delete_contact(&mut self, before: &Record<Contact>) -> Repo<()>;
}

/// What a list of clients may be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientFilter {
    /// City.
    pub city: Option<String>,
    /// Line of business.
    pub sector: Option<String>,
    /// Commercial state.
    pub status: Option<ClientStatus>,
    /// Level of service.
    pub service_level: Option<ServiceLevel>,
}

vocab! {
    /// What a list of clients may be sorted by.
    ClientSort {
        /// Identifier.
        Id = "id",
        /// Name.
        Name = "nom_entreprise",
        /// City.
        City = "ville",
        /// Creation.
        CreatedAt = "created_at",
    }
}
vocab! {
    /// What sites and contacts may be sorted by.
    NameSort {
        /// Identifier.
        Id = "id",
        /// Name.
        Name = "nom",
    }
}

/// Clients outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ClientQueries: Send + Sync {
    /// The client, if the caller may know it.
    async fn find(&self, id: Id<Client>, seen: &Visibility) -> Repo<Option<Record<Client>>>;
    /// One page of clients.
    async fn list(
        &self,
        filter: &ClientFilter,
        seen: &Visibility,
        page: &PageRequest<ClientSort>,
    ) -> Repo<Page<Record<Client>>>;
    /// A site of a client that the caller may know.
    async fn find_site(
        &self,
        client: Id<Client>,
        id: Id<Site>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Site>>>;
    /// One page of a client's sites.
    async fn list_sites(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        page: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Site>>>;
    /// A contact of a client that the caller may know.
    async fn find_contact(
        &self,
        client: Id<Client>,
        id: Id<Contact>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Contact>>>;
    /// One page of a client's contacts.
    async fn list_contacts(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        page: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Contact>>>;
    /// An account of the portal of a client that the caller may know.
    async fn find_portal_user(
        &self,
        client: Id<Client>,
        user: Id<User>,
        seen: &Visibility,
    ) -> Repo<Option<PortalUser>>;
    /// One page of the accounts of a client's portal.
    async fn list_portal_users(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        page: &PageRequest<NameSort>,
    ) -> Repo<Page<PortalUser>>;
}
