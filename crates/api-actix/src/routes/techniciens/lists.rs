//! What lists of technicians are narrowed by. Shown to the users of the API: French.

use application::AppError;
use domain::Id;
use domain::page::Sort;
use domain::skill::{RequiredSkill, SkillLevel};
use domain::technician::{TechnicianFilter, TechnicianSort};
use domain::text::{FieldIssue, IssueCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::dto::{AvailabilityCode, SkillLevelCode};
use crate::extract::{ListFilter, ascending};

/// Most skills that somebody may ask for at once.
const MAX_REQUIRED: usize = 20;

/// Critères d'une liste de techniciens.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TechnicianQuery {
    /// Techniciens qui ont cette compétence, certificat valide aujourd'hui.
    pub competence: Option<i64>,
    /// Niveau au moins, avec « competence ».
    pub niveau_min: Option<SkillLevelCode>,
    /// Techniciens qui desservent cette zone.
    pub zone: Option<String>,
    /// Techniciens de cette équipe.
    pub equipe_id: Option<i64>,
    /// Techniciens dans cet état.
    pub disponibilite: Option<AvailabilityCode>,
}

impl ListFilter for TechnicianQuery {
    type Key = TechnicianSort;
    const DEFAULT: Sort<TechnicianSort> = ascending(TechnicianSort::Id);
}

impl TechnicianQuery {
    /// The filter.
    ///
    /// # Errors
    /// A level without the skill that it is about.
    pub fn filter(self) -> Result<TechnicianFilter, AppError> {
        if self.niveau_min.is_some() && self.competence.is_none() {
            let alone = FieldIssue::expecting("niveau_min", IssueCode::Inconsistent, "competence");
            return Err(AppError::field(alone));
        }
        Ok(TechnicianFilter {
            skill: self.competence.map(Id::new),
            min_level: self.niveau_min.map(|l| l.0),
            zone: self.zone,
            team: self.equipe_id.map(Id::new),
            availability: self.disponibilite.map(|a| a.0),
            ..TechnicianFilter::default()
        })
    }
}

/// Critères des techniciens disponibles.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AvailableQuery {
    /// Compétences exigées, toutes, séparées par des virgules ; certificats valides aujourd'hui.
    pub competences: Option<Vec<i64>>,
    /// Niveau au moins, avec « competences » ; débutant par défaut.
    pub niveau_min: Option<SkillLevelCode>,
    /// Zone desservie.
    pub zone: Option<String>,
}

impl ListFilter for AvailableQuery {
    type Key = TechnicianSort;
    const DEFAULT: Sort<TechnicianSort> = ascending(TechnicianSort::Id);
}

impl AvailableQuery {
    /// The required skills.
    ///
    /// # Errors
    /// Too many of them, or a level without any.
    pub fn required(&self) -> Result<Vec<RequiredSkill>, AppError> {
        let ids = self.competences.as_deref().unwrap_or_default();
        if ids.len() > MAX_REQUIRED {
            let range = format!("au plus {MAX_REQUIRED}");
            return Err(AppError::field(FieldIssue::expecting(
                "competences",
                IssueCode::OutOfRange,
                range,
            )));
        }
        if self.niveau_min.is_some() && ids.is_empty() {
            let alone = FieldIssue::expecting("niveau_min", IssueCode::Inconsistent, "competences");
            return Err(AppError::field(alone));
        }
        let min_level = self.niveau_min.map_or(SkillLevel::Beginner, |l| l.0);
        Ok(ids
            .iter()
            .map(|id| RequiredSkill {
                skill: Id::new(*id),
                min_level,
            })
            .collect())
    }
}
