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
use crate::page::{Key, Window, keyset};
use crate::reader::Reader;
use crate::schema::competences;
use crate::sql::numbers;
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
        let known: Vec<i64> = competences::table
            .filter(competences::id.eq_any(numbers(ids)))
            .select(competences::id)
            .load(self.conn)
            .map_err(repo)?;
        Ok(ids
            .iter()
            .copied()
            .filter(|id| !known.contains(&id.get()))
            .collect())
    }

    fn needing_certificate(&mut self, ids: &[Id<Skill>]) -> Repo<Vec<Id<Skill>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<i64> = competences::table
            .filter(competences::id.eq_any(numbers(ids)))
            .filter(competences::certification_requise)
            .select(competences::id)
            .load(self.conn)
            .map_err(repo)?;
        Ok(ids
            .iter()
            .copied()
            .filter(|id| found.contains(&id.get()))
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
        let find = || {
            competences::table
                .filter(competences::id.eq(id.get()))
                .select((meta!(competences), SkillData::as_select()))
        };
        Ok(self.reader.first(find).await?.map(record))
    }

    async fn list(&self, request: &PageRequest<SkillSort>) -> Repo<Page<Record<Skill>>> {
        let ordered = |window: &Window| -> Repo<_> {
            let query = competences::table.into_boxed::<Pg>();
            let query = match request.sort.key {
                SkillSort::Id => keyset!(query, window, competences::id, competences::id, i64),
                SkillSort::Name => keyset!(query, window, competences::nom, competences::id, String),
            };
            Ok(query.select((meta!(competences), SkillData::as_select())))
        };
        let last = |(meta, data): &(Meta, SkillData)| {
            let value = match request.sort.key {
                SkillSort::Id => meta.id.encode(),
                SkillSort::Name => data.nom.encode(),
            };
            (Some(value), meta.id)
        };
        let all = || competences::table.select(competences::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(record))
    }
}
