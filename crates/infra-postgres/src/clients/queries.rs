//! Clients outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::client::{Client, ClientFilter, ClientQueries, ClientSort, Contact, NameSort, PortalUser, Site};
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::user::User;
use domain::{Id, Record};

use super::portal::{self, is_linked, is_main};
use super::row::{ClientData, ContactData, SiteData};
use crate::crud::{Meta, meta};
use crate::page::{Key, Window, keyset, keyset_nullable};
use crate::reader::Reader;
use crate::schema::{clients, clients_contacts, interventions, sites, techniciens, users};
use crate::sql::{PgVocab, Ts, lower, lower_name, numbers};

/// Reads clients.
#[derive(Clone)]
pub struct PgClientQueries {
    reader: Reader,
}

impl PgClientQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

fn record((meta, data): (Meta, ClientData)) -> Record<Client> {
    meta.record(data.into())
}

fn site((meta, data): (Meta, SiteData)) -> Record<Site> {
    meta.record(data.into())
}

fn contact((meta, data): (Meta, ContactData)) -> Record<Contact> {
    meta.record(data.into())
}

/// Clients that the caller may know of: the own ones, and those for whom the technician, or the
/// technicians of the teams, have or had jobs.
fn visible(seen: &Visibility) -> clients::BoxedQuery<'_, Pg> {
    let query = clients::table.into_boxed();
    let Visibility::Only(reach) = seen else {
        return query;
    };
    let mut query = query.filter(clients::id.eq_any(numbers(&reach.clients)));
    if let Some(technician) = reach.technician {
        query = query.or_filter(exists(
            interventions::table
                .filter(interventions::client_id.eq(clients::id))
                .filter(interventions::technicien_id.eq(technician.get())),
        ));
    }
    if !reach.teams.is_empty() {
        query = query.or_filter(exists(
            interventions::table
                .inner_join(techniciens::table)
                .filter(interventions::client_id.eq(clients::id))
                .filter(techniciens::equipe_id.eq_any(numbers(&reach.teams))),
        ));
    }
    query
}

fn filtered<'a>(filter: &'a ClientFilter, seen: &'a Visibility) -> clients::BoxedQuery<'a, Pg> {
    let mut query = visible(seen);
    if let Some(city) = &filter.city {
        query = query.filter(lower(clients::ville).eq(lower_name(city)));
    }
    if let Some(sector) = &filter.sector {
        query = query.filter(clients::secteur_activite.eq(sector));
    }
    if let Some(status) = filter.status {
        query = query.filter(clients::statut_client.eq(PgVocab(status)));
    }
    if let Some(level) = filter.service_level {
        query = query.filter(clients::niveau_service.eq(PgVocab(level)));
    }
    query
}

/// Whether the caller may know of the client: what belongs to it is read under this condition.
fn is_visible(client: Id<Client>, seen: &Visibility) -> exists<clients::BoxedQuery<'_, Pg, BigInt>> {
    exists(
        visible(seen)
            .filter(clients::id.eq(client.get()))
            .select(clients::id),
    )
}

fn sites_of(client: Id<Client>, seen: &Visibility) -> sites::BoxedQuery<'_, Pg> {
    sites::table
        .into_boxed()
        .filter(sites::client_id.eq(client.get()))
        .filter(is_visible(client, seen))
}

fn contacts_of(client: Id<Client>, seen: &Visibility) -> clients_contacts::BoxedQuery<'_, Pg> {
    clients_contacts::table
        .into_boxed()
        .filter(clients_contacts::client_id.eq(client.get()))
        .filter(is_visible(client, seen))
}

fn portal_of(client: Id<Client>, seen: &Visibility) -> users::BoxedQuery<'_, Pg> {
    users::table
        .into_boxed()
        .filter(is_main(client.get()).or(is_linked(client.get())))
        .filter(is_visible(client, seen))
}

#[async_trait]
impl ClientQueries for PgClientQueries {
    async fn find(&self, id: Id<Client>, seen: &Visibility) -> Repo<Option<Record<Client>>> {
        let find = || {
            visible(seen)
                .filter(clients::id.eq(id.get()))
                .select((meta!(clients), ClientData::as_select()))
        };
        Ok(self.reader.first(find).await?.map(record))
    }

    async fn list(
        &self,
        filter: &ClientFilter,
        seen: &Visibility,
        request: &PageRequest<ClientSort>,
    ) -> Repo<Page<Record<Client>>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = filtered(filter, seen);
            let query = match request.sort.key {
                ClientSort::Id => keyset!(query, window, clients::id, clients::id, i64),
                ClientSort::Name => keyset!(query, window, clients::nom_entreprise, clients::id, String),
                ClientSort::City => keyset_nullable!(query, window, clients::ville, clients::id, String),
                ClientSort::CreatedAt => keyset!(query, window, clients::created_at, clients::id, Ts),
            };
            Ok(query.select((meta!(clients), ClientData::as_select())))
        };
        let last = |(meta, data): &(Meta, ClientData)| {
            let value = match request.sort.key {
                ClientSort::Id => Some(meta.id.encode()),
                ClientSort::Name => Some(data.nom_entreprise.encode()),
                ClientSort::City => data.ville.as_ref().map(Key::encode),
                ClientSort::CreatedAt => Some(meta.created_at.encode()),
            };
            (value, meta.id)
        };
        let all = || filtered(filter, seen).select(clients::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(record))
    }

    async fn find_site(
        &self,
        client: Id<Client>,
        id: Id<Site>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Site>>> {
        let find = || {
            sites_of(client, seen)
                .filter(sites::id.eq(id.get()))
                .select((meta!(sites), SiteData::as_select()))
        };
        Ok(self.reader.first(find).await?.map(site))
    }

    async fn list_sites(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Site>>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = sites_of(client, seen);
            let query = match request.sort.key {
                NameSort::Id => keyset!(query, window, sites::id, sites::id, i64),
                NameSort::Name => keyset!(query, window, sites::nom, sites::id, String),
            };
            Ok(query.select((meta!(sites), SiteData::as_select())))
        };
        let last = |(meta, data): &(Meta, SiteData)| {
            let value = match request.sort.key {
                NameSort::Id => meta.id.encode(),
                NameSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        };
        let all = || sites_of(client, seen).select(sites::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(site))
    }

    async fn find_contact(
        &self,
        client: Id<Client>,
        id: Id<Contact>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Contact>>> {
        let find = || {
            contacts_of(client, seen)
                .filter(clients_contacts::id.eq(id.get()))
                .select((meta!(clients_contacts), ContactData::as_select()))
        };
        Ok(self.reader.first(find).await?.map(contact))
    }

    async fn list_contacts(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Contact>>> {
        use crate::schema::clients_contacts as t;
        let ordered = |window: &Window| -> Repo<_> {
            let query = contacts_of(client, seen);
            let query = match request.sort.key {
                NameSort::Id => keyset!(query, window, t::id, t::id, i64),
                NameSort::Name => keyset!(query, window, t::nom, t::id, String),
            };
            Ok(query.select((meta!(clients_contacts), ContactData::as_select())))
        };
        let last = |(meta, data): &(Meta, ContactData)| {
            let value = match request.sort.key {
                NameSort::Id => meta.id.encode(),
                NameSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        };
        let all = || contacts_of(client, seen).select(t::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(contact))
    }

    async fn find_portal_user(
        &self,
        client: Id<Client>,
        user: Id<User>,
        seen: &Visibility,
    ) -> Repo<Option<PortalUser>> {
        let find = || {
            portal_of(client, seen)
                .filter(users::id.eq(user.get()))
                .select(portal::shown(client.get()))
        };
        Ok(self.reader.first(find).await?.map(portal::portal_user))
    }

    async fn list_portal_users(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<PortalUser>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = portal_of(client, seen);
            let query = match request.sort.key {
                NameSort::Id => keyset!(query, window, users::id, users::id, i64),
                NameSort::Name => keyset!(query, window, users::full_name, users::id, String),
            };
            Ok(query.select(portal::shown(client.get())))
        };
        let last = |(id, _, full_name, ..): &portal::Row| {
            let value = match request.sort.key {
                NameSort::Id => id.encode(),
                NameSort::Name => full_name.encode(),
            };
            (Some(value), *id)
        };
        let all = || portal_of(client, seen).select(users::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(portal::portal_user))
    }
}
