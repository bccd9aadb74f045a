//! Teams of technicians.

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::team::{Team, TeamQueries, TeamSort, TeamStore};
use domain::user::User;
use domain::{Id, Record};
use serde::Serialize;

use crate::crud::{Meta, crud, meta};
use crate::page::{CappedCount, Key, Paged, Window, keyset, page};
use crate::reader::Reader;
use crate::schema::equipes;
use crate::tx::PgTx;

/// The columns of a team but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = equipes, treat_none_as_null = true)]
struct TeamData {
    nom: String,
    responsable_id: Option<i64>,
}

impl From<&Team> for TeamData {
    fn from(t: &Team) -> Self {
        Self {
            nom: t.name.clone(),
            responsable_id: t.lead.map(Id::get),
        }
    }
}

impl From<TeamData> for Team {
    fn from(d: TeamData) -> Self {
        Self {
            name: d.nom,
            lead: d.responsable_id.map(Id::new),
        }
    }
}

crud!(equipes, TeamData, Team);

impl TeamStore for PgTx<'_> {
    fn insert(&mut self, team: &Team, by: Option<Id<User>>) -> Repo<Record<Team>> {
        crud::insert(self, team, by)
    }

    fn find(&mut self, id: Id<Team>) -> Repo<Option<Record<Team>>> {
        crud::find(self, id)
    }

    fn lock(&mut self, id: Id<Team>) -> Repo<Option<Record<Team>>> {
        crud::lock(self, id)
    }

    fn update(&mut self, before: &Record<Team>, after: &Team) -> Repo<Record<Team>> {
        crud::update(self, before, after)
    }

    fn delete(&mut self, before: &Record<Team>) -> Repo<()> {
        crud::delete(self, before)
    }
}

/// Reads teams.
#[derive(Clone)]
pub struct PgTeamQueries {
    reader: Reader,
}

impl PgTeamQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

fn record((meta, data): (Meta, TeamData)) -> Record<Team> {
    meta.record(data.into())
}

#[async_trait]
impl TeamQueries for PgTeamQueries {
    async fn find(&self, id: Id<Team>) -> Repo<Option<Record<Team>>> {
        let row: Option<(Meta, TeamData)> = self
            .reader
            .point(|conn| {
                let query = equipes::table
                    .filter(equipes::id.eq(id.get()))
                    .select((meta!(equipes), TeamData::as_select()));
                Box::pin(async move {
                    diesel_async::RunQueryDsl::first(query, &mut &*conn)
                        .await
                        .optional()
                })
            })
            .await?;
        Ok(row.map(record))
    }

    async fn list(&self, request: &PageRequest<TeamSort>) -> Repo<Page<Record<Team>>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<equipes::BoxedQuery<'static, Pg>> {
            let (query, desc) = (equipes::table.into_boxed(), request.sort.descending);
            Ok(match request.sort.key {
                TeamSort::Id => keyset!(query, window, desc, equipes::id, equipes::id, i64),
                TeamSort::Name => keyset!(query, window, desc, equipes::nom, equipes::id, String),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<(Meta, TeamData)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| Paged::new(q.select((meta!(equipes), TeamData::as_select())), &window));
                let count = CappedCount(equipes::table.select(equipes::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(
                        diesel_async::RunQueryDsl::load(rows, &mut &*conn),
                        diesel_async::RunQueryDsl::get_result(count, &mut &*conn)
                    )
                })
            })
            .await?;
        let page = page(request, rows, total, |(meta, data)| {
            let value = match request.sort.key {
                TeamSort::Id => meta.id.encode(),
                TeamSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        });
        Ok(page.map(record))
    }
}
