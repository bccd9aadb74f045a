//! Interventions inside a unit of work.

use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use domain::error::Repo;
use domain::intervention::history::NewHistory;
use domain::intervention::{
    Closing, Intervention, InterventionDetail, InterventionStore, Suggestion, WaitReason,
};
use domain::policy::Visibility;
use domain::user::User;
use domain::{Id, Record, Vocab};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::history;
use super::queries::one;
use super::row::{ClosingData, DetailRow, JobData, OWN, OwnRow, OwnSql, RequiredData, detail, own};
use super::suggestions::{SuggestionRow, suggestion, suggestions};
use crate::crud::crud;
use crate::error::repo;
use crate::schema::{interventions_cloture, interventions_competences};
use crate::sql::{PgVocab, Ts};
use crate::statement::Statement;
use crate::tx::PgTx;

crud!(interventions, JobData, Intervention);

/// Required skills in an audit row.
#[derive(Serialize)]
struct Required<'a> {
    competences_requises: &'a [RequiredData],
}

/// A waiting interval in an audit row.
#[derive(Serialize)]
struct WaitAudit {
    intervention_id: i64,
    motif: PgVocab<WaitReason>,
    debut: Ts,
}

/// The end of one.
#[derive(Serialize)]
struct WaitEnd {
    fin: Option<Ts>,
}

impl PgTx<'_> {
    /// Closing data and skills are read by a statement of their own, after the row's lock: one that
    /// waited for the lock would show them as they were before.
    fn with_own(&mut self, found: Option<Record<Intervention>>) -> Repo<Option<Record<Intervention>>> {
        let Some(mut job) = found else { return Ok(None) };
        let row: OwnRow = Statement::<OwnSql>::new(OWN)
            .bind(job.id.get())
            .get_result(self.conn)
            .map_err(repo)?;
        own(&mut job.data, row);
        Ok(Some(job))
    }

    /// The closing row has the version of its job. It is there once something was written.
    fn write_closing(&mut self, job: &Record<Intervention>, before: &Closing) -> Repo<()> {
        use interventions_cloture::dsl as f;
        if job.closing == *before {
            return Ok(());
        }
        let (old, new) = (ClosingData::from(before), ClosingData::from(&job.closing));
        let by = self.audit.origin().actor.map(Id::get);
        diesel::insert_into(f::interventions_cloture)
            .values((
                f::intervention_id.eq(job.id.get()),
                &new,
                f::created_by.eq(by),
                f::version.eq(job.version),
            ))
            .on_conflict(f::intervention_id)
            .do_update()
            .set((&new, f::version.eq(job.version), f::updated_at.eq(now)))
            .execute(self.conn)
            .map_err(repo)?;
        if *before == Closing::default() {
            self.audit
                .inserted("interventions_cloture", Some(job.id.get()), &new);
        } else {
            self.audit
                .updated("interventions_cloture", Some(job.id.get()), &old, &new);
        }
        Ok(())
    }

    /// Writes the required skills and puts them into the order in which they are read back.
    fn write_required(&mut self, job: &mut Record<Intervention>, before: &Intervention) -> Repo<()> {
        use interventions_competences::dsl as r;
        job.data.required_skills.sort_by_key(|required| required.skill);
        let (old, new) = (
            RequiredData::of(job.id, &before.required_skills),
            RequiredData::of(job.id, &job.required_skills),
        );
        if old == new {
            return Ok(());
        }
        if !old.is_empty() {
            diesel::delete(r::interventions_competences.filter(r::intervention_id.eq(job.id.get())))
                .execute(self.conn)
                .map_err(repo)?;
        }
        if !new.is_empty() {
            diesel::insert_into(r::interventions_competences)
                .values(&new)
                .execute(self.conn)
                .map_err(repo)?;
        }
        self.audit.updated(
            "interventions_competences",
            Some(job.id.get()),
            &Required {
                competences_requises: &old,
            },
            &Required {
                competences_requises: &new,
            },
        );
        Ok(())
    }
}

impl InterventionStore for PgTx<'_> {
    fn next_number(&mut self, year: i16) -> Repo<String> {
        Statement::<Text>::new("SELECT prochain_numero_intervention(")
            .bind(i32::from(year))
            .sql(")")
            .get_result(self.conn)
            .map_err(repo)
    }

    fn insert(&mut self, job: &Intervention, by: Option<Id<User>>) -> Repo<Record<Intervention>> {
        let mut record = crud::insert(self, job, by)?;
        self.write_closing(&record, &Closing::default())?;
        if !job.required_skills.is_empty() {
            let none = Intervention {
                required_skills: Vec::new(),
                ..job.clone()
            };
            self.write_required(&mut record, &none)?;
        }
        Ok(record)
    }

    fn find(&mut self, id: Id<Intervention>) -> Repo<Option<Record<Intervention>>> {
        let found = crud::find(self, id)?;
        self.with_own(found)
    }

    fn lock(&mut self, id: Id<Intervention>) -> Repo<Option<Record<Intervention>>> {
        let found = crud::lock(self, id)?;
        self.with_own(found)
    }

    fn update(&mut self, before: &Record<Intervention>, after: &Intervention) -> Repo<Record<Intervention>> {
        let mut record = crud::update(self, before, after)?;
        self.write_closing(&record, &before.closing)?;
        self.write_required(&mut record, before)?;
        Ok(record)
    }

    fn detail(&mut self, id: Id<Intervention>) -> Repo<Option<InterventionDetail>> {
        let row: Option<DetailRow> = one(id, &Visibility::All)
            .get_result(self.conn)
            .optional()
            .map_err(repo)?;
        Ok(row.map(detail))
    }

    fn append_history(&mut self, entry: &NewHistory) -> Repo<()> {
        history::append(self, entry)
    }

    fn open_wait(&mut self, id: Id<Intervention>, reason: WaitReason, at: Timestamp) -> Repo<()> {
        // Requests may reach the lock in another order than they were made: waits do not overlap.
        let (key, start): (i64, Ts) = Statement::<(BigInt, Timestamptz)>::new(
            "INSERT INTO interventions_attentes (intervention_id, motif, created_by, debut) SELECT ",
        )
        .bind(id.get())
        .sql(", ")
        .bind(reason.code())
        .sql(", ")
        .bind(self.audit.origin().actor.map(Id::get))
        .sql(", greatest(")
        .bind(Ts(at))
        .sql(", max(a.fin)) FROM interventions_attentes a WHERE a.intervention_id = ")
        .bind(id.get())
        .sql(" RETURNING id, debut")
        .get_result(self.conn)
        .map_err(repo)?;
        let row = WaitAudit {
            intervention_id: id.get(),
            motif: PgVocab(reason),
            debut: start,
        };
        self.audit.inserted("interventions_attentes", Some(key), &row);
        Ok(())
    }

    fn close_wait(&mut self, id: Id<Intervention>, at: Timestamp) -> Repo<()> {
        let closed: Option<(i64, Option<Ts>)> = Statement::<(BigInt, Nullable<Timestamptz>)>::new(
            "UPDATE interventions_attentes SET version = version + 1, updated_at = now(), fin = greatest(",
        )
        .bind(Ts(at))
        .sql(", debut) WHERE fin IS NULL AND intervention_id = ")
        .bind(id.get())
        .sql(" RETURNING id, fin")
        .get_result(self.conn)
        .optional()
        .map_err(repo)?;
        if let Some((key, end)) = closed {
            let (open, ended) = (WaitEnd { fin: None }, WaitEnd { fin: end });
            self.audit
                .updated("interventions_attentes", Some(key), &open, &ended);
        }
        Ok(())
    }

    fn suggestions(&mut self, id: Id<Intervention>, day: Date, limit: u32) -> Repo<Vec<Suggestion>> {
        let rows: Vec<SuggestionRow> = suggestions(id, day, limit).load(self.conn).map_err(repo)?;
        Ok(rows.into_iter().map(suggestion).collect())
    }
}
