//! What goes with a job: its history, who could take it. The comments of wire types are shown to the users of
//! the API: French.

use application::intervention::Audience;
use domain::Id;
use domain::intervention::Suggestion;
use domain::intervention::history::{HistoryAction, HistoryEntry};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::TechnicienCourt;
use crate::wire::{Instant, Wire};

/// Code d'une entrée d'historique.
pub type HistoryCode = Wire<HistoryAction>;

/// Un technicien qui pourrait intervenir.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestionView {
    /// Technicien.
    pub technicien: TechnicienCourt,
    /// Zone qu'il sert.
    pub zone_intervention: Option<String>,
    /// Sa zone est celle du site.
    pub meme_zone: bool,
    /// Interventions ouvertes, en cours ou en attente qu'il a déjà.
    pub interventions_en_charge: i64,
}

impl SuggestionView {
    /// The suggestion.
    pub fn of(suggestion: &Suggestion) -> Self {
        let technician = &suggestion.technician;
        Self {
            technicien: TechnicienCourt {
                id: technician.id.get(),
                nom: technician.name.clone(),
            },
            zone_intervention: suggestion.zone.clone(),
            meme_zone: suggestion.same_zone,
            interventions_en_charge: suggestion.open_jobs,
        }
    }
}

/// Un champ qui a changé.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangementView {
    /// Champ.
    pub champ: String,
    /// Valeur d'avant.
    pub avant: Option<String>,
    /// Valeur d'après.
    pub apres: Option<String>,
}

/// Une entrée de l'historique d'une intervention.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoriqueView {
    /// Identifiant.
    pub id: i64,
    /// Nature de l'action.
    pub action_type: HistoryCode,
    /// Instant de l'action.
    pub date_action: Instant,
    /// Compte qui l'a faite ; pas pour les clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Son nom ; pas pour les clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_nom: Option<String>,
    /// Explication ; pas pour les clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Ce qui a changé ; pas pour les clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Vec<ChangementView>>,
}

impl HistoriqueView {
    /// The entry for whom it is meant.
    pub fn of(entry: HistoryEntry, audience: Audience) -> Self {
        let staff = audience == Audience::Staff;
        let changes = entry
            .changes
            .into_iter()
            .map(|(champ, avant, apres)| ChangementView { champ, avant, apres });
        Self {
            id: entry.id,
            action_type: Wire(entry.action),
            date_action: Instant(entry.at),
            user_id: entry.user.map(Id::get).filter(|_| staff),
            user_nom: entry.user_name.filter(|_| staff),
            details: staff.then_some(entry.details),
            metadata: staff.then(|| changes.collect()),
        }
    }
}
