//! Skills.

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::skill::{Skill, SkillQueries, SkillSort, SkillStore};
use domain::user::User;
use domain::{Id, Record};
use serde::Serialize;

use crate::crud::{Meta, crud, meta};
use crate::error::repo;
use crate::page::{CappedCount, Key, Paged, Window, keyset, page};
use crate::reader::Reader;
use crate::schema::competences;
use crate::tx::PgTx;

/// The columns of a skill but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = competences, treat_none_as_null = true)]
struct SkillData {
    nom: String,
    domaine: Option<String>,
    certification_requise: bool,
}

impl From<&Skill> for SkillData {
    fn from(s: &Skill) -> Self {
        Self {
            nom: s.name.clone(),
            domaine: s.domain.clone(),
            certification_requise: s.certification_required,
        }
    }
}

impl From<SkillData> for Skill {
    fn from(d: SkillData) -> Self {
        Self {
            name: d.nom,
            domain: d.domaine,
            certification_required: d.certification_requise,
        }
    }
}

crud!(competences, SkillData, Skill);

impl SkillStore for PgTx<'_> {
    fn unknown(&mut self, ids: &[Id<Skill>]) -> Repo<Vec<Id<Skill>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        let known: Vec<i64> = competences::table
            .filter(competences::id.eq_any(&wanted))
            .select(competences::id)
            .load(self.conn)
            .map_err(repo)?;
        Ok(ids
            .iter()
            .copied()
            .filter(|id| !known.contains(&id.get()))
            .collect())
    }

    fn insert(&mut self, skill: &Skill, by: Option<Id<User>>) -> Repo<Record<Skill>> {
        crud::insert(self, skill, by)
    }

    fn lock(&mut self, id: Id<Skill>) -> Repo<Option<Record<Skill>>> {
        crud::lock(self, id)
    }

    fn update(&mut self, before: &Record<Skill>, after: &Skill) -> Repo<Record<Skill>> {
        crud::update(self, before, after)
    }

    fn delete(&mut self, before: &Record<Skill>) -> Repo<()> {
        crud::delete(self, before)
    }
}

/// Reads skills.
#[derive(Clone)]
pub struct PgSkillQueries {
    reader: Reader,
}

impl PgSkillQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

fn record((meta, data): (Meta, SkillData)) -> Record<Skill> {
    meta.record(data.into())
}

#[async_trait]
impl SkillQueries for PgSkillQueries {
    async fn find(&self, id: Id<Skill>) -> Repo<Option<Record<Skill>>> {
        let row: Option<(Meta, SkillData)> = self
            .reader
            .point(|conn| {
                let query = competences::table
                    .filter(competences::id.eq(id.get()))
                    .select((meta!(competences), SkillData::as_select()));
                Box::pin(async move {
                    diesel_async::RunQueryDsl::first(query, &mut &*conn)
                        .await
                        .optional()
                })
            })
            .await?;
        Ok(row.map(record))
    }

    async fn list(&self, request: &PageRequest<SkillSort>) -> Repo<Page<Record<Skill>>> {
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<competences::BoxedQuery<'static, Pg>> {
            let (query, desc) = (competences::table.into_boxed(), request.sort.descending);
            Ok(match request.sort.key {
                SkillSort::Id => keyset!(query, window, desc, competences::id, competences::id, i64),
                SkillSort::Name => keyset!(query, window, desc, competences::nom, competences::id, String),
            })
        };
        ordered(&window)?;
        let (rows, total): (Vec<(Meta, SkillData)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| Paged::new(q.select((meta!(competences), SkillData::as_select())), &window));
                let count = CappedCount(competences::table.select(competences::id));
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
                SkillSort::Id => meta.id.encode(),
                SkillSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        });
        Ok(page.map(record))
    }
}
