//! Interventions as they are shown. The comments of wire types are shown to the users of the API: French.

use application::intervention::{Audience, JobView};
use domain::Id;
use domain::equipment::EquipmentStatus;
use domain::intervention::{Action, InterventionDetail, Kind, Origin, Outcome, Priority, Status, WaitReason};
use serde::Serialize;
use utoipa::ToSchema;

use super::history::SuggestionView;
use crate::extract::View;
use crate::reply::Versioned;
use crate::routes::equipements::required::CompetenceRequise;
use crate::wire::{Amount, Instant, Wire};

/// Code d'un état d'intervention.
pub type StatusCode = Wire<Status>;
/// Code d'une action sur une intervention.
pub type ActionCode = Wire<Action>;
/// Code d'un type d'intervention.
pub type KindCode = Wire<Kind>;
/// Code d'une priorité.
pub type PriorityCode = Wire<Priority>;
/// Code d'une origine.
pub type OriginCode = Wire<Origin>;
/// Code d'un motif d'attente.
pub type WaitCode = Wire<WaitReason>;
/// Code d'un résultat.
pub type OutcomeCode = Wire<Outcome>;
/// Code d'un état d'équipement.
pub type EquipmentStatusCode = Wire<EquipmentStatus>;

impl Versioned for JobView {
    fn key(&self) -> i64 {
        self.detail.record.id.get()
    }
    fn version(&self) -> i64 {
        self.detail.record.version
    }
}

/// Le client d'une intervention, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClientCourt {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom_entreprise: String,
}

/// L'équipement d'une intervention, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EquipementCourt {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom_equipement: String,
    /// Numéro de série.
    pub numero_serie: String,
    /// État.
    pub statut: EquipmentStatusCode,
}

/// Le site d'une intervention, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SiteCourt {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
}

/// Le technicien d'une intervention, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TechnicienCourt {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
}

/// Une pièce posée.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PieceUtilisee {
    /// Référence.
    pub reference: String,
    /// Quantité.
    pub quantite: Amount,
}

/// Engagement de délai d'une intervention.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SlaView {
    /// Échéance de résolution.
    pub echeance: Instant,
}

/// Une intervention, pour les équipes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InterventionView {
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
    /// Compétences demandées ; celles de l'équipement comptent en plus.
    pub competences_requises: Vec<CompetenceRequise>,
    /// Premier constat.
    pub diagnostic: Option<String>,
    /// Compte rendu.
    pub compte_rendu: Option<String>,
    /// Mode de défaillance.
    pub mode_defaillance: Option<String>,
    /// Mécanisme de défaillance.
    pub mecanisme_defaillance: Option<String>,
    /// Cause de défaillance.
    pub cause_defaillance: Option<String>,
    /// État où la clôture a laissé l'équipement.
    pub resultat: Option<OutcomeCode>,
    /// Motif de l'annulation.
    pub motif_annulation: Option<String>,
    /// Note du client, de 1 à 5.
    pub satisfaction: Option<i16>,
    /// Mots du client.
    pub commentaire_client: Option<String>,
    /// Instant de la note.
    pub satisfaction_le: Option<Instant>,
    /// Archivée depuis.
    pub archived_at: Option<Instant>,
    /// Engagement de délai ; null tant qu'aucun ne s'applique.
    pub sla: Option<SlaView>,
    /// Pièces posées.
    pub pieces: Vec<PieceUtilisee>,
    /// Coût total en MAD ; null tant qu'il n'est pas connu.
    pub cout: Option<Amount>,
    /// Ce que l'appelant peut faire maintenant.
    pub actions_possibles: Vec<ActionCode>,
    /// Techniciens possibles, le meilleur d'abord ; seulement à la création sans technicien.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestions: Option<Vec<SuggestionView>>,
    /// Création de l'enregistrement.
    pub created_at: Instant,
    /// Dernière modification.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl InterventionView {
    /// The job with everything that the company's people may know.
    pub fn of(view: &JobView) -> Self {
        let InterventionDetail {
            record,
            client,
            equipment,
            technician,
            ..
        } = &view.detail;
        let (job, closing) = (&record.data, &record.closing);
        Self {
            id: record.id.get(),
            numero: job.number.clone(),
            titre: job.title.clone(),
            description: job.description.clone(),
            kind: Wire(job.kind),
            statut: Wire(job.status),
            priorite: Wire(job.priority),
            est_urgente: job.urgent,
            origine: Wire(job.origin),
            client_id: job.client.get(),
            client: ClientCourt {
                id: client.id.get(),
                nom_entreprise: client.name.clone(),
            },
            equipement_id: equipment.id.get(),
            equipement: equipment_of(&view.detail),
            site_id: job.site.map(Id::get),
            site: site_of(&view.detail),
            technicien_id: job.technician.map(Id::get),
            technicien: technician.as_ref().map(|t| TechnicienCourt {
                id: t.id.get(),
                nom: t.name.clone(),
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
            competences_requises: job.required_skills.iter().map(CompetenceRequise::from).collect(),
            diagnostic: closing.diagnosis.clone(),
            compte_rendu: closing.report.clone(),
            mode_defaillance: closing.failure_mode.clone(),
            mecanisme_defaillance: closing.failure_mechanism.clone(),
            cause_defaillance: closing.failure_cause.clone(),
            resultat: closing.outcome.map(Wire),
            motif_annulation: closing.cancel_reason.clone(),
            satisfaction: closing.satisfaction,
            commentaire_client: closing.client_comment.clone(),
            satisfaction_le: closing.rated_at.map(Instant),
            archived_at: job.archived_at.map(Instant),
            sla: None,
            pieces: Vec::new(),
            cout: None,
            actions_possibles: view.actions.iter().copied().map(Wire).collect(),
            suggestions: view
                .suggestions
                .as_ref()
                .map(|all| all.iter().map(SuggestionView::of).collect()),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
            version: record.version,
        }
    }
}

/// The equipment of a job, in short.
pub(super) fn equipment_of(detail: &InterventionDetail) -> EquipementCourt {
    EquipementCourt {
        id: detail.equipment.id.get(),
        nom_equipement: detail.equipment.name.clone(),
        numero_serie: detail.equipment_serial.clone(),
        statut: Wire(detail.equipment_status),
    }
}

/// The site of a job, in short.
pub(super) fn site_of(detail: &InterventionDetail) -> Option<SiteCourt> {
    let name = detail.site_name.clone();
    detail
        .record
        .site
        .zip(name)
        .map(|(id, nom)| SiteCourt { id: id.get(), nom })
}

/// Une intervention, pour le client dont l'équipement est entretenu.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemandeView {
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
    /// Compte rendu, après la clôture.
    pub compte_rendu: Option<String>,
    /// Note donnée, de 1 à 5.
    pub satisfaction: Option<i16>,
    /// Mots laissés avec la note.
    pub commentaire_client: Option<String>,
    /// Engagement de délai ; null tant qu'aucun ne s'applique.
    pub sla: Option<SlaView>,
    /// Ce que l'appelant peut faire maintenant.
    pub actions_possibles: Vec<ActionCode>,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl DemandeView {
    /// The job with what its client may know: a list of what is told, not of what is left out.
    pub fn of(view: &JobView) -> Self {
        let record = &view.detail.record;
        let (job, closing) = (&record.data, &record.closing);
        Self {
            id: record.id.get(),
            numero: job.number.clone(),
            titre: job.title.clone(),
            description: job.description.clone(),
            kind: Wire(job.kind),
            statut: Wire(job.status),
            priorite: Wire(job.priority),
            est_urgente: job.urgent,
            equipement_id: job.equipment.get(),
            equipement: equipment_of(&view.detail),
            site: site_of(&view.detail),
            technicien: view.detail.technician.as_ref().map(|t| t.name.clone()),
            date_creation: Instant(job.opened_at),
            date_prevue: job.planned_at.map(Instant),
            date_affectation: job.assigned_at.map(Instant),
            date_debut: job.started_at.map(Instant),
            date_fin: job.finished_at.map(Instant),
            compte_rendu: closing.report.clone().filter(|_| job.status == Status::Closed),
            satisfaction: closing.satisfaction,
            commentaire_client: closing.client_comment.clone(),
            sla: None,
            actions_possibles: view.actions.iter().copied().map(Wire).collect(),
            version: record.version,
        }
    }
}

/// Une intervention, selon qui la lit.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum InterventionLue {
    /// Pour les équipes.
    Equipe(Box<InterventionView>),
    /// Pour le client.
    Client(Box<DemandeView>),
}

impl View for InterventionLue {
    const DERIVED: &'static [&'static str] = &[
        "client",
        "equipement",
        "site",
        "technicien",
        "sla",
        "pieces",
        "cout",
        "actions_possibles",
        "suggestions",
    ];
}

impl InterventionLue {
    /// The job for whom it is meant.
    pub fn of(view: &JobView) -> Self {
        match view.audience {
            Audience::Staff => Self::Equipe(Box::new(InterventionView::of(view))),
            Audience::Client => Self::Client(Box::new(DemandeView::of(view))),
        }
    }
}
