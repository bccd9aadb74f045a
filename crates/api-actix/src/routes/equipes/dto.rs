//! Teams on the wire. The comments of wire types are shown to the users of the API: French.

use domain::page::Sort;
use domain::team::rules::TEXTS;
use domain::team::{Team, TeamSort};
use domain::text::Lengths;
use domain::{Id, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{ListFilter, View, ascending};
use crate::json::Dto;
use crate::wire::{Field, Instant, Set};

/// Une équipe.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamView {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
    /// Compte de la personne qui la dirige.
    pub responsable_id: Option<i64>,
    /// Création.
    pub created_at: Instant,
    /// Dernière modification.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for TeamView {}

impl TeamView {
    /// The whole team.
    pub fn of(team: &Record<Team>) -> Self {
        Self {
            id: team.id.get(),
            nom: team.name.clone(),
            responsable_id: team.lead.map(Id::get),
            created_at: Instant(team.created_at),
            updated_at: Instant(team.updated_at),
            version: team.version,
        }
    }
}

/// Une équipe à créer, ou à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamWrite {
    /// Nom, unique ; 100 caractères au plus.
    pub nom: String,
    /// Compte de la personne qui la dirige, de rôle responsable ou admin.
    pub responsable_id: Option<i64>,
}

impl Dto for TeamWrite {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "nom": "Équipe Nord", "responsable_id": 2 })
    }
}

impl From<TeamWrite> for Team {
    fn from(team: TeamWrite) -> Self {
        Self {
            name: team.nom,
            lead: team.responsable_id.map(Id::new),
        }
    }
}

/// Champs d'une équipe à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamPatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Compte de la personne qui la dirige.
    #[serde(default)]
    pub responsable_id: Field<i64>,
}

impl Dto for TeamPatch {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "nom": "Équipe Nord-Ouest" })
    }
}

impl TeamPatch {
    /// The team as it shall be.
    pub fn onto(self, before: &Team) -> Team {
        let mut after = before.clone();
        self.nom.apply(&mut after.name);
        self.responsable_id.apply_id(&mut after.lead);
        after
    }
}

/// Une liste d'équipes ; sans critère.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TeamQuery {}

impl ListFilter for TeamQuery {
    type Key = TeamSort;
    const DEFAULT: Sort<TeamSort> = ascending(TeamSort::Name);
}
