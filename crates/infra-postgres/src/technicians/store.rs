//! Technicians inside a unit of work.

use diesel::prelude::*;
use domain::error::Repo;
use domain::intervention::{Intervention, Status};
use domain::skill::HeldSkill;
use domain::technician::{Technician, TechnicianDetail, TechnicianStore};
use domain::user::User;
use domain::{Id, Record};
use serde::Serialize;

use super::row::{DetailRow, HeldSkillRow, TechnicianData, detail_columns, detail_tables};
use crate::crud::crud;
use crate::error::repo;
use crate::schema::{interventions, techniciens, techniciens_competences};
use crate::sql::PgVocab;
use crate::tx::PgTx;

crud!(techniciens, TechnicianData, Technician);

/// Skills in an audit row.
#[derive(Serialize)]
struct Skills {
    competences: Vec<HeldSkillRow>,
}

impl Skills {
    fn of(technician: Id<Technician>, held: &[HeldSkill]) -> Self {
        Self {
            competences: held.iter().map(|h| HeldSkillRow::of(technician, h)).collect(),
        }
    }
}

/// The order in which skills are stored and compared.
fn sorted(held: &[HeldSkill]) -> Vec<HeldSkill> {
    let mut held = held.to_vec();
    held.sort_by_key(|h| h.skill);
    held
}

impl PgTx<'_> {
    fn with_skills(&mut self, found: Option<Record<Technician>>) -> Repo<Option<Record<Technician>>> {
        let Some(mut technician) = found else {
            return Ok(None);
        };
        let rows: Vec<HeldSkillRow> = techniciens_competences::table
            .filter(techniciens_competences::technicien_id.eq(technician.id.get()))
            .order(techniciens_competences::competence_id)
            .select(HeldSkillRow::as_select())
            .load(self.conn)
            .map_err(repo)?;
        technician.data.skills = rows.into_iter().map(HeldSkill::from).collect();
        Ok(Some(technician))
    }

    /// Replaces the skills and gives the record with them as they are stored.
    fn replace_skills(
        &mut self,
        mut technician: Record<Technician>,
        before: &[HeldSkill],
    ) -> Repo<Record<Technician>> {
        let (before, after) = (sorted(before), sorted(&technician.skills));
        if before != after {
            diesel::delete(
                techniciens_competences::table
                    .filter(techniciens_competences::technicien_id.eq(technician.id.get())),
            )
            .execute(self.conn)
            .map_err(repo)?;
            let (old, new) = (
                Skills::of(technician.id, &before),
                Skills::of(technician.id, &after),
            );
            if !new.competences.is_empty() {
                diesel::insert_into(techniciens_competences::table)
                    .values(&new.competences)
                    .execute(self.conn)
                    .map_err(repo)?;
            }
            self.audit
                .updated("techniciens_competences", Some(technician.id.get()), &old, &new);
        }
        technician.data.skills = after;
        Ok(technician)
    }

    fn jobs_in(&mut self, id: Id<Technician>, statuses: &[Status]) -> Repo<Vec<Id<Intervention>>> {
        let statuses: Vec<PgVocab<Status>> = statuses.iter().copied().map(PgVocab).collect();
        let ids: Vec<i64> = interventions::table
            .filter(interventions::technicien_id.eq(id.get()))
            .filter(interventions::statut.eq_any(statuses))
            .order(interventions::id)
            .select(interventions::id)
            .load(self.conn)
            .map_err(repo)?;
        Ok(ids.into_iter().map(Id::new).collect())
    }
}

impl TechnicianStore for PgTx<'_> {
    fn insert(&mut self, technician: &Technician, by: Option<Id<User>>) -> Repo<Record<Technician>> {
        let record = crud::insert(self, technician, by)?;
        self.replace_skills(record, &[])
    }

    fn find(&mut self, id: Id<Technician>) -> Repo<Option<Record<Technician>>> {
        let found = crud::find(self, id)?;
        self.with_skills(found)
    }

    fn lock(&mut self, id: Id<Technician>) -> Repo<Option<Record<Technician>>> {
        let found = crud::lock(self, id)?;
        self.with_skills(found)
    }

    fn lock_by_user(&mut self, user: Id<User>) -> Repo<Option<Record<Technician>>> {
        let id: Option<i64> = techniciens::table
            .filter(techniciens::user_id.eq(user.get()))
            .select(techniciens::id)
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        match id {
            Some(id) => TechnicianStore::lock(self, Id::new(id)),
            None => Ok(None),
        }
    }

    fn update(&mut self, before: &Record<Technician>, after: &Technician) -> Repo<Record<Technician>> {
        let record = crud::update(self, before, after)?;
        self.replace_skills(record, &before.skills)
    }

    fn delete(&mut self, before: &Record<Technician>) -> Repo<()> {
        crud::delete(self, before)?;
        if !before.skills.is_empty() {
            // The rows themselves go with the technician.
            let skills = Skills::of(before.id, &before.skills);
            self.audit
                .deleted("techniciens_competences", Some(before.id.get()), &skills);
        }
        Ok(())
    }

    fn detail(&mut self, id: Id<Technician>) -> Repo<Option<TechnicianDetail>> {
        let row: Option<DetailRow> = detail_tables!()
            .filter(techniciens::id.eq(id.get()))
            .select(detail_columns!())
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        Ok(row.map(TechnicianDetail::from))
    }

    fn running_job(&mut self, id: Id<Technician>) -> Repo<Option<Id<Intervention>>> {
        Ok(self.jobs_in(id, &[Status::InProgress])?.into_iter().next())
    }

    fn open_jobs(&mut self, id: Id<Technician>) -> Repo<Vec<Id<Intervention>>> {
        self.jobs_in(id, &[Status::Open, Status::OnHold])
    }
}
