//! The data of interventions as they are sent; actions are in [`super::action`]. The comments of wire types are shown to the users of the API: French.

use application::AppError;
use application::intervention::{Audience, CreateJob, JobView, RequestJob};
use domain::Id;
use domain::intervention::edit::not_for_requests;
use domain::intervention::machine::not_for_clients;
use domain::intervention::rules::{DEFAULT_MINUTES, TEXTS, urgent_after};
use domain::intervention::{Intervention, Priority};
use domain::text::{FieldIssue, IssueCode, Lengths};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::dto::{KindCode, PriorityCode};
use crate::json::Dto;
use crate::routes::equipements::required::{CompetenceDemandee, required};
use crate::wire::{Field, Instant, Set, filled};

const ALIASES: &[(&str, &str)] = &[("type", "type_intervention"), ("date_prevue", "date_planifiee")];
const MULTILINE: &[&str] = &["description", "diagnostic", "compte_rendu"];

/// Une nouvelle intervention. Un client n'envoie que equipement_id, titre, description, est_urgente, date_prevue
/// et panne : sa demande est corrective.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NouvelleIntervention {
    /// Équipement.
    pub equipement_id: i64,
    /// Titre, 255 caractères au plus ; à défaut, formé du type et du nom de l'équipement.
    pub titre: Option<String>,
    /// Ce qu'il y a à faire, de 10 à 2 000 caractères.
    pub description: String,
    /// Type, obligatoire sauf pour un client ; le champ peut aussi s'appeler « type_intervention ».
    #[serde(rename = "type")]
    pub kind: Option<KindCode>,
    /// Priorité ; « normale » par défaut.
    pub priorite: Option<PriorityCode>,
    /// Passe devant ; toujours vrai quand la priorité est « critique ».
    pub est_urgente: Option<bool>,
    /// Date prévue ; le champ peut aussi s'appeler « date_planifiee ».
    pub date_prevue: Option<Instant>,
    /// Durée estimée en minutes ; 60 par défaut.
    pub duree_estimee_minutes: Option<i32>,
    /// Intervention dont celle-ci est la suite.
    pub suite_de_id: Option<i64>,
    /// Compétences demandées en plus de celles de l'équipement, qui comptent dans tous les cas. Un identifiant seul
    /// vaut le niveau débutant.
    pub competences_requises: Option<Vec<CompetenceDemandee>>,
    /// Technicien à affecter tout de suite.
    pub technicien_id: Option<i64>,
    /// Déclare une panne de l'équipement.
    pub panne: Option<bool>,
}

impl Dto for NouvelleIntervention {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "equipement_id": 1, "type": "corrective", "priorite": "haute",
            "titre": "Fuite d'huile au réducteur", "description": "Fuite d'huile visible sous le réducteur principal.",
            "date_prevue": "2026-03-02T09:00:00Z", "duree_estimee_minutes": 120, "competences_requises": []
        })
    }
}

impl NouvelleIntervention {
    /// As the company's staff sends it.
    ///
    /// # Errors
    /// Without the type.
    pub fn job(self) -> Result<CreateJob, AppError> {
        let missing = || AppError::field(FieldIssue::new("type", IssueCode::Required));
        Ok(CreateJob {
            equipment: Id::new(self.equipement_id),
            title: filled(self.titre),
            description: self.description,
            kind: self.kind.ok_or_else(missing)?.0,
            priority: self.priorite.map_or(Priority::Normal, |p| p.0),
            urgent: self.est_urgente.unwrap_or_default(),
            planned_at: self.date_prevue.map(|d| d.0),
            estimated_minutes: self.duree_estimee_minutes,
            follow_up_of: self.suite_de_id.map(Id::new),
            required_skills: required(self.competences_requises.unwrap_or_default()),
            technician: self.technicien_id.map(Id::new),
            failure: self.panne.unwrap_or_default(),
        })
    }

    /// As a client sends it.
    ///
    /// # Errors
    /// Names the fields that a client may not send.
    pub fn request(self) -> Result<RequestJob, AppError> {
        let sent = [
            ("type", self.kind.is_some()),
            ("priorite", self.priorite.is_some()),
            ("duree_estimee_minutes", self.duree_estimee_minutes.is_some()),
            ("suite_de_id", self.suite_de_id.is_some()),
            ("competences_requises", self.competences_requises.is_some()),
            ("technicien_id", self.technicien_id.is_some()),
        ];
        let refused = not_for_clients(sent.into_iter().filter(|(_, sent)| *sent).map(|(name, _)| name));
        if !refused.is_empty() {
            return Err(AppError::DeniedFields(
                refused.into_iter().map(str::to_owned).collect(),
            ));
        }
        Ok(RequestJob {
            equipment: Id::new(self.equipement_id),
            title: filled(self.titre),
            description: self.description,
            urgent: self.est_urgente.unwrap_or_default(),
            planned_at: self.date_prevue.map(|d| d.0),
            failure: self.panne.unwrap_or_default(),
        })
    }
}

/// Les données d'une intervention à remplacer en entier ; l'état et le technicien ne changent que par leurs actions.
/// Ce que la lecture a donné peut être renvoyé tel quel ; ce qu'elle ne montre pas à un client ne change pas.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterventionPut {
    /// Équipement ; fixe dès que le travail a commencé.
    pub equipement_id: i64,
    /// Titre, 255 caractères au plus.
    pub titre: String,
    /// Ce qu'il y a à faire, de 10 à 2 000 caractères.
    pub description: String,
    /// Type ; fixe dès que le travail a commencé.
    #[serde(rename = "type")]
    pub kind: KindCode,
    /// Priorité ; « normale » par défaut.
    pub priorite: Option<PriorityCode>,
    /// Passe devant ; faux par défaut.
    pub est_urgente: Option<bool>,
    /// Date prévue.
    pub date_prevue: Option<Instant>,
    /// Durée estimée en minutes ; 60 par défaut.
    pub duree_estimee_minutes: Option<i32>,
    /// Intervention dont celle-ci est la suite.
    pub suite_de_id: Option<i64>,
    /// Compétences demandées.
    pub competences_requises: Option<Vec<CompetenceDemandee>>,
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
}

impl Dto for InterventionPut {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "equipement_id": 1, "titre": "Fuite d'huile au réducteur", "type": "corrective", "priorite": "haute",
            "description": "Fuite d'huile visible sous le réducteur principal.", "est_urgente": true,
            "date_prevue": "2026-03-02T09:00:00Z", "duree_estimee_minutes": 90, "competences_requises": [],
            "diagnostic": "Joint à lèvre usé.", "version": 1
        })
    }
}

impl InterventionPut {
    /// The job as it shall be. What is absent is emptied, unless the caller was never shown it.
    ///
    /// # Errors
    /// Names what a client sent of the fields that clients are not shown.
    pub fn onto(self, before: &JobView) -> Result<Intervention, AppError> {
        let hidden = before.audience == Audience::Client;
        if hidden {
            refuse(&[
                ("duree_estimee_minutes", self.duree_estimee_minutes.is_some()),
                ("suite_de_id", self.suite_de_id.is_some()),
                ("competences_requises", self.competences_requises.is_some()),
                ("diagnostic", self.diagnostic.is_some()),
                ("compte_rendu", self.compte_rendu.is_some()),
                ("mode_defaillance", self.mode_defaillance.is_some()),
                ("mecanisme_defaillance", self.mecanisme_defaillance.is_some()),
                ("cause_defaillance", self.cause_defaillance.is_some()),
            ])?;
        }
        let mut after = before.detail.record.data.clone();
        after.equipment = Id::new(self.equipement_id);
        after.title = self.titre;
        after.description = self.description;
        after.kind = self.kind.0;
        after.priority = self.priorite.map_or(Priority::Normal, |p| p.0);
        after.urgent = self.est_urgente.unwrap_or_default();
        after.planned_at = self.date_prevue.map(|d| d.0);
        if hidden {
            return Ok(after);
        }
        after.estimated_minutes = self.duree_estimee_minutes.unwrap_or(DEFAULT_MINUTES);
        after.follow_up_of = self.suite_de_id.map(Id::new);
        after.required_skills = required(self.competences_requises.unwrap_or_default());
        let closing = &mut after.closing;
        closing.diagnosis = filled(self.diagnostic);
        closing.report = filled(self.compte_rendu);
        closing.failure_mode = filled(self.mode_defaillance);
        closing.failure_mechanism = filled(self.mecanisme_defaillance);
        closing.failure_cause = filled(self.cause_defaillance);
        Ok(after)
    }
}

/// Champs d'une intervention à modifier ; les autres ne changent pas. Un technicien ne modifie que le diagnostic et
/// le compte rendu de ses interventions, un client que la description d'une demande que personne n'a encore prise.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterventionPatch {
    /// Équipement ; fixe dès que le travail a commencé.
    #[serde(default)]
    pub equipement_id: Set<i64>,
    /// Titre.
    #[serde(default)]
    pub titre: Set<String>,
    /// Ce qu'il y a à faire.
    #[serde(default)]
    pub description: Set<String>,
    /// Type ; fixe dès que le travail a commencé.
    #[serde(default, rename = "type")]
    pub kind: Set<KindCode>,
    /// Priorité.
    #[serde(default)]
    pub priorite: Set<PriorityCode>,
    /// Passe devant.
    #[serde(default)]
    pub est_urgente: Set<bool>,
    /// Date prévue.
    #[serde(default)]
    pub date_prevue: Field<Instant>,
    /// Durée estimée en minutes.
    #[serde(default)]
    pub duree_estimee_minutes: Set<i32>,
    /// Intervention dont celle-ci est la suite.
    #[serde(default)]
    pub suite_de_id: Field<i64>,
    /// Compétences demandées.
    #[serde(default)]
    pub competences_requises: Set<Vec<CompetenceDemandee>>,
    /// Premier constat.
    #[serde(default)]
    pub diagnostic: Field<String>,
    /// Compte rendu.
    #[serde(default)]
    pub compte_rendu: Field<String>,
    /// Mode de défaillance.
    #[serde(default)]
    pub mode_defaillance: Field<String>,
    /// Mécanisme de défaillance.
    #[serde(default)]
    pub mecanisme_defaillance: Field<String>,
    /// Cause de défaillance.
    #[serde(default)]
    pub cause_defaillance: Field<String>,
}

impl Dto for InterventionPatch {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "priorite": "critique", "diagnostic": "Joint à lèvre usé, arbre marqué." })
    }
}

impl InterventionPatch {
    /// The job as it shall be.
    ///
    /// # Errors
    /// Names what a client sent beside the words of the request.
    pub fn onto(self, before: &JobView) -> Result<Intervention, AppError> {
        if before.audience == Audience::Client {
            self.refuse_for_clients()?;
        }
        let before = &before.detail.record.data;
        let mut after = before.clone();
        self.equipement_id.apply_id(&mut after.equipment);
        self.titre.apply(&mut after.title);
        self.description.apply(&mut after.description);
        self.kind.apply_code(&mut after.kind);
        self.priorite.apply_code(&mut after.priority);
        let urgent = match self.est_urgente {
            Set::Absent => None,
            Set::Value(urgent) => Some(urgent),
        };
        after.urgent = urgent_after(before, after.priority, urgent);
        self.date_prevue.apply(&mut after.planned_at);
        self.duree_estimee_minutes.apply(&mut after.estimated_minutes);
        self.suite_de_id.apply_id(&mut after.follow_up_of);
        if let Set::Value(skills) = self.competences_requises {
            after.required_skills = required(skills);
        }
        self.diagnostic.apply_text(&mut after.closing.diagnosis);
        self.compte_rendu.apply_text(&mut after.closing.report);
        self.mode_defaillance.apply_text(&mut after.closing.failure_mode);
        self.mecanisme_defaillance
            .apply_text(&mut after.closing.failure_mechanism);
        self.cause_defaillance
            .apply_text(&mut after.closing.failure_cause);
        Ok(after)
    }

    /// By presence: whether a value is the stored one would tell a client what that is.
    fn refuse_for_clients(&self) -> Result<(), AppError> {
        refuse(&[
            ("equipement_id", self.equipement_id.is_said()),
            ("titre", self.titre.is_said()),
            ("description", self.description.is_said()),
            ("type", self.kind.is_said()),
            ("priorite", self.priorite.is_said()),
            ("est_urgente", self.est_urgente.is_said()),
            ("date_prevue", self.date_prevue.is_said()),
            ("duree_estimee_minutes", self.duree_estimee_minutes.is_said()),
            ("suite_de_id", self.suite_de_id.is_said()),
            ("competences_requises", self.competences_requises.is_said()),
            ("diagnostic", self.diagnostic.is_said()),
            ("compte_rendu", self.compte_rendu.is_said()),
            ("mode_defaillance", self.mode_defaillance.is_said()),
            ("mecanisme_defaillance", self.mecanisme_defaillance.is_said()),
            ("cause_defaillance", self.cause_defaillance.is_said()),
        ])
    }
}

/// Refuses what a client sent (by wire name, and whether it was sent) of what is not theirs to change.
fn refuse(fields: &[(&'static str, bool)]) -> Result<(), AppError> {
    let sent = fields.iter().filter(|(_, sent)| *sent).map(|(name, _)| *name);
    let refused: Vec<String> = not_for_requests(sent).into_iter().map(str::to_owned).collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(AppError::DeniedFields(refused))
    }
}
