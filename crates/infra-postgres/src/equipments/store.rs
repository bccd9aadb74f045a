//! Equipment inside a unit of work.

use diesel::dsl::{exists, max};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use domain::equipment::store::{References, Situation, TreeNode};
use domain::equipment::{
    Criticality, Downtime, Equipment, EquipmentDetail, EquipmentStatus, EquipmentStore, Failure, Holder,
};
use domain::error::Repo;
use domain::intervention::{Kind, Status};
use domain::skill::RequiredSkill;
use domain::technician::Technician;
use domain::user::User;
use domain::{Id, Record};
use jiff::Timestamp;
use serde::Serialize;

use super::row::{DetailRow, EquipmentData, LIVE, RequiredData, beside, detail};
use super::state;
use crate::crud::{crud, meta};
use crate::error::repo;
use crate::schema::{equipements, equipements_competences, interventions};
use crate::sql::{PgVocab, Ts, un_ts};
use crate::tx::PgTx;

crud!(equipements, EquipmentData, Equipment);

/// Required skills in an audit row.
#[derive(Serialize)]
struct Required {
    competences_requises: Vec<RequiredData>,
}

impl Required {
    fn of(equipment: Id<Equipment>, skills: &[RequiredSkill]) -> Self {
        Self {
            competences_requises: skills.iter().map(|s| RequiredData::of(equipment, s)).collect(),
        }
    }
}

impl PgTx<'_> {
    fn with_required(&mut self, found: Option<Record<Equipment>>) -> Repo<Option<Record<Equipment>>> {
        let Some(mut equipment) = found else {
            return Ok(None);
        };
        let rows: Vec<RequiredData> = equipements_competences::table
            .filter(equipements_competences::equipement_id.eq(equipment.id.get()))
            .order(equipements_competences::competence_id)
            .select(RequiredData::as_select())
            .load(self.conn)
            .map_err(repo)?;
        equipment.data.required_skills = rows.iter().map(RequiredData::required).collect();
        Ok(Some(equipment))
    }

    fn replace_required(
        &mut self,
        id: Id<Equipment>,
        before: &[RequiredSkill],
        after: &[RequiredSkill],
    ) -> Repo<()> {
        if before == after {
            return Ok(());
        }
        let (old, new) = (Required::of(id, before), Required::of(id, after));
        if !before.is_empty() {
            diesel::delete(
                equipements_competences::table.filter(equipements_competences::equipement_id.eq(id.get())),
            )
            .execute(self.conn)
            .map_err(repo)?;
        }
        if !after.is_empty() {
            diesel::insert_into(equipements_competences::table)
                .values(&new.competences_requises)
                .execute(self.conn)
                .map_err(repo)?;
        }
        self.audit
            .updated("equipements_competences", Some(id.get()), &old, &new);
        Ok(())
    }
}

/// A node of a tree as a row.
#[derive(Debug, QueryableByName)]
pub struct NodeRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    parent_id: Option<i64>,
    #[diesel(sql_type = Text)]
    nom_equipement: String,
    #[diesel(sql_type = Text)]
    statut: PgVocab<EquipmentStatus>,
    #[diesel(sql_type = Text)]
    criticite: PgVocab<Criticality>,
}

impl From<NodeRow> for TreeNode {
    fn from(row: NodeRow) -> Self {
        Self {
            id: Id::new(row.id),
            parent: row.parent_id.map(Id::new),
            name: row.nom_equipement,
            status: row.statut.0,
            criticality: row.criticite.0,
        }
    }
}

#[derive(Debug, QueryableByName)]
struct ReferencesRow {
    #[diesel(sql_type = Bool)]
    client: bool,
    #[diesel(sql_type = Bool)]
    site: bool,
    #[diesel(sql_type = Bool)]
    parent: bool,
    #[diesel(sql_type = Array<Text>)]
    kinds: Vec<String>,
    #[diesel(sql_type = Array<BigInt>)]
    unknown_skills: Vec<i64>,
}

const REFERENCES: &str = "SELECT \
    EXISTS (SELECT 1 FROM clients WHERE id = $1) AS client, \
    $2 IS NULL OR EXISTS (SELECT 1 FROM sites WHERE id = $2 AND client_id = $1) AS site, \
    $3 IS NULL OR EXISTS (SELECT 1 FROM equipements WHERE id = $3 AND client_id = $1) AS parent, \
    ARRAY(SELECT code FROM referentiels WHERE liste = 'type_equipement' AND actif ORDER BY ordre, code) AS kinds, \
    ARRAY(SELECT asked FROM unnest($4) AS asked WHERE NOT EXISTS (SELECT 1 FROM competences WHERE id = asked)) \
        AS unknown_skills";

const ANCESTORS: &str = "WITH RECURSIVE montee AS (\
    SELECT id, parent_id, nom_equipement, statut, criticite FROM equipements WHERE id = $1 \
    UNION \
    SELECT e.id, e.parent_id, e.nom_equipement, e.statut, e.criticite \
    FROM equipements e JOIN montee m ON e.id = m.parent_id) \
    SELECT id, parent_id, nom_equipement, statut, criticite FROM montee";

impl EquipmentStore for PgTx<'_> {
    fn insert(&mut self, equipment: &Equipment, by: Option<Id<User>>) -> Repo<Record<Equipment>> {
        let record = crud::insert(self, equipment, by)?;
        self.replace_required(record.id, &[], &equipment.required_skills)?;
        Ok(record)
    }

    fn find(&mut self, id: Id<Equipment>) -> Repo<Option<Record<Equipment>>> {
        let found = crud::find(self, id)?;
        self.with_required(found)
    }

    fn lock(&mut self, id: Id<Equipment>) -> Repo<Option<Record<Equipment>>> {
        let found = crud::lock(self, id)?;
        self.with_required(found)
    }

    fn update(&mut self, before: &Record<Equipment>, after: &Equipment) -> Repo<Record<Equipment>> {
        let record = crud::update(self, before, after)?;
        self.replace_required(before.id, &before.required_skills, &after.required_skills)?;
        Ok(record)
    }

    fn delete(&mut self, before: &Record<Equipment>) -> Repo<()> {
        crud::delete(self, before)?;
        if !before.required_skills.is_empty() {
            let gone = Required::of(before.id, &before.required_skills);
            self.audit
                .deleted("equipements_competences", Some(before.id.get()), &gone);
        }
        Ok(())
    }

    fn detail(&mut self, id: Id<Equipment>) -> Repo<Option<EquipmentDetail>> {
        let row: Option<DetailRow> = equipements::table
            .find(id.get())
            .select((meta!(equipements), EquipmentData::as_select(), beside()))
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        Ok(row.map(detail))
    }

    fn references(&mut self, equipment: &Equipment) -> Repo<References> {
        let skills: Vec<i64> = equipment.required_skills.iter().map(|s| s.skill.get()).collect();
        let row: ReferencesRow = diesel::sql_query(REFERENCES)
            .bind::<BigInt, _>(equipment.client.get())
            .bind::<Nullable<BigInt>, _>(equipment.site.map(Id::get))
            .bind::<Nullable<BigInt>, _>(equipment.parent.map(Id::get))
            .bind::<Array<BigInt>, _>(skills)
            .get_result(self.conn)
            .map_err(repo)?;
        Ok(References {
            client: row.client,
            site: row.site,
            parent: row.parent,
            kinds: row.kinds,
            unknown_skills: row.unknown_skills.into_iter().map(Id::new).collect(),
        })
    }

    fn ancestors(&mut self, id: Id<Equipment>) -> Repo<Vec<TreeNode>> {
        let rows: Vec<NodeRow> = diesel::sql_query(ANCESTORS)
            .bind::<BigInt, _>(id.get())
            .load(self.conn)
            .map_err(repo)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    fn last_preventive(&mut self, id: Id<Equipment>) -> Repo<Option<Timestamp>> {
        let last: Option<Ts> = interventions::table
            .filter(interventions::equipement_id.eq(id.get()))
            .filter(interventions::type_.eq(PgVocab(Kind::Preventive)))
            .filter(interventions::statut.eq(PgVocab(Status::Closed)))
            .select(max(interventions::date_fin))
            .first(self.conn)
            .map_err(repo)?;
        Ok(un_ts(last))
    }

    fn has_live_job_of(&mut self, id: Id<Equipment>, technician: Id<Technician>) -> Repo<bool> {
        diesel::select(exists(
            interventions::table
                .filter(interventions::equipement_id.eq(id.get()))
                .filter(interventions::technicien_id.eq(technician.get()))
                .filter(interventions::statut.eq_any(LIVE)),
        ))
        .get_result(self.conn)
        .map_err(repo)
    }

    fn situation(&mut self, id: Id<Equipment>) -> Repo<Situation> {
        state::situation(self, id)
    }

    fn hold(&mut self, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()> {
        state::hold(self, id, holder, at)
    }

    fn release(&mut self, id: Id<Equipment>, holder: Holder, at: Timestamp) -> Repo<()> {
        state::release(self, id, holder, at)
    }

    fn open_failure(&mut self, failure: &Failure) -> Repo<Id<Failure>> {
        state::open_failure(self, failure)
    }

    fn note_failure(&mut self, id: Id<Failure>, note: &str) -> Repo<()> {
        state::note_failure(self, id, note)
    }

    fn close_failure(&mut self, id: Id<Failure>, at: Timestamp) -> Repo<()> {
        state::close_failure(self, id, at)
    }

    fn open_downtime(&mut self, downtime: &Downtime) -> Repo<()> {
        state::open_downtime(self, downtime)
    }

    fn close_downtime(&mut self, id: Id<Equipment>, at: Timestamp) -> Repo<()> {
        state::close_downtime(self, id, at)
    }
}
