//! Interventions in lists: what a row shows, and what a list is narrowed by. The comments of wire types are
//! shown to the users of the API: French.

use application::intervention::{Audience, Listed};
use domain::Id;
use domain::intervention::{InterventionDetail, InterventionFilter, InterventionSort};
use domain::page::Sort;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::{
    ClientCourt, EquipementCourt, KindCode, OriginCode, PriorityCode, SiteCourt, SlaView, StatusCode,
    TechnicienCourt, WaitCode, equipment_of, site_of,
};
use crate::extract::ListFilter;
use crate::wire::{Instant, Wire};

/// Une intervention dans une liste, pour les équipes ; les textes de fin et les compétences sont dans la fiche.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InterventionResume {
    /// Identifiant.
    pub id: i64,
    /// Numéro, INT-année-rang.
    pub numero: String,
    /// Titre.
    pub titre: String,
    /// Ce qu'il y a à faire.
    pub description: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: KindCode,
    /// État.
    pub statut: StatusCode,
    /// Priorité.
    pub priorite: PriorityCode,
    /// Passe devant.
    pub est_urgente: bool,
    /// D'où vient la demande.
    pub origine: OriginCode,
    /// Client.
    pub client_id: i64,
    /// Le client, en court.
    pub client: ClientCourt,
    /// Équipement.
    pub equipement_id: i64,
    /// L'équipement, en court.
    pub equipement: EquipementCourt,
    /// Site.
    pub site_id: Option<i64>,
    /// Le site, en court.
    pub site: Option<SiteCourt>,
    /// Technicien affecté.
    pub technicien_id: Option<i64>,
    /// Le technicien affecté, en court.
    pub technicien: Option<TechnicienCourt>,
    /// Contrat.
    pub contrat_id: Option<i64>,
    /// Compte qui a fait la demande.
    pub demandeur_id: Option<i64>,
    /// Intervention dont celle-ci est la suite.
    pub suite_de_id: Option<i64>,
    /// Panne déclarée avec l'intervention.
    pub panne_id: Option<i64>,
    /// Demande.
    pub date_creation: Instant,
    /// Date prévue.
    pub date_prevue: Option<Instant>,
    /// Affectation du technicien actuel.
    pub date_affectation: Option<Instant>,
    /// Début des travaux.
    pub date_debut: Option<Instant>,
    /// Clôture.
    pub date_fin: Option<Instant>,
    /// Durée estimée en minutes.
    pub duree_estimee_minutes: i32,
    /// Pourquoi l'intervention attend.
    pub motif_attente: Option<WaitCode>,
    /// Pendant l'attente, l'équipement est rendu à son propriétaire.
    pub equipement_rendu: bool,
    /// Archivée depuis.
    pub archived_at: Option<Instant>,
    /// Engagement de délai ; null tant qu'aucun ne s'applique.
    pub sla: Option<SlaView>,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl InterventionResume {
    fn of(detail: InterventionDetail) -> Self {
        let (equipement, site) = (equipment_of(&detail), site_of(&detail));
        let InterventionDetail {
            record,
            client,
            technician,
            ..
        } = detail;
        let job = record.data;
        Self {
            id: record.id.get(),
            numero: job.number,
            titre: job.title,
            description: job.description,
            kind: Wire(job.kind),
            statut: Wire(job.status),
            priorite: Wire(job.priority),
            est_urgente: job.urgent,
            origine: Wire(job.origin),
            client_id: job.client.get(),
            client: ClientCourt {
                id: client.id.get(),
                nom_entreprise: client.name,
            },
            equipement_id: job.equipment.get(),
            equipement,
            site_id: job.site.map(Id::get),
            site,
            technicien_id: job.technician.map(Id::get),
            technicien: technician.map(|t| TechnicienCourt {
                id: t.id.get(),
                nom: t.name,
            }),
            contrat_id: job.contract,
            demandeur_id: job.requester.map(Id::get),
            suite_de_id: job.follow_up_of.map(Id::get),
            panne_id: job.failure.map(Id::get),
            date_creation: Instant(job.opened_at),
            date_prevue: job.planned_at.map(Instant),
            date_affectation: job.assigned_at.map(Instant),
            date_debut: job.started_at.map(Instant),
            date_fin: job.finished_at.map(Instant),
            duree_estimee_minutes: job.estimated_minutes,
            motif_attente: job.wait_reason.map(Wire),
            equipement_rendu: job.equipment_returned,
            archived_at: job.archived_at.map(Instant),
            sla: None,
            version: record.version,
        }
    }
}

/// Une intervention dans une liste, pour le client dont l'équipement est entretenu.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemandeResume {
    /// Identifiant.
    pub id: i64,
    /// Numéro, INT-année-rang.
    pub numero: String,
    /// Titre.
    pub titre: String,
    /// Ce qu'il y a à faire.
    pub description: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: KindCode,
    /// État.
    pub statut: StatusCode,
    /// Priorité.
    pub priorite: PriorityCode,
    /// Passe devant.
    pub est_urgente: bool,
    /// Équipement.
    pub equipement_id: i64,
    /// L'équipement, en court.
    pub equipement: EquipementCourt,
    /// Le site, en court.
    pub site: Option<SiteCourt>,
    /// Nom du technicien affecté.
    pub technicien: Option<String>,
    /// Demande.
    pub date_creation: Instant,
    /// Date prévue.
    pub date_prevue: Option<Instant>,
    /// Affectation du technicien actuel.
    pub date_affectation: Option<Instant>,
    /// Début des travaux.
    pub date_debut: Option<Instant>,
    /// Clôture.
    pub date_fin: Option<Instant>,
    /// Engagement de délai ; null tant qu'aucun ne s'applique.
    pub sla: Option<SlaView>,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl DemandeResume {
    /// What its client may know: a list of what is told, not of what is left out.
    fn of(detail: InterventionDetail) -> Self {
        let (equipement, site) = (equipment_of(&detail), site_of(&detail));
        let InterventionDetail {
            record, technician, ..
        } = detail;
        let job = record.data;
        Self {
            id: record.id.get(),
            numero: job.number,
            titre: job.title,
            description: job.description,
            kind: Wire(job.kind),
            statut: Wire(job.status),
            priorite: Wire(job.priority),
            est_urgente: job.urgent,
            equipement_id: job.equipment.get(),
            equipement,
            site,
            technicien: technician.map(|t| t.name),
            date_creation: Instant(job.opened_at),
            date_prevue: job.planned_at.map(Instant),
            date_affectation: job.assigned_at.map(Instant),
            date_debut: job.started_at.map(Instant),
            date_fin: job.finished_at.map(Instant),
            sla: None,
            version: record.version,
        }
    }
}

/// Une intervention dans une liste, selon qui la lit.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum InterventionListee {
    /// Pour les équipes.
    Equipe(Box<InterventionResume>),
    /// Pour le client.
    Client(Box<DemandeResume>),
}

impl InterventionListee {
    /// The row for whom it is meant.
    pub fn of(row: Listed) -> Self {
        match row.audience {
            Audience::Staff => Self::Equipe(Box::new(InterventionResume::of(row.detail))),
            Audience::Client => Self::Client(Box::new(DemandeResume::of(row.detail))),
        }
    }
}

/// Critères d'une liste d'interventions.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InterventionQuery {
    /// États, séparés par des virgules.
    #[serde(default)]
    pub statut: Vec<StatusCode>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: Option<KindCode>,
    /// Priorité.
    pub priorite: Option<PriorityCode>,
    /// Urgentes, ou non.
    pub est_urgente: Option<bool>,
    /// Client.
    pub client_id: Option<i64>,
    /// Équipement.
    pub equipement_id: Option<i64>,
    /// Technicien affecté ; refusé à un client.
    pub technicien_id: Option<i64>,
    /// Contrat ; refusé à un client.
    pub contrat_id: Option<i64>,
    /// Demandées à partir de cet instant.
    pub date_creation_du: Option<Instant>,
    /// Demandées jusqu'à cet instant.
    pub date_creation_au: Option<Instant>,
    /// Prévues à partir de cet instant.
    pub date_prevue_du: Option<Instant>,
    /// Prévues jusqu'à cet instant.
    pub date_prevue_au: Option<Instant>,
    /// Les archivées seules ; faux par défaut.
    pub archivees: Option<bool>,
}

impl ListFilter for InterventionQuery {
    type Key = InterventionSort;
    const DEFAULT: Sort<InterventionSort> = Sort {
        key: InterventionSort::OpenedAt,
        descending: true,
    };
}

impl From<InterventionQuery> for InterventionFilter {
    fn from(query: InterventionQuery) -> Self {
        Self {
            statuses: query.statut.into_iter().map(|s| s.0).collect(),
            kind: query.kind.map(|k| k.0),
            priority: query.priorite.map(|p| p.0),
            urgent: query.est_urgente,
            client: query.client_id.map(Id::new),
            equipment: query.equipement_id.map(Id::new),
            technician: query.technicien_id.map(Id::new),
            contract: query.contrat_id,
            opened_from: query.date_creation_du.map(|d| d.0),
            opened_to: query.date_creation_au.map(|d| d.0),
            planned_from: query.date_prevue_du.map(|d| d.0),
            planned_to: query.date_prevue_au.map(|d| d.0),
            archived: query.archivees.unwrap_or_default(),
        }
    }
}
