//! Skills on the wire. The comments of wire types are shown to the users of the API: French.

use domain::Record;
use domain::page::Sort;
use domain::skill::rules::TEXTS;
use domain::skill::{Skill, SkillSort};
use domain::text::Lengths;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{ListFilter, View, ascending};
use crate::json::Dto;
use crate::wire::{Field, Instant, Set, filled};

/// Une compétence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SkillView {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
    /// Domaine.
    pub domaine: Option<String>,
    /// Un certificat est exigé pour l'exercer : qui la déclare pour un technicien en donne la date de validité, et sans
    /// date elle ne compte pas.
    pub certification_requise: bool,
    /// Création.
    pub created_at: Instant,
    /// Dernière modification.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for SkillView {}

impl SkillView {
    /// The whole skill.
    pub fn of(skill: &Record<Skill>) -> Self {
        Self {
            id: skill.id.get(),
            nom: skill.name.clone(),
            domaine: skill.domain.clone(),
            certification_requise: skill.certification_required,
            created_at: Instant(skill.created_at),
            updated_at: Instant(skill.updated_at),
            version: skill.version,
        }
    }
}

/// Une compétence à créer, ou à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkillWrite {
    /// Nom, unique ; 100 caractères au plus.
    pub nom: String,
    /// Domaine.
    pub domaine: Option<String>,
    /// Un certificat est exigé pour l'exercer ; faux par défaut.
    #[serde(default)]
    pub certification_requise: bool,
}

impl Dto for SkillWrite {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "nom": "Soudure TIG", "domaine": "Mécanique", "certification_requise": true })
    }
}

impl From<SkillWrite> for Skill {
    fn from(skill: SkillWrite) -> Self {
        Self {
            name: skill.nom,
            domain: filled(skill.domaine),
            certification_required: skill.certification_requise,
        }
    }
}

/// Champs d'une compétence à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkillPatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Domaine.
    #[serde(default)]
    pub domaine: Field<String>,
    /// Un certificat est exigé pour l'exercer : qui la déclare pour un technicien en donne la date de validité, et sans
    /// date elle ne compte pas.
    #[serde(default)]
    pub certification_requise: Set<bool>,
}

impl Dto for SkillPatch {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "domaine": "Chaudronnerie" })
    }
}

impl SkillPatch {
    /// The skill as it shall be.
    pub fn onto(self, before: &Skill) -> Skill {
        let mut after = before.clone();
        self.nom.apply(&mut after.name);
        self.domaine.apply_text(&mut after.domain);
        self.certification_requise
            .apply(&mut after.certification_required);
        after
    }
}

/// Une liste de compétences ; sans critère.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SkillQuery {}

impl ListFilter for SkillQuery {
    type Key = SkillSort;
    const DEFAULT: Sort<SkillSort> = ascending(SkillSort::Name);
}
