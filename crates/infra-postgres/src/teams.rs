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
use crate::page::{Key, Window, keyset};
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
        let find = || {
            equipes::table
                .filter(equipes::id.eq(id.get()))
                .select((meta!(equipes), TeamData::as_select()))
        };
        Ok(self.reader.first(find).await?.map(record))
    }

    async fn list(&self, request: &PageRequest<TeamSort>) -> Repo<Page<Record<Team>>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = equipes::table.into_boxed::<Pg>();
            let query = match request.sort.key {
                TeamSort::Id => keyset!(query, window, equipes::id, equipes::id, i64),
                TeamSort::Name => keyset!(query, window, equipes::nom, equipes::id, String),
            };
            Ok(query.select((meta!(equipes), TeamData::as_select())))
        };
        let last = |(meta, data): &(Meta, TeamData)| {
            let value = match request.sort.key {
                TeamSort::Id => meta.id.encode(),
                TeamSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        };
        let all = || equipes::table.select(equipes::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(record))
    }
}
