//! What messages say about an object.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use domain::equipment::{Equipment, EquipmentStatus};
use domain::error::Repo;
use domain::intervention::{Intervention, Origin, Priority, Status};
use domain::notification::{EquipmentFacts, JobFacts, TechnicianFacts};
use domain::technician::{Availability, Technician};
use domain::{Id, Vocab};

use crate::error::repo;
use crate::schema::{interventions, techniciens, users};
use crate::sql::{PgVocab, Ts, un_ts};
use crate::tx::PgTx;

#[derive(QueryableByName)]
struct JobRow {
    #[diesel(sql_type = Text)]
    numero: String,
    #[diesel(sql_type = Text)]
    statut: PgVocab<Status>,
    #[diesel(sql_type = Text)]
    titre: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    priorite: PgVocab<Priority>,
    #[diesel(sql_type = Bool)]
    est_urgente: bool,
    #[diesel(sql_type = Text)]
    origine: PgVocab<Origin>,
    #[diesel(sql_type = Bool)]
    avec_panne: bool,
    #[diesel(sql_type = Text)]
    nom_equipement: String,
    #[diesel(sql_type = Text)]
    numero_serie: String,
    #[diesel(sql_type = Nullable<Text>)]
    localisation: Option<String>,
    #[diesel(sql_type = Text)]
    nom_entreprise: String,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    date_prevue: Option<Ts>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    date_fin: Option<Ts>,
    #[diesel(sql_type = Nullable<BigInt>)]
    technicien_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    technicien: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    compte_rendu: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    motif_annulation: Option<String>,
}

#[derive(QueryableByName)]
struct EquipmentRow {
    #[diesel(sql_type = Text)]
    nom_equipement: String,
    #[diesel(sql_type = Text)]
    numero_serie: String,
    #[diesel(sql_type = Nullable<Text>)]
    localisation: Option<String>,
    #[diesel(sql_type = Text)]
    nom_entreprise: String,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Text)]
    statut: PgVocab<EquipmentStatus>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ouverte_le: Option<Ts>,
    #[diesel(sql_type = Nullable<Text>)]
    panne: Option<String>,
}

/// Name and town of the site `s`; null without one.
const SITE: &str = "nullif(concat_ws(', ', s.nom, s.ville), '') AS site";

/// Facts about a job.
pub fn of_job(tx: &mut PgTx<'_>, id: Id<Intervention>) -> Repo<Option<JobFacts>> {
    let row: Option<JobRow> = diesel::sql_query(format!(
        "SELECT i.numero, i.statut, i.titre, i.description, i.priorite, i.est_urgente, i.origine, i.panne_id IS NOT NULL AS avec_panne, e.nom_equipement, e.numero_serie, e.localisation, \
         c.nom_entreprise, {SITE}, i.date_prevue, i.date_fin, i.technicien_id, u.full_name AS technicien, \
         f.compte_rendu, f.motif_annulation \
         FROM interventions i JOIN equipements e ON e.id = i.equipement_id JOIN clients c ON c.id = i.client_id \
         LEFT JOIN sites s ON s.id = coalesce(i.site_id, e.site_id) \
         LEFT JOIN techniciens t ON t.id = i.technicien_id LEFT JOIN users u ON u.id = t.user_id \
         LEFT JOIN interventions_cloture f ON f.intervention_id = i.id WHERE i.id = $1"
    ))
    .bind::<BigInt, _>(id.get())
    .get_result(tx.conn)
    .optional()
    .map_err(repo)?;
    Ok(row.map(|r| JobFacts {
        number: r.numero,
        status: r.statut.0,
        title: r.titre,
        description: r.description,
        critical: r.priorite.0 == Priority::Critical,
        urgent: r.est_urgente,
        requested: r.origine.0 == Origin::Portal,
        failure: r.avec_panne,
        equipment: r.nom_equipement,
        serial_number: r.numero_serie,
        location: r.localisation,
        client: r.nom_entreprise,
        site: r.site,
        planned_at: un_ts(r.date_prevue),
        finished_at: un_ts(r.date_fin),
        technician: r.technicien_id.map(Id::new),
        technician_name: r.technicien,
        report: r.compte_rendu,
        cancel_reason: r.motif_annulation,
    }))
}

/// Facts about an equipment.
pub fn of_equipment(tx: &mut PgTx<'_>, id: Id<Equipment>) -> Repo<Option<EquipmentFacts>> {
    let row: Option<EquipmentRow> = diesel::sql_query(format!(
        "SELECT e.nom_equipement, e.numero_serie, e.localisation, c.nom_entreprise, {SITE}, \
         e.statut, p.ouverte_le, p.description AS panne \
         FROM equipements e JOIN clients c ON c.id = e.client_id LEFT JOIN sites s ON s.id = e.site_id \
         LEFT JOIN pannes p ON p.equipement_id = e.id AND p.fermee_le IS NULL WHERE e.id = $1"
    ))
    .bind::<BigInt, _>(id.get())
    .get_result(tx.conn)
    .optional()
    .map_err(repo)?;
    Ok(row.map(|r| EquipmentFacts {
        name: r.nom_equipement,
        serial_number: r.numero_serie,
        location: r.localisation,
        client: r.nom_entreprise,
        site: r.site,
        decommissioned: r.statut.0 == EquipmentStatus::Decommissioned,
        failed_at: un_ts(r.ouverte_le),
        failure: r.panne,
    }))
}

/// Facts about a technician, with the jobs that are not over.
pub fn of_technician(tx: &mut PgTx<'_>, id: Id<Technician>) -> Repo<Option<TechnicianFacts>> {
    let found: Option<(String, PgVocab<Availability>)> = techniciens::table
        .inner_join(users::table.on(users::id.eq(techniciens::user_id)))
        .filter(techniciens::id.eq(id.get()))
        .select((users::full_name, techniciens::disponibilite))
        .first(tx.conn)
        .optional()
        .map_err(repo)?;
    let Some((full_name, availability)) = found else {
        return Ok(None);
    };
    let open = [Status::Open, Status::InProgress, Status::OnHold].map(Vocab::code);
    let open_jobs: Vec<(String, String)> = interventions::table
        .filter(interventions::technicien_id.eq(id.get()))
        .filter(interventions::statut.eq_any(open))
        .order((interventions::date_creation, interventions::id))
        .select((interventions::numero, interventions::titre))
        .load(tx.conn)
        .map_err(repo)?;
    Ok(Some(TechnicianFacts {
        full_name,
        availability: availability.0,
        open_jobs,
    }))
}
