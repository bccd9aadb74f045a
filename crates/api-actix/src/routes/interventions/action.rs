//! Actions on interventions as they are sent. The comments of wire types are shown to the users of the API: French.

use application::AppError;
use application::intervention::{Asked, Goal};
use domain::Id;
use domain::intervention::Action;
use domain::intervention::rules::TEXTS;
use domain::text::{FieldIssue, IssueCode, Issues, Lengths, MAX_REPORT, REASON};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::dto::{ActionCode, OutcomeCode, StatusCode};
use crate::json::Dto;
use crate::wire::{Field, Instant, filled};

/// Un changement d'état : l'action, ou l'état où elle mène.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangementEtat {
    /// Ce qu'il faut faire.
    pub action: Option<ActionCode>,
    /// L'état voulu : l'unique action qui y mène depuis l'état actuel.
    pub statut: Option<StatusCode>,
    /// Motif : code d'attente (pieces, accord_client, dependance_externe, technicien_indisponible), ou texte
    /// obligatoire d'une annulation ; le champ peut aussi s'appeler « motif_attente ».
    pub motif: Option<String>,
    /// Remarque pour l'historique.
    pub commentaire: Option<String>,
    /// Ancien champ unique : compte rendu d'une clôture, motif d'une annulation, sinon remarque.
    pub remarque: Option<String>,
    /// Compte rendu d'une clôture, 10 caractères au moins.
    pub compte_rendu: Option<String>,
    /// Constat.
    pub diagnostic: Option<String>,
    /// État où la clôture laisse l'équipement ; obligatoire quand une panne est ouverte.
    pub resultat: Option<OutcomeCode>,
    /// Mode de défaillance.
    pub mode_defaillance: Option<String>,
    /// Mécanisme de défaillance.
    pub mecanisme_defaillance: Option<String>,
    /// Cause de défaillance.
    pub cause_defaillance: Option<String>,
    /// Pendant l'attente, l'équipement est rendu à son propriétaire.
    #[serde(default)]
    pub equipement_rendu: bool,
    /// Avec « hors_service » : annuler les autres interventions ouvertes sur l'équipement.
    #[serde(default)]
    pub annuler_ouvertes: bool,
    /// Technicien, pour « affecter ».
    pub technicien_id: Option<i64>,
    /// Date prévue, avec « affecter » ; le champ peut aussi s'appeler « date_planifiee ».
    pub date_prevue: Option<Instant>,
    /// Durée estimée en minutes, avec « affecter ».
    pub duree_estimee_minutes: Option<i32>,
}

impl Dto for ChangementEtat {
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("motif", "motif_attente"), ("date_prevue", "date_planifiee")];
    const MULTILINE: &'static [&'static str] =
        &["motif", "commentaire", "remarque", "compte_rendu", "diagnostic"];
    const LENGTHS: &'static [Lengths] = &[TEXTS, &[("remarque", 0, MAX_REPORT)]];

    fn example() -> Value {
        json!({ "action": "annuler", "motif": "Doublon d'une autre demande." })
    }
}

impl ChangementEtat {
    /// What is asked for.
    ///
    /// # Errors
    /// Neither an action nor a state, or both.
    pub fn asked(self) -> Result<Asked, AppError> {
        let goal = match (self.action, self.statut) {
            (Some(action), None) => Goal::Action(action.0),
            (None, Some(status)) => Goal::Status(status.0),
            (None, None) => return Err(AppError::field(FieldIssue::new("action", IssueCode::Required))),
            (Some(_), Some(_)) => {
                return Err(AppError::field(FieldIssue::expecting(
                    "statut",
                    IssueCode::Inconsistent,
                    "action",
                )));
            }
        };
        Ok(Asked {
            technician: self.technicien_id.map(Id::new),
            planned_at: self.date_prevue.map(|d| d.0),
            estimated_minutes: self.duree_estimee_minutes,
            reason: filled(self.motif),
            comment: filled(self.commentaire),
            remark: filled(self.remarque),
            equipment_returned: self.equipement_rendu,
            report: filled(self.compte_rendu),
            outcome: self.resultat.map(|r| r.0),
            diagnosis: filled(self.diagnostic),
            failure_mode: filled(self.mode_defaillance),
            failure_mechanism: filled(self.mecanisme_defaillance),
            failure_cause: filled(self.cause_defaillance),
            cancel_open: self.annuler_ouvertes,
            ..Asked::to(goal)
        })
    }
}

/// Changement d'état par les paramètres de l'adresse, comme le font d'anciens clients.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EtatQuery {
    /// L'état voulu.
    pub statut: Option<StatusCode>,
    /// Compte rendu d'une clôture, motif d'une annulation, sinon remarque.
    pub remarque: Option<String>,
}

impl EtatQuery {
    /// The query together with the body.
    ///
    /// # Errors
    /// Both say the same thing differently.
    pub fn under(self, body: Option<ChangementEtat>) -> Result<ChangementEtat, AppError> {
        let mut body = body.unwrap_or_default();
        let mut issues = Vec::new();
        let mut differ = |field, differ: bool| {
            if differ {
                issues.push(FieldIssue::expecting(field, IssueCode::Ambiguous, "le corps"));
            }
        };
        let contradicts = |own: &StatusCode| match (body.statut, body.action) {
            (Some(said), _) => said != *own,
            (None, action) => action.is_some(),
        };
        differ("statut", self.statut.as_ref().is_some_and(contradicts));
        let remark = self.remarque.filter(|text| !text.is_empty());
        let said = body.remarque.as_ref();
        differ(
            "remarque",
            remark.as_ref().zip(said).is_some_and(|(own, said)| own != said),
        );
        if !issues.is_empty() {
            return Err(AppError::Invalid(issues));
        }
        body.statut = body.statut.or(self.statut);
        body.remarque = body.remarque.or(remark);
        Ok(body)
    }
}

/// Une affectation, ou son retrait.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Affectation {
    /// Technicien, obligatoire ; null retire l'affectation d'une intervention ouverte.
    #[serde(default)]
    pub technicien_id: Field<i64>,
    /// Date prévue ; le champ peut aussi s'appeler « date_planifiee ».
    pub date_prevue: Option<Instant>,
    /// Durée estimée en minutes.
    pub duree_estimee_minutes: Option<i32>,
    /// Pourquoi ce technicien, ou pourquoi le retirer.
    pub motif: Option<String>,
}

impl Dto for Affectation {
    const ALIASES: &'static [(&'static str, &'static str)] = &[("date_prevue", "date_planifiee")];
    const MULTILINE: &'static [&'static str] = &["motif"];
    const LENGTHS: &'static [Lengths] = &[REASON];

    fn example() -> Value {
        json!({ "technicien_id": 1, "date_prevue": "2026-03-02T09:00:00Z", "motif": "Connaît la machine." })
    }
}

impl Affectation {
    /// What is asked for.
    ///
    /// # Errors
    /// Nobody is named, or a date is given to a job that loses its technician.
    pub fn asked(self) -> Result<Asked, AppError> {
        let wrong = |field, code| AppError::field(FieldIssue::new(field, code));
        let (action, technician) = match self.technicien_id {
            Field::Absent => return Err(wrong("technicien_id", IssueCode::Required)),
            Field::Null if self.date_prevue.is_some() => {
                return Err(wrong("date_prevue", IssueCode::Inconsistent));
            }
            Field::Null if self.duree_estimee_minutes.is_some() => {
                return Err(wrong("duree_estimee_minutes", IssueCode::Inconsistent));
            }
            Field::Null => (Action::Unassign, None),
            Field::Value(id) => (Action::Assign, Some(Id::new(id))),
        };
        let mut issues = Issues::default();
        // It becomes the comment of the transition, whose name the caller does not know.
        issues.lengths(REASON, [("motif", self.motif.as_deref())]);
        issues
            .into_result()
            .map_err(|issues| AppError::Invalid(issues.0))?;
        Ok(Asked {
            technician,
            planned_at: self.date_prevue.map(|d| d.0),
            estimated_minutes: self.duree_estimee_minutes,
            comment: filled(self.motif),
            ..Asked::to(Goal::Action(action))
        })
    }
}

/// La note d'un client.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// De 1 (mauvais) à 5 (excellent).
    pub satisfaction: i16,
    /// Quelques mots.
    pub commentaire_client: Option<String>,
}

impl Dto for Note {
    const MULTILINE: &'static [&'static str] = &["commentaire_client"];
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "satisfaction": 5, "commentaire_client": "Rapide et propre, merci." })
    }
}
