//! Interventions as rows.

use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Record as SqlRecord, SmallInt, Text, Timestamptz};
use domain::Id;
use domain::equipment::EquipmentStatus;
use domain::intervention::{
    Closing, Intervention, InterventionDetail, InterventionSort, Kind, Named, Origin, Outcome, Priority,
    Status, WaitReason,
};
use domain::skill::{RequiredSkill, SkillLevel};
use serde::Serialize;

use crate::crud::Meta;
use crate::page::Key;
use crate::schema::{interventions, interventions_cloture, interventions_competences};
use crate::sql::{PgVocab, Ts, ts, un_ts};

/// The columns of a job but the common and the generated ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = interventions, treat_none_as_null = true)]
pub struct JobData {
    numero: String,
    equipement_id: i64,
    client_id: i64,
    site_id: Option<i64>,
    technicien_id: Option<i64>,
    contrat_id: Option<i64>,
    demandeur_id: Option<i64>,
    suite_de_id: Option<i64>,
    titre: String,
    description: String,
    #[serde(rename = "type")]
    type_: PgVocab<Kind>,
    statut: PgVocab<Status>,
    priorite: PgVocab<Priority>,
    est_urgente: bool,
    origine: PgVocab<Origin>,
    date_creation: Ts,
    date_prevue: Option<Ts>,
    date_affectation: Option<Ts>,
    date_debut: Option<Ts>,
    date_fin: Option<Ts>,
    duree_estimee_minutes: i32,
    motif_attente: Option<PgVocab<WaitReason>>,
    panne_id: Option<i64>,
    equipement_rendu: bool,
    archived_at: Option<Ts>,
}

impl From<&Intervention> for JobData {
    fn from(job: &Intervention) -> Self {
        Self {
            numero: job.number.clone(),
            equipement_id: job.equipment.get(),
            client_id: job.client.get(),
            site_id: job.site.map(Id::get),
            technicien_id: job.technician.map(Id::get),
            contrat_id: job.contract,
            demandeur_id: job.requester.map(Id::get),
            suite_de_id: job.follow_up_of.map(Id::get),
            titre: job.title.clone(),
            description: job.description.clone(),
            type_: PgVocab(job.kind),
            statut: PgVocab(job.status),
            priorite: PgVocab(job.priority),
            est_urgente: job.urgent,
            origine: PgVocab(job.origin),
            date_creation: Ts(job.opened_at),
            date_prevue: ts(job.planned_at),
            date_affectation: ts(job.assigned_at),
            date_debut: ts(job.started_at),
            date_fin: ts(job.finished_at),
            duree_estimee_minutes: job.estimated_minutes,
            motif_attente: job.wait_reason.map(PgVocab),
            panne_id: job.failure.map(Id::get),
            equipement_rendu: job.equipment_returned,
            archived_at: ts(job.archived_at),
        }
    }
}

impl From<JobData> for Intervention {
    /// Without required skills and closing data, which stand in tables of their own.
    fn from(d: JobData) -> Self {
        Self {
            number: d.numero,
            equipment: Id::new(d.equipement_id),
            client: Id::new(d.client_id),
            site: d.site_id.map(Id::new),
            technician: d.technicien_id.map(Id::new),
            contract: d.contrat_id,
            requester: d.demandeur_id.map(Id::new),
            follow_up_of: d.suite_de_id.map(Id::new),
            title: d.titre,
            description: d.description,
            kind: d.type_.0,
            status: d.statut.0,
            priority: d.priorite.0,
            urgent: d.est_urgente,
            origin: d.origine.0,
            opened_at: d.date_creation.0,
            planned_at: un_ts(d.date_prevue),
            assigned_at: un_ts(d.date_affectation),
            started_at: un_ts(d.date_debut),
            finished_at: un_ts(d.date_fin),
            estimated_minutes: d.duree_estimee_minutes,
            wait_reason: d.motif_attente.map(|m| m.0),
            failure: d.panne_id.map(Id::new),
            equipment_returned: d.equipement_rendu,
            archived_at: un_ts(d.archived_at),
            required_skills: Vec::new(),
            closing: Closing::default(),
        }
    }
}

impl JobData {
    /// The value of the column that a list is sorted by; `urgency` is generated, and stands beside.
    pub fn sorted_by(&self, key: InterventionSort, urgency: i16) -> Option<String> {
        match key {
            InterventionSort::OpenedAt => Some(self.date_creation.encode()),
            InterventionSort::PlannedAt => self.date_prevue.map(|at| at.encode()),
            InterventionSort::Urgency => Some(urgency.encode()),
            InterventionSort::Number => Some(self.numero.clone()),
        }
    }
}

/// What is written about a job at its end. A job without a row has none of it yet.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = interventions_cloture, treat_none_as_null = true)]
pub struct ClosingData {
    diagnostic: Option<String>,
    compte_rendu: Option<String>,
    mode_defaillance: Option<String>,
    mecanisme_defaillance: Option<String>,
    cause_defaillance: Option<String>,
    resultat: Option<PgVocab<Outcome>>,
    motif_annulation: Option<String>,
    satisfaction: Option<i16>,
    commentaire_client: Option<String>,
    satisfaction_le: Option<Ts>,
}

impl From<&Closing> for ClosingData {
    fn from(c: &Closing) -> Self {
        Self {
            diagnostic: c.diagnosis.clone(),
            compte_rendu: c.report.clone(),
            mode_defaillance: c.failure_mode.clone(),
            mecanisme_defaillance: c.failure_mechanism.clone(),
            cause_defaillance: c.failure_cause.clone(),
            resultat: c.outcome.map(PgVocab),
            motif_annulation: c.cancel_reason.clone(),
            satisfaction: c.satisfaction,
            commentaire_client: c.client_comment.clone(),
            satisfaction_le: ts(c.rated_at),
        }
    }
}

impl From<ClosingData> for Closing {
    fn from(d: ClosingData) -> Self {
        Self {
            diagnosis: d.diagnostic,
            report: d.compte_rendu,
            failure_mode: d.mode_defaillance,
            failure_mechanism: d.mecanisme_defaillance,
            failure_cause: d.cause_defaillance,
            outcome: d.resultat.map(|r| r.0),
            cancel_reason: d.motif_annulation,
            satisfaction: d.satisfaction,
            client_comment: d.commentaire_client,
            rated_at: un_ts(d.satisfaction_le),
        }
    }
}

/// A required skill as a row.
#[derive(Debug, Clone, PartialEq, Insertable, Serialize)]
#[diesel(table_name = interventions_competences)]
pub struct RequiredData {
    #[serde(skip)]
    intervention_id: i64,
    competence_id: i64,
    niveau_min: PgVocab<SkillLevel>,
}

impl RequiredData {
    /// The rows of a job's required skills, in the order in which they are read back.
    pub fn of(job: Id<Intervention>, skills: &[RequiredSkill]) -> Vec<Self> {
        let mut rows: Vec<_> = skills
            .iter()
            .map(|s| Self {
                intervention_id: job.get(),
                competence_id: s.skill.get(),
                niveau_min: PgVocab(s.min_level),
            })
            .collect();
        rows.sort_by_key(|row| row.competence_id);
        rows
    }
}

type MetaSql = (BigInt, BigInt, Timestamptz, Timestamptz, Nullable<BigInt>);
type JobSql = <AsSelect<JobData, Pg> as Expression>::SqlType;
type BesideSql = (
    Text,
    Text,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Bool,
    SmallInt,
);
// Nothing of it when the job has no row there.
type ClosingSql = (
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<SmallInt>,
    Nullable<Text>,
    Nullable<Timestamptz>,
);
type RequiredSql = Array<SqlRecord<(BigInt, Text)>>;

/// SQL type of [`SHOWN`].
pub type ShownSql = (MetaSql, JobSql, BesideSql);
/// SQL type of [`SHOWN`] and [`DETAIL`].
pub type DetailSql = (MetaSql, JobSql, BesideSql, ClosingSql, RequiredSql);
/// SQL type of what [`OWN`] gives.
pub type OwnSql = (ClosingSql, RequiredSql);

/// Beginning of every read of jobs for readers: what lists show. The columns stand in the order of
/// [`Meta`], [`JobData`] and [`Beside`].
pub const SHOWN: &str = "SELECT i.id, i.version, i.created_at, i.updated_at, i.created_by, \
    i.numero, i.equipement_id, i.client_id, i.site_id, i.technicien_id, i.contrat_id, i.demandeur_id, i.suite_de_id, \
    i.titre, i.description, i.type, i.statut, i.priorite, i.est_urgente, i.origine, i.date_creation, i.date_prevue, \
    i.date_affectation, i.date_debut, i.date_fin, i.duree_estimee_minutes, i.motif_attente, i.panne_id, \
    i.equipement_rendu, i.archived_at, \
    c.nom_entreprise, e.nom_equipement, e.numero_serie, e.statut, s.nom, u.full_name, t.user_id, t.equipe_id, \
    coalesce(u.is_active AND t.disponibilite = 'disponible', false), i.urgence";

/// What a single job shows beside [`SHOWN`]: closing data and required skills.
pub const DETAIL: &str = ", f.diagnostic, f.compte_rendu, f.mode_defaillance, f.mecanisme_defaillance, \
    f.cause_defaillance, f.resultat, f.motif_annulation, f.satisfaction, f.commentaire_client, f.satisfaction_le, \
    ARRAY(SELECT ROW(r.competence_id, r.niveau_min) FROM interventions_competences r \
          WHERE r.intervention_id = i.id ORDER BY r.competence_id)";

/// Where [`SHOWN`] comes from.
pub const FROM_SHOWN: &str = " FROM interventions i \
    JOIN clients c ON c.id = i.client_id \
    JOIN equipements e ON e.id = i.equipement_id \
    LEFT JOIN sites s ON s.id = i.site_id \
    LEFT JOIN techniciens t ON t.id = i.technicien_id \
    LEFT JOIN users u ON u.id = t.user_id";

/// Where [`DETAIL`] comes from, beside [`FROM_SHOWN`].
pub const FROM_DETAIL: &str = " LEFT JOIN interventions_cloture f ON f.intervention_id = i.id";

/// Closing data and required skills of a job that is at hand; its identifier follows.
pub const OWN: &str = "SELECT f.diagnostic, f.compte_rendu, f.mode_defaillance, f.mecanisme_defaillance, \
    f.cause_defaillance, f.resultat, f.motif_annulation, f.satisfaction, f.commentaire_client, f.satisfaction_le, \
    ARRAY(SELECT ROW(r.competence_id, r.niveau_min) FROM interventions_competences r \
          WHERE r.intervention_id = i.id ORDER BY r.competence_id) \
    FROM interventions i LEFT JOIN interventions_cloture f ON f.intervention_id = i.id WHERE i.id = ";

/// What stands beside a job: beside of client and equipment, serial number and state of the latter, name
/// of the site, name, account and team of the technician, and whether they could begin now; and how urgent it is.
pub type Beside = (
    String,
    String,
    String,
    PgVocab<EquipmentStatus>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    bool,
    i16,
);
type Required = Vec<(i64, PgVocab<SkillLevel>)>;

/// A row of [`ShownSql`].
pub type ShownRow = (Meta, JobData, Beside);
/// A row of [`DetailSql`].
pub type DetailRow = (Meta, JobData, Beside, ClosingData, Required);
/// A row of [`OwnSql`].
pub type OwnRow = (ClosingData, Required);

/// What lists show of a job, of its row: without closing data and required skills.
pub fn shown((meta, data, beside): ShownRow) -> InterventionDetail {
    detail_of(meta, data.into(), beside)
}

/// What a reader sees, of its row.
pub fn detail((meta, data, beside, closing, required): DetailRow) -> InterventionDetail {
    let mut job = Intervention::from(data);
    own(&mut job, (closing, required));
    detail_of(meta, job, beside)
}

/// Puts closing data and required skills into their job.
pub fn own(job: &mut Intervention, (closing, required): OwnRow) {
    job.closing = closing.into();
    job.required_skills = required
        .into_iter()
        .map(|(skill, level)| RequiredSkill {
            skill: Id::new(skill),
            min_level: level.0,
        })
        .collect();
}

fn detail_of(meta: Meta, job: Intervention, beside: Beside) -> InterventionDetail {
    let (client, equipment, equipment_serial, equipment_status, site_name, technician, user, team, free, _) =
        beside;
    InterventionDetail {
        client: Named {
            id: job.client,
            name: client,
        },
        equipment: Named {
            id: job.equipment,
            name: equipment,
        },
        equipment_serial,
        equipment_status: equipment_status.0,
        site_name,
        technician: job
            .technician
            .zip(technician)
            .map(|(id, name)| Named { id, name }),
        technician_user: user.map(Id::new),
        team: team.map(Id::new),
        technician_free: free,
        record: meta.record(job),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the columns that Diesel would select for a row struct.
    fn columns(sql: &str) -> Vec<String> {
        let list = sql
            .strip_prefix("SELECT ")
            .and_then(|s| s.split(" FROM ").next())
            .expect("a select");
        list.split(", ")
            .map(|c| c.rsplit('.').next().unwrap_or(c).trim_matches('"').to_owned())
            .collect()
    }

    fn written(sql: &str) -> Vec<String> {
        sql.trim_start_matches("SELECT ")
            .trim_start_matches(", ")
            .split(", ")
            .map(|c| c.trim()[2..].to_owned())
            .collect()
    }

    #[test]
    fn the_columns_are_written_in_the_order_of_the_row_structs() {
        let job = interventions::table.select((crate::crud::meta!(interventions), JobData::as_select()));
        let job = columns(&diesel::debug_query::<Pg, _>(&job).to_string());
        assert_eq!(written(SHOWN)[..job.len()], job);

        let closing = interventions_cloture::table.select(ClosingData::as_select());
        let closing = columns(&diesel::debug_query::<Pg, _>(&closing).to_string());
        assert_eq!(written(DETAIL)[..closing.len()], closing);
        assert_eq!(written(OWN)[..closing.len()], closing);
    }
}
