//! The maintenance history on the wire. The comments of wire types are shown to the users of the API: French.

use application::equipment::Maintenance;
use application::intervention::{Audience, audience, target};
use domain::Id;
use domain::equipment::Downtime;
use domain::intervention::{InterventionDetail, Status};
use domain::policy::{Actor, Permission};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::StatusCode;
use crate::routes::interventions::dto::{
    KindCode, OutcomeCode, PieceUtilisee, PriorityCode, StatusCode as JobStatusCode,
};
use crate::wire::{Amount, Day, Instant, Wire};

/// Une intervention dans l'historique d'un équipement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InterventionPassee {
    /// Identifiant.
    pub id: i64,
    /// Numéro.
    pub numero: String,
    /// Titre.
    pub titre: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: KindCode,
    /// État.
    pub statut: JobStatusCode,
    /// Priorité.
    pub priorite: PriorityCode,
    /// Demande.
    pub date_creation: Instant,
    /// Date prévue.
    pub date_prevue: Option<Instant>,
    /// Début des travaux.
    pub date_debut: Option<Instant>,
    /// Clôture.
    pub date_fin: Option<Instant>,
    /// Nom du technicien.
    pub technicien: Option<String>,
    /// Premier constat ; pas pour les clients.
    pub diagnostic: Option<String>,
    /// Compte rendu ; pour les clients après la clôture.
    pub compte_rendu: Option<String>,
    /// État dans lequel l'équipement a été laissé ; pas pour les clients.
    pub resultat: Option<OutcomeCode>,
    /// Pièces posées.
    pub pieces: Vec<PieceUtilisee>,
    /// Coût en MAD ; null tant qu'il n'est pas connu.
    pub cout: Option<Amount>,
}

impl InterventionPassee {
    fn of(job: InterventionDetail, actor: &Actor) -> Self {
        let inside = audience(actor, &target(&job)) == Audience::Staff;
        let record = job.record;
        let closed = record.status == Status::Closed;
        let closing = record.data.closing;
        Self {
            id: record.id.get(),
            numero: record.data.number,
            titre: record.data.title,
            kind: Wire(record.data.kind),
            statut: Wire(record.data.status),
            priorite: Wire(record.data.priority),
            date_creation: Instant(record.data.opened_at),
            date_prevue: record.data.planned_at.map(Instant),
            date_debut: record.data.started_at.map(Instant),
            date_fin: record.data.finished_at.map(Instant),
            technicien: job.technician.map(|t| t.name),
            diagnostic: closing.diagnosis.filter(|_| inside),
            compte_rendu: closing.report.filter(|_| inside || closed),
            resultat: closing.outcome.filter(|_| inside).map(Wire),
            pieces: Vec::new(),
            cout: None,
        }
    }
}

/// Un séjour en panne ou en maintenance.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ArretView {
    /// État pendant l'arrêt.
    pub etat: StatusCode,
    /// Début.
    pub debut: Instant,
    /// Fin ; null tant qu'il dure.
    pub fin: Option<Instant>,
    /// Ce qui l'a ouvert ; pas pour les clients.
    pub cause: Option<String>,
    /// L'arrêt était planifié.
    pub planifie: bool,
    /// Intervention qui l'a ouvert.
    pub intervention_id: Option<i64>,
}

impl ArretView {
    /// A cause may be the technician's diagnosis, which stays inside the company.
    fn of(downtime: Downtime, inside: bool) -> Self {
        Self {
            etat: Wire(downtime.status),
            debut: Instant(downtime.start),
            fin: downtime.end.map(Instant),
            cause: downtime.cause.filter(|_| inside),
            planifie: downtime.planned,
            intervention_id: downtime.intervention.map(Id::get),
        }
    }
}

/// L'historique de maintenance d'un équipement et ce qui vient.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MaintenanceView {
    /// L'équipement.
    pub equipement_id: i64,
    /// Son nom.
    pub nom_equipement: String,
    /// Son état.
    pub statut: StatusCode,
    /// Jour de la prochaine maintenance préventive.
    pub prochaine_maintenance: Option<Day>,
    /// Jours entre deux maintenances préventives.
    pub frequence_maintenance_jours: Option<i32>,
    /// Ce jour est passé.
    pub en_retard: bool,
    /// Interventions que l'appelant peut voir, la plus récente en premier.
    pub items: Vec<InterventionPassee>,
    /// Nombre d'interventions en tout, exact jusqu'à 10 000.
    pub total: u64,
    /// Vrai quand « total » s'est arrêté à 10 000.
    pub total_capped: bool,
    /// Taille de page demandée.
    pub limit: u32,
    /// À passer dans « cursor » pour la page suivante ; null à la dernière.
    pub next_cursor: Option<String>,
    /// Les cent derniers arrêts, le plus récent en premier.
    pub arrets: Vec<ArretView>,
}

impl MaintenanceView {
    /// One page of the history, as `actor` sees it.
    pub fn of(seen: Maintenance, limit: u32, actor: &Actor) -> Self {
        let inside = actor.may(Permission::InterventionDocument);
        let equipment = seen.equipment.record;
        let page = seen.jobs.map(|job| InterventionPassee::of(job, actor));
        Self {
            equipement_id: equipment.id.get(),
            nom_equipement: equipment.data.name,
            statut: Wire(equipment.data.status),
            prochaine_maintenance: equipment.data.next_maintenance.map(Day),
            frequence_maintenance_jours: equipment.data.maintenance_every_days,
            en_retard: seen.overdue,
            items: page.items,
            total: page.total,
            total_capped: page.total_capped,
            limit,
            next_cursor: page.next_cursor,
            arrets: seen
                .downtimes
                .into_iter()
                .map(|stop| ArretView::of(stop, inside))
                .collect(),
        }
    }
}
