//! Technicians as rows.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Record as SqlRecord, Text};
use domain::skill::{HeldSkill, SkillLevel};
use domain::technician::{Availability, Technician, TechnicianDetail};
use domain::{Id, Record};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::crud::Meta;
use crate::schema::{techniciens, techniciens_competences};
use crate::sql::{Day, PgVocab, Raw, as_text, raw};

/// The columns of a technician but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = techniciens, treat_none_as_null = true)]
pub struct TechnicianData {
    user_id: i64,
    specialite: Option<String>,
    equipe_id: Option<i64>,
    disponibilite: PgVocab<Availability>,
    absence_en_attente: Option<PgVocab<Availability>>,
    pub(super) zone_intervention: Option<String>,
    pub(super) date_embauche: Option<Day>,
    #[serde(serialize_with = "as_text")]
    taux_horaire: Option<Decimal>,
    telephone: Option<String>,
}

impl From<&Technician> for TechnicianData {
    fn from(t: &Technician) -> Self {
        Self {
            user_id: t.user.get(),
            specialite: t.specialty.clone(),
            equipe_id: t.team.map(Id::get),
            disponibilite: PgVocab(t.availability),
            absence_en_attente: t.pending_absence.map(PgVocab),
            zone_intervention: t.zone.clone(),
            date_embauche: t.hired_on.map(Day),
            taux_horaire: t.hourly_rate,
            telephone: t.phone.clone(),
        }
    }
}

impl From<TechnicianData> for Technician {
    /// Without the skills, which stand in a table of their own.
    fn from(d: TechnicianData) -> Self {
        Self {
            user: Id::new(d.user_id),
            specialty: d.specialite,
            team: d.equipe_id.map(Id::new),
            availability: d.disponibilite.0,
            pending_absence: d.absence_en_attente.map(|a| a.0),
            zone: d.zone_intervention,
            hired_on: d.date_embauche.map(|d| d.0),
            hourly_rate: d.taux_horaire,
            phone: d.telephone,
            skills: Vec::new(),
        }
    }
}

/// A skill of a technician as a row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = techniciens_competences)]
pub struct HeldSkillRow {
    #[serde(skip)]
    technicien_id: i64,
    competence_id: i64,
    niveau: PgVocab<SkillLevel>,
    valide_jusqu_au: Option<Day>,
}

impl HeldSkillRow {
    /// The row of a technician's skill.
    pub fn of(technician: Id<Technician>, held: &HeldSkill) -> Self {
        Self {
            technicien_id: technician.get(),
            competence_id: held.skill.get(),
            niveau: PgVocab(held.level),
            valide_jusqu_au: held.valid_until.map(Day),
        }
    }
}

impl From<HeldSkillRow> for HeldSkill {
    fn from(r: HeldSkillRow) -> Self {
        Self {
            skill: Id::new(r.competence_id),
            level: r.niveau.0,
            valid_until: r.valide_jusqu_au.map(|d| d.0),
        }
    }
}

type SqlSkills = Array<SqlRecord<(BigInt, Text, Nullable<Date>, Text, Bool)>>;

/// Sub-select that gives the skills of the row's technician with their names, and whether they need a
/// certificate.
pub fn skills() -> Raw<SqlSkills> {
    raw(
        "ARRAY(SELECT ROW(tc.competence_id, tc.niveau, tc.valide_jusqu_au, c.nom, c.certification_requise) \
         FROM techniciens_competences tc JOIN competences c ON c.id = tc.competence_id \
         WHERE tc.technicien_id = techniciens.id ORDER BY tc.competence_id)",
    )
}

type NamedSkill = (i64, PgVocab<SkillLevel>, Option<Day>, String, bool);

/// A technician as a reader sees it, in one row: profile, account, team, skills.
#[derive(Debug, Queryable)]
pub struct DetailRow {
    pub(super) meta: Meta,
    pub(super) data: TechnicianData,
    pub(super) full_name: String,
    email: String,
    is_active: bool,
    team_name: Option<String>,
    skills: Vec<NamedSkill>,
}

impl From<DetailRow> for TechnicianDetail {
    fn from(row: DetailRow) -> Self {
        let (mut held, mut names, mut uncertified) = (Vec::new(), Vec::new(), Vec::new());
        for (skill, level, valid_until, name, certified) in row.skills {
            if certified && valid_until.is_none() {
                uncertified.push(Id::new(skill));
            }
            held.push(HeldSkill {
                skill: Id::new(skill),
                level: level.0,
                valid_until: valid_until.map(|d| d.0),
            });
            names.push(name);
        }
        let mut record: Record<Technician> = row.meta.record(row.data.into());
        record.data.skills = held;
        Self {
            record,
            full_name: row.full_name,
            email: row.email,
            is_active: row.is_active,
            team_name: row.team_name,
            skill_names: names,
            uncertified,
        }
    }
}

/// The tables that a detail comes from.
macro_rules! detail_tables {
    () => {
        $crate::schema::techniciens::table
            .inner_join($crate::schema::users::table)
            .left_join($crate::schema::equipes::table)
    };
}
pub(super) use detail_tables;

/// The columns of a [`DetailRow`].
macro_rules! detail_columns {
    () => {
        (
            $crate::crud::meta!(techniciens),
            $crate::technicians::row::TechnicianData::as_select(),
            $crate::schema::users::full_name,
            $crate::schema::users::email,
            $crate::schema::users::is_active,
            $crate::schema::equipes::nom.nullable(),
            $crate::technicians::row::skills(),
        )
    };
}
pub(super) use detail_columns;
