//! What differs between two versions of a job, by wire name, for the history.

use std::fmt::Display;

use super::history::FieldChange;
use super::{Closing, Intervention};
use crate::skill::RequiredSkill;
use crate::vocab::Vocab;

/// The fields that differ, in the order of the wire.
pub fn diff(before: &Intervention, after: &Intervention) -> Vec<FieldChange> {
    let mut changes = Changes(Vec::new());
    let (b, a) = (before, after);
    changes.text("equipement_id", &b.equipment, &a.equipment);
    changes.optional("site_id", b.site.as_ref(), a.site.as_ref());
    changes.optional("technicien_id", b.technician.as_ref(), a.technician.as_ref());
    changes.optional("contrat_id", b.contract.as_ref(), a.contract.as_ref());
    changes.optional("suite_de_id", b.follow_up_of.as_ref(), a.follow_up_of.as_ref());
    changes.text("titre", &b.title, &a.title);
    changes.text("description", &b.description, &a.description);
    changes.text("type", &b.kind.code(), &a.kind.code());
    changes.text("statut", &b.status.code(), &a.status.code());
    changes.text("priorite", &b.priority.code(), &a.priority.code());
    changes.text("est_urgente", &b.urgent, &a.urgent);
    changes.optional("date_prevue", b.planned_at.as_ref(), a.planned_at.as_ref());
    changes.optional("date_affectation", b.assigned_at.as_ref(), a.assigned_at.as_ref());
    changes.optional("date_debut", b.started_at.as_ref(), a.started_at.as_ref());
    changes.optional("date_fin", b.finished_at.as_ref(), a.finished_at.as_ref());
    changes.text(
        "duree_estimee_minutes",
        &b.estimated_minutes,
        &a.estimated_minutes,
    );
    changes.code("motif_attente", b.wait_reason, a.wait_reason);
    changes.text("equipement_rendu", &b.equipment_returned, &a.equipment_returned);
    changes.optional("archived_at", b.archived_at.as_ref(), a.archived_at.as_ref());
    changes.text(
        "competences_requises",
        &skills(&b.required_skills),
        &skills(&a.required_skills),
    );
    changes.closing(&b.closing, &a.closing);
    changes.0
}

fn skills(required: &[RequiredSkill]) -> String {
    let mut texts: Vec<String> = required
        .iter()
        .map(|r| format!("{}:{}", r.skill, r.min_level.code()))
        .collect();
    texts.sort();
    texts.join(", ")
}

struct Changes(Vec<FieldChange>);

impl Changes {
    fn push(&mut self, field: &'static str, before: Option<String>, after: Option<String>) {
        if before != after {
            self.0.push(FieldChange { field, before, after });
        }
    }

    fn text(&mut self, field: &'static str, before: &impl Display, after: &impl Display) {
        let text = |value: String| Some(value).filter(|v| !v.is_empty());
        self.push(field, text(before.to_string()), text(after.to_string()));
    }

    fn optional<T: Display>(&mut self, field: &'static str, before: Option<&T>, after: Option<&T>) {
        self.push(field, before.map(T::to_string), after.map(T::to_string));
    }

    fn code<T: Vocab>(&mut self, field: &'static str, before: Option<T>, after: Option<T>) {
        let text = |value: Option<T>| value.map(|v| v.code().to_owned());
        self.push(field, text(before), text(after));
    }

    fn closing(&mut self, before: &Closing, after: &Closing) {
        let (b, a) = (before, after);
        self.optional("diagnostic", b.diagnosis.as_ref(), a.diagnosis.as_ref());
        self.optional("compte_rendu", b.report.as_ref(), a.report.as_ref());
        self.optional(
            "mode_defaillance",
            b.failure_mode.as_ref(),
            a.failure_mode.as_ref(),
        );
        self.optional(
            "mecanisme_defaillance",
            b.failure_mechanism.as_ref(),
            a.failure_mechanism.as_ref(),
        );
        self.optional(
            "cause_defaillance",
            b.failure_cause.as_ref(),
            a.failure_cause.as_ref(),
        );
        self.code("resultat", b.outcome, a.outcome);
        self.optional(
            "motif_annulation",
            b.cancel_reason.as_ref(),
            a.cancel_reason.as_ref(),
        );
        self.optional("satisfaction", b.satisfaction.as_ref(), a.satisfaction.as_ref());
        self.optional(
            "commentaire_client",
            b.client_comment.as_ref(),
            a.client_comment.as_ref(),
        );
    }
}
