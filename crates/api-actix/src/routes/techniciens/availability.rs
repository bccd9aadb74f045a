//! Changes of availability on the wire. Shown to the users of the API: French.

use application::technician::AvailabilityChange;
use domain::Id;
use domain::intervention::Intervention;
use domain::technician::machine::Command;
use domain::text::{Lengths, REASON};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::dto::{AvailabilityActionCode, TechnicianBody};
use crate::json::Dto;
use crate::reply::Versioned;
use crate::wire::filled;

/// Une action sur la disponibilité.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityAction {
    /// Action : `partir_en_conge`, `partir_en_formation`, `declarer_indisponible` ou `redevenir_disponible`.
    /// Pendant une intervention, un congé ou une formation attend qu'elle se termine
    /// (`absence_en_attente`), et `redevenir_disponible` y renonce.
    pub action: AvailabilityActionCode,
    /// Motif ; noté dans l'historique de l'intervention interrompue.
    pub motif: Option<String>,
}

impl Dto for AvailabilityAction {
    const MULTILINE: &'static [&'static str] = &["motif"];
    const LENGTHS: &'static [Lengths] = &[REASON];

    fn example() -> Value {
        json!({ "action": "declarer_indisponible", "motif": "Arrêt maladie" })
    }
}

impl From<AvailabilityAction> for Command {
    fn from(asked: AvailabilityAction) -> Self {
        Self {
            action: asked.action.0,
            reason: filled(asked.motif),
        }
    }
}

/// Le technicien après un changement de disponibilité, et ce qu'il change au travail.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AvailabilityBody {
    /// Le technicien.
    #[serde(flatten)]
    pub technicien: TechnicianBody,
    /// Intervention mise en attente.
    pub intervention_interrompue: Option<i64>,
    /// Ses interventions ouvertes ou en attente, à confier à quelqu'un d'autre.
    pub interventions_a_reaffecter: Vec<i64>,
}

impl AvailabilityBody {
    /// The technician with what the change means.
    pub fn of(change: &AvailabilityChange) -> Self {
        Self {
            technicien: TechnicianBody::of(&change.technician),
            intervention_interrompue: change.interrupted.map(Id::get),
            interventions_a_reaffecter: change
                .to_reassign
                .iter()
                .copied()
                .map(Id::<Intervention>::get)
                .collect(),
        }
    }
}

impl Versioned for AvailabilityChange {
    fn key(&self) -> i64 {
        self.technician.key()
    }
    fn version(&self) -> i64 {
        self.technician.version()
    }
}
