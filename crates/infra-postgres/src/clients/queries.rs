//! Clients outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::client::{Client, ClientFilter, ClientQueries, ClientSort, Contact, NameSort, PortalUser, Site};
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::user::User;
use domain::{Id, Record};

use super::portal::{self, is_linked, is_main};
use super::row::{ClientData, ContactData, SiteData};
use crate::crud::{Meta, meta};
use crate::page::{CappedCount, Key, Paged, Window, keyset, keyset_nullable, page};
use crate::reader::Reader;
use crate::schema::{clients, clients_contacts, interventions, sites, techniciens, users};
use crate::sql::{PgVocab, Ts, lower};

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
    let own: Vec<i64> = reach.clients.iter().map(|c| c.get()).collect();
    let mut query = query.filter(clients::id.eq_any(own));
    if let Some(technician) = reach.technician {
        query = query.or_filter(exists(
            interventions::table
                .filter(interventions::client_id.eq(clients::id))
                .filter(interventions::technicien_id.eq(technician.get())),
        ));
    }
    if !reach.teams.is_empty() {
        let teams: Vec<i64> = reach.teams.iter().map(|t| t.get()).collect();
        query = query.or_filter(exists(
            interventions::table
                .inner_join(techniciens::table)
                .filter(interventions::client_id.eq(clients::id))
                .filter(techniciens::equipe_id.eq_any(teams)),
        ));
    }
    query
}

fn filtered<'a>(filter: &'a ClientFilter, seen: &'a Visibility) -> clients::BoxedQuery<'a, Pg> {
    let mut query = visible(seen);
    if let Some(city) = &filter.city {
        query = query.filter(lower(clients::ville).eq(lower(Some(city.as_str()))));
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

fn sites_of(client: Id<Client>, seen: &Visibility) -> sites::BoxedQuery<'_, Pg> {
    sites::table
        .into_boxed()
        .filter(sites::client_id.eq(client.get()))
        .filter(exists(
            visible(seen)
                .filter(clients::id.eq(client.get()))
                .select(clients::id),
        ))
}

fn contacts_of(client: Id<Client>, seen: &Visibility) -> clients_contacts::BoxedQuery<'_, Pg> {
    clients_contacts::table
        .into_boxed()
        .filter(clients_contacts::client_id.eq(client.get()))
        .filter(exists(
            visible(seen)
                .filter(clients::id.eq(client.get()))
                .select(clients::id),
        ))
}

fn portal_of(client: Id<Client>, seen: &Visibility) -> users::BoxedQuery<'_, Pg> {
    users::table
        .into_boxed()
        .filter(is_main(client.get()).or(is_linked(client.get())))
        .filter(exists(
            visible(seen)
                .filter(clients::id.eq(client.get()))
                .select(clients::id),
        ))
}

#[async_trait]
impl ClientQueries for PgClientQueries {
    async fn find(&self, id: Id<Client>, seen: &Visibility) -> Repo<Option<Record<Client>>> {
        let row: Option<(Meta, ClientData)> = self
            .reader
            .point(|conn| {
                let query = visible(seen)
                    .filter(clients::id.eq(id.get()))
                    .select((meta!(clients), ClientData::as_select()));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(record))
    }

    async fn list(
        &self,
        filter: &ClientFilter,
        seen: &Visibility,
        request: &PageRequest<ClientSort>,
    ) -> Repo<Page<Record<Client>>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<clients::BoxedQuery<'_, Pg>> {
            let (query, desc) = (filtered(filter, seen), request.sort.descending);
            Ok(match request.sort.key {
                ClientSort::Id => keyset!(query, window, desc, clients::id, clients::id, i64),
                ClientSort::Name => {
                    keyset!(query, window, desc, clients::nom_entreprise, clients::id, String)
                }
                ClientSort::City => {
                    keyset_nullable!(query, window, desc, clients::ville, clients::id, String)
                }
                ClientSort::CreatedAt => keyset!(query, window, desc, clients::created_at, clients::id, Ts),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<(Meta, ClientData)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| Paged::new(q.select((meta!(clients), ClientData::as_select())), &window));
                let count = CappedCount(filtered(filter, seen).select(clients::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let page = page(request, rows, total, |(meta, data)| {
            let value = match request.sort.key {
                ClientSort::Id => Some(meta.id.encode()),
                ClientSort::Name => Some(data.nom_entreprise.encode()),
                ClientSort::City => data.ville.as_ref().map(Key::encode),
                ClientSort::CreatedAt => Some(meta.created_at.encode()),
            };
            (value, meta.id)
        });
        Ok(page.map(record))
    }

    async fn find_site(
        &self,
        client: Id<Client>,
        id: Id<Site>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Site>>> {
        let row: Option<(Meta, SiteData)> = self
            .reader
            .point(|conn| {
                let query = sites_of(client, seen)
                    .filter(sites::id.eq(id.get()))
                    .select((meta!(sites), SiteData::as_select()));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(site))
    }

    async fn list_sites(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Site>>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<sites::BoxedQuery<'_, Pg>> {
            let (query, desc) = (sites_of(client, seen), request.sort.descending);
            Ok(match request.sort.key {
                NameSort::Id => keyset!(query, window, desc, sites::id, sites::id, i64),
                NameSort::Name => keyset!(query, window, desc, sites::nom, sites::id, String),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<(Meta, SiteData)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| Paged::new(q.select((meta!(sites), SiteData::as_select())), &window));
                let count = CappedCount(sites_of(client, seen).select(sites::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let page = page(request, rows, total, |(meta, data)| {
            let value = match request.sort.key {
                NameSort::Id => meta.id.encode(),
                NameSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        });
        Ok(page.map(site))
    }

    async fn find_contact(
        &self,
        client: Id<Client>,
        id: Id<Contact>,
        seen: &Visibility,
    ) -> Repo<Option<Record<Contact>>> {
        let row: Option<(Meta, ContactData)> = self
            .reader
            .point(|conn| {
                let query = contacts_of(client, seen)
                    .filter(clients_contacts::id.eq(id.get()))
                    .select((meta!(clients_contacts), ContactData::as_select()));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(contact))
    }

    async fn list_contacts(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<Record<Contact>>> {
        use crate::schema::clients_contacts as t;
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<t::BoxedQuery<'_, Pg>> {
            let (query, desc) = (contacts_of(client, seen), request.sort.descending);
            Ok(match request.sort.key {
                NameSort::Id => keyset!(query, window, desc, t::id, t::id, i64),
                NameSort::Name => keyset!(query, window, desc, t::nom, t::id, String),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<(Meta, ContactData)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| {
                        Paged::new(
                            q.select((meta!(clients_contacts), ContactData::as_select())),
                            &window,
                        )
                    });
                let count = CappedCount(contacts_of(client, seen).select(t::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let page = page(request, rows, total, |(meta, data)| {
            let value = match request.sort.key {
                NameSort::Id => meta.id.encode(),
                NameSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        });
        Ok(page.map(contact))
    }

    async fn find_portal_user(
        &self,
        client: Id<Client>,
        user: Id<User>,
        seen: &Visibility,
    ) -> Repo<Option<PortalUser>> {
        let row: Option<portal::Row> = self
            .reader
            .point(|conn| {
                let main = is_main(client.get());
                let query = portal_of(client, seen).filter(users::id.eq(user.get())).select((
                    users::id,
                    users::version,
                    users::full_name,
                    users::email,
                    users::is_active,
                    main,
                ));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(portal::portal_user))
    }

    async fn list_portal_users(
        &self,
        client: Id<Client>,
        seen: &Visibility,
        request: &PageRequest<NameSort>,
    ) -> Repo<Page<PortalUser>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<users::BoxedQuery<'_, Pg>> {
            let (query, desc) = (portal_of(client, seen), request.sort.descending);
            Ok(match request.sort.key {
                NameSort::Id => keyset!(query, window, desc, users::id, users::id, i64),
                NameSort::Name => keyset!(query, window, desc, users::full_name, users::id, String),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<portal::Row>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| {
                        let main = is_main(client.get());
                        let shown = (
                            users::id,
                            users::version,
                            users::full_name,
                            users::email,
                            users::is_active,
                            main,
                        );
                        Paged::new(q.select(shown), &window)
                    });
                let count = CappedCount(portal_of(client, seen).select(users::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let page = page(request, rows, total, |(id, _, full_name, ..)| {
            let value = match request.sort.key {
                NameSort::Id => id.encode(),
                NameSort::Name => full_name.encode(),
            };
            (Some(value), *id)
        });
        Ok(page.map(portal::portal_user))
    }
}
