//! Equipment as rows.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use domain::equipment::{Criticality, Downtime, Equipment, EquipmentDetail, EquipmentStatus};
use domain::intervention::Status;
use domain::skill::{RequiredSkill, SkillLevel};
use domain::{Id, Vocab};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::crud::Meta;
use crate::schema::{arrets_equipement, equipements, equipements_competences};
use crate::sql::{Day, PgVocab, Raw, Ts, as_text, raw, un_ts};

/// States of a job that is not over.
pub const LIVE: [PgVocab<Status>; 3] = [
    PgVocab(Status::Open),
    PgVocab(Status::InProgress),
    PgVocab(Status::OnHold),
];

/// The columns of an equipment but the common and the generated ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = equipements, treat_none_as_null = true)]
pub struct EquipmentData {
    client_id: i64,
    site_id: Option<i64>,
    parent_id: Option<i64>,
    pub(super) nom_equipement: String,
    modele: Option<String>,
    marque: Option<String>,
    numero_serie: String,
    type_equipement: String,
    statut: PgVocab<EquipmentStatus>,
    criticite: PgVocab<Criticality>,
    localisation: Option<String>,
    date_installation: Option<Day>,
    pub(super) prochaine_maintenance: Option<Day>,
    frequence_maintenance_jours: Option<i32>,
    code_public: String,
    compteur_unite: Option<String>,
    #[serde(serialize_with = "as_text")]
    compteur_valeur: Option<Decimal>,
    #[serde(serialize_with = "as_text")]
    valeur_remplacement: Option<Decimal>,
    notes: Option<String>,
    motif_reforme: Option<String>,
}

impl From<&Equipment> for EquipmentData {
    fn from(e: &Equipment) -> Self {
        Self {
            client_id: e.client.get(),
            site_id: e.site.map(Id::get),
            parent_id: e.parent.map(Id::get),
            nom_equipement: e.name.clone(),
            modele: e.model.clone(),
            marque: e.brand.clone(),
            numero_serie: e.serial_number.clone(),
            type_equipement: e.kind.clone(),
            statut: PgVocab(e.status),
            criticite: PgVocab(e.criticality),
            localisation: e.location.clone(),
            date_installation: e.installed_on.map(Day),
            prochaine_maintenance: e.next_maintenance.map(Day),
            frequence_maintenance_jours: e.maintenance_every_days,
            code_public: e.public_code.clone(),
            compteur_unite: e.meter_unit.clone(),
            compteur_valeur: e.meter_value,
            valeur_remplacement: e.replacement_value,
            notes: e.notes.clone(),
            motif_reforme: e.retirement_reason.clone(),
        }
    }
}

impl From<EquipmentData> for Equipment {
    /// Without the required skills, which stand in a table of their own.
    fn from(d: EquipmentData) -> Self {
        Self {
            client: Id::new(d.client_id),
            site: d.site_id.map(Id::new),
            parent: d.parent_id.map(Id::new),
            name: d.nom_equipement,
            model: d.modele,
            brand: d.marque,
            serial_number: d.numero_serie,
            kind: d.type_equipement,
            status: d.statut.0,
            criticality: d.criticite.0,
            location: d.localisation,
            installed_on: d.date_installation.map(|d| d.0),
            next_maintenance: d.prochaine_maintenance.map(|d| d.0),
            maintenance_every_days: d.frequence_maintenance_jours,
            public_code: d.code_public,
            meter_unit: d.compteur_unite,
            meter_value: d.compteur_valeur,
            replacement_value: d.valeur_remplacement,
            notes: d.notes,
            retirement_reason: d.motif_reforme,
            required_skills: Vec::new(),
        }
    }
}

/// A required skill as a row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = equipements_competences)]
pub struct RequiredData {
    #[serde(skip)]
    equipement_id: i64,
    competence_id: i64,
    niveau_min: PgVocab<SkillLevel>,
}

impl RequiredData {
    /// The row of one of the equipment's required skills.
    pub fn of(equipment: Id<Equipment>, required: &RequiredSkill) -> Self {
        Self {
            equipement_id: equipment.get(),
            competence_id: required.skill.get(),
            niveau_min: PgVocab(required.min_level),
        }
    }

    /// The skill that it asks for.
    pub fn required(&self) -> RequiredSkill {
        RequiredSkill {
            skill: Id::new(self.competence_id),
            min_level: self.niveau_min.0,
        }
    }
}

/// What a reader sees beside the row itself; from the same statement.
pub type Beside = (
    String,
    Option<String>,
    Vec<i64>,
    Vec<String>,
    Vec<String>,
    Option<Ts>,
    bool,
);
/// Everything that a reader sees.
pub type DetailRow = (Meta, EquipmentData, Beside);

/// The expressions of [`Beside`]. Sub-selects by primary key or partial unique index: with joins, the
/// conditions of a list would have to be written a second time to count it.
#[expect(clippy::type_complexity, reason = "it is written once")]
pub fn beside() -> (
    Raw<Text>,
    Raw<Nullable<Text>>,
    Raw<Array<BigInt>>,
    Raw<Array<Text>>,
    Raw<Array<Text>>,
    Raw<Nullable<Timestamptz>>,
    Raw<Bool>,
) {
    (
        raw("(SELECT c.nom_entreprise FROM clients c WHERE c.id = equipements.client_id)"),
        raw("(SELECT s.nom FROM sites s WHERE s.id = equipements.site_id)"),
        raw("ARRAY(SELECT r.competence_id FROM equipements_competences r \
             WHERE r.equipement_id = equipements.id ORDER BY r.competence_id)"),
        raw("ARRAY(SELECT r.niveau_min FROM equipements_competences r \
             WHERE r.equipement_id = equipements.id ORDER BY r.competence_id)"),
        raw(
            "ARRAY(SELECT k.nom FROM equipements_competences r JOIN competences k ON k.id = r.competence_id \
             WHERE r.equipement_id = equipements.id ORDER BY r.competence_id)",
        ),
        raw(
            "(SELECT p.ouverte_le FROM pannes p WHERE p.equipement_id = equipements.id AND p.fermee_le IS NULL \
             AND equipements.statut <> 'hors_service')",
        ),
        raw(
            "EXISTS (SELECT 1 FROM equipements_detentions d WHERE d.equipement_id = equipements.id \
             AND d.jusqu_a IS NULL AND d.intervention_id IS NULL)",
        ),
    )
}

/// What a reader sees, of its row.
pub fn detail((meta, data, beside): DetailRow) -> EquipmentDetail {
    let (client_name, site_name, skills, levels, skill_names, failing_since, held_by_hand) = beside;
    let mut equipment = Equipment::from(data);
    equipment.required_skills = skills
        .into_iter()
        .zip(&levels)
        .filter_map(|(skill, level)| {
            Some(RequiredSkill {
                skill: Id::new(skill),
                min_level: SkillLevel::parse(level)?,
            })
        })
        .collect();
    EquipmentDetail {
        record: meta.record(equipment),
        client_name,
        site_name,
        skill_names,
        failing_since: un_ts(failing_since),
        held_by_hand,
    }
}

/// A stop as a row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = arrets_equipement)]
pub struct DowntimeData {
    equipement_id: i64,
    etat: PgVocab<EquipmentStatus>,
    debut: Ts,
    fin: Option<Ts>,
    cause: Option<String>,
    planifie: bool,
    intervention_id: Option<i64>,
}

impl From<&Downtime> for DowntimeData {
    fn from(d: &Downtime) -> Self {
        Self {
            equipement_id: d.equipment.get(),
            etat: PgVocab(d.status),
            debut: Ts(d.start),
            fin: d.end.map(Ts),
            cause: d.cause.clone(),
            planifie: d.planned,
            intervention_id: d.intervention.map(Id::get),
        }
    }
}

impl From<DowntimeData> for Downtime {
    fn from(d: DowntimeData) -> Self {
        Self {
            equipment: Id::new(d.equipement_id),
            status: d.etat.0,
            start: d.debut.0,
            end: un_ts(d.fin),
            cause: d.cause,
            planned: d.planifie,
            intervention: d.intervention_id.map(Id::new),
        }
    }
}
