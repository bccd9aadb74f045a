//! Interventions outside of a unit of work.

use async_trait::async_trait;
use domain::Id;
use domain::error::Repo;
use domain::intervention::{
    HistoryEntry, Intervention, InterventionDetail, InterventionFilter, InterventionQueries,
    InterventionSort, Suggestion,
};
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::user::User;
use jiff::civil::Date;

use super::list::seen_by;
use super::row::{DETAIL, DetailRow, DetailSql, FROM_DETAIL, FROM_SHOWN, SHOWN, detail};
use super::suggestions::{SuggestionRow, suggestion, suggestions};
use super::{history, list};
use crate::reader::Reader;
use crate::statement::Statement;

/// Reads jobs.
#[derive(Clone)]
pub struct PgInterventionQueries {
    reader: Reader,
}

impl PgInterventionQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

/// The one statement that gives a whole job.
pub(super) fn one(id: Id<Intervention>, seen: &Visibility) -> Statement<DetailSql> {
    let found = Statement::new(SHOWN)
        .sql(DETAIL)
        .sql(FROM_SHOWN)
        .sql(FROM_DETAIL)
        .sql(" WHERE i.id = ");
    seen_by(found.bind(id.get()), seen)
}

#[async_trait]
impl InterventionQueries for PgInterventionQueries {
    async fn find(&self, id: Id<Intervention>, seen: &Visibility) -> Repo<Option<InterventionDetail>> {
        let row: Option<DetailRow> = self.reader.one(|| one(id, seen)).await?;
        Ok(row.map(detail))
    }

    async fn list(
        &self,
        filter: &InterventionFilter,
        seen: &Visibility,
        page: &PageRequest<InterventionSort>,
    ) -> Repo<Page<InterventionDetail>> {
        list::list(&self.reader, filter, seen, page).await
    }

    async fn history(
        &self,
        id: Id<Intervention>,
        limit: u32,
        cursor: Option<String>,
    ) -> Repo<Page<HistoryEntry>> {
        history::of_job(&self.reader, id.get(), limit, cursor).await
    }

    async fn activity(&self, user: Id<User>, limit: u32, cursor: Option<String>) -> Repo<Page<HistoryEntry>> {
        history::of_user(&self.reader, user.get(), limit, cursor).await
    }

    async fn suggestions(&self, id: Id<Intervention>, day: Date, limit: u32) -> Repo<Vec<Suggestion>> {
        let rows: Vec<SuggestionRow> = self.reader.all(|| suggestions(id, day, limit)).await?;
        Ok(rows.into_iter().map(suggestion).collect())
    }
}
