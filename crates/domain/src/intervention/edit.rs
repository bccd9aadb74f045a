//! Which data of a job may still change, who may change them, and the client's rating.

use jiff::Timestamp;

use super::history::{FieldChange, HistoryAction, NewHistory};
use super::machine::{Assignee, is_untaken_request};
use super::{Intervention, Priority, Status, diff, rules};
use crate::equipment::{Equipment, Failure, machine as equipment_machine};
use crate::event::Event;
use crate::policy::{Actor, Permission, Target};
use crate::skill::RequiredSkill;
use crate::technician::Technician;
use crate::text::{FieldIssue, IssueCode, Issues, MAX_REASON};
use crate::user::User;
use crate::{Id, Record};

/// Fields that an edit may change, with the right that is enough for each and the last state in
/// which it may change.
const EDITABLE: &[(&str, EditRight, Until)] = &[
    ("equipement_id", EditRight::Manage, Until::Begun),
    ("contrat_id", EditRight::Manage, Until::Closed),
    ("suite_de_id", EditRight::Manage, Until::Closed),
    ("titre", EditRight::Manage, Until::Closed),
    ("description", EditRight::Request, Until::Closed),
    ("type", EditRight::Manage, Until::Begun),
    ("priorite", EditRight::Manage, Until::Closed),
    ("est_urgente", EditRight::Manage, Until::Closed),
    ("date_prevue", EditRight::Manage, Until::Closed),
    ("duree_estimee_minutes", EditRight::Manage, Until::Closed),
    ("competences_requises", EditRight::Manage, Until::Closed),
    ("diagnostic", EditRight::Document, Until::Closed),
    ("compte_rendu", EditRight::Document, Until::Closed),
    ("mode_defaillance", EditRight::Manage, Until::Archived),
    ("mecanisme_defaillance", EditRight::Manage, Until::Archived),
    ("cause_defaillance", EditRight::Manage, Until::Archived),
];

/// What somebody may change of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EditRight {
    /// Everything that can change.
    Manage,
    /// What the technician writes.
    Document,
    /// The description of an own request that nobody has taken.
    Request,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// While the job is open.
    Begun,
    /// While it is not over.
    Closed,
    /// Also when it is closed.
    Archived,
}

impl Until {
    fn covers(self, job: &Intervention) -> bool {
        job.archived_at.is_none()
            && match job.status {
                Status::Open => true,
                Status::InProgress | Status::OnHold => self != Self::Begun,
                Status::Closed => self == Self::Archived,
                Status::Cancelled => false,
            }
    }
}

/// What the actor may change of the job; empty when nothing.
pub fn edit_rights(actor: &Actor, job: &Intervention, target: &Target) -> Vec<EditRight> {
    let mut rights = Vec::new();
    if actor.reaches(Permission::InterventionEdit, target) {
        rights.push(EditRight::Manage);
    }
    if actor.reaches(Permission::InterventionDocument, target) {
        rights.push(EditRight::Document);
    }
    if is_untaken_request(job) && actor.reaches(Permission::InterventionEditRequest, target) {
        rights.push(EditRight::Request);
    }
    rights
}

/// An edit that may be written. Nothing is to be written when `changes` is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The new data.
    pub job: Intervention,
    /// What differs.
    pub changes: Vec<FieldChange>,
}

impl Edit {
    /// What others must know: that the technician is to go there on another date (who is at work there
    /// already goes nowhere), and that the job has become as pressing as one whose creation is told.
    pub fn events(&self, id: Id<Intervention>) -> Vec<Event> {
        let changed = |field: &str| self.changes.iter().any(|c| c.field == field);
        let ahead = matches!(self.job.status, Status::Open | Status::OnHold);
        let moved = changed("date_prevue") && ahead;
        let moved = self.job.technician.filter(|_| moved).map(|technician| {
            let planned_at = self.job.planned_at;
            Event::InterventionRescheduled {
                id,
                technician,
                planned_at,
            }
        });
        let critical = changed("priorite") && self.job.priority == Priority::Critical;
        let raised = critical || (changed("est_urgente") && self.job.urgent);
        let raised = raised.then_some(Event::InterventionRaised { id });
        moved.into_iter().chain(raised).collect()
    }

    /// The one entry of the history.
    pub fn history(self, id: Id<Intervention>, by: Option<Id<User>>, at: Timestamp) -> NewHistory {
        let fields: Vec<&str> = self.changes.iter().map(|c| c.field).collect();
        let replans = fields
            .iter()
            .any(|f| matches!(*f, "date_prevue" | "duree_estimee_minutes"));
        let action = if replans {
            HistoryAction::Rescheduled
        } else {
            HistoryAction::Commented
        };
        let details = match (fields.as_slice(), replans) {
            (["satisfaction", ..], _) => "Intervention notée par le client.".to_owned(),
            (_, true) => format!("Intervention replanifiée ({}).", fields.join(", ")),
            (_, false) => format!("Données modifiées ({}).", fields.join(", ")),
        };
        NewHistory {
            intervention: id,
            user: by,
            action,
            details,
            at,
            changes: self.changes,
        }
    }
}

/// Why an edit is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::EnumCount)]
pub enum EditRefusal {
    /// Fields are wrong, or can never be changed this way.
    #[error("invalid data")]
    Invalid(Issues),
    /// The caller may not change these fields.
    #[error("not allowed to change {fields:?}")]
    Forbidden {
        /// Wire names.
        fields: Vec<&'static str>,
    },
    /// The job is too far for these fields to change.
    #[error("{fields:?} can no longer change in state {status:?}")]
    Frozen {
        /// Present state.
        status: Status,
        /// Whether it is archived.
        archived: bool,
        /// Wire names.
        fields: Vec<&'static str>,
    },
    /// The new equipment is decommissioned.
    #[error("the equipment is decommissioned")]
    EquipmentOutOfService,
    /// The job stays on the equipment whose failure it is about.
    #[error("the job is about failure {failure} of its equipment")]
    AboutFailure {
        /// Which.
        failure: Id<Failure>,
    },
    /// The assigned technician lacks skills that the job would ask for.
    #[error("technician {technician} lacks required skills")]
    SkillMissing {
        /// Who.
        technician: Id<Technician>,
        /// What they lack.
        missing: Vec<RequiredSkill>,
    },
    /// Only a closed job can be rated.
    #[error("the job is not closed")]
    NotClosed,
    /// A job is rated once.
    #[error("the job has been rated already")]
    AlreadyRated,
}

impl EditRefusal {
    /// Stable code of the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "VALIDATION_ERROR",
            Self::Forbidden { .. } => "FIELDS_FORBIDDEN",
            Self::Frozen { .. } => "READ_ONLY_STATE",
            Self::EquipmentOutOfService => "EQUIPMENT_OUT_OF_SERVICE",
            Self::AboutFailure { .. } => "ABOUT_FAILURE",
            Self::SkillMissing { .. } => "SKILL_MISSING",
            Self::NotClosed => "NOT_CLOSED",
            Self::AlreadyRated => "ALREADY_RATED",
        }
    }
}

/// What an edit depends on beside the job.
#[derive(Debug, Clone, PartialEq)]
pub struct EditFacts {
    /// The equipment that the job will be about: needed when it is another one, and when
    /// [`asks_otherwise`].
    pub equipment: Option<Record<Equipment>>,
    /// The assigned technician: needed when [`asks_otherwise`].
    pub assignee: Option<Assignee>,
    /// The present instant.
    pub now: Timestamp,
}

/// Whether the edit changes what the assigned technician must master, or on which day, for work that
/// is still to be begun or resumed.
pub fn asks_otherwise(before: &Intervention, after: &Intervention) -> bool {
    before.technician.is_some()
        && matches!(before.status, Status::Open | Status::OnHold)
        && (before.required_skills != after.required_skills
            || before.equipment != after.equipment
            || before.planned_at != after.planned_at)
}

/// Judges what the job alone decides of a change from `before` to `after` by somebody with `rights`,
/// before anything that it refers to is read.
///
/// # Errors
/// Wrong or read-only fields first, then those that the caller may not change, then those that
/// the job's state has frozen.
pub fn may_change(
    before: &Intervention,
    after: &Intervention,
    rights: &[EditRight],
) -> Result<(), EditRefusal> {
    let mut issues = read_only(before, after);
    issues.0.extend(rules::issues(after).0);
    issues.into_result().map_err(EditRefusal::Invalid)?;

    let changes = diff(before, after);
    let changed: Vec<_> = EDITABLE
        .iter()
        .filter(|(field, ..)| changes.iter().any(|c| c.field == *field))
        .collect();
    let names = |wanted: &dyn Fn(EditRight, Until) -> bool| -> Vec<&'static str> {
        changed
            .iter()
            .filter(|(_, right, until)| wanted(*right, *until))
            .map(|(field, ..)| *field)
            .collect()
    };
    let forbidden = names(&|right, _| !rights.contains(&EditRight::Manage) && !rights.contains(&right));
    if !forbidden.is_empty() {
        return Err(EditRefusal::Forbidden { fields: forbidden });
    }
    let frozen = names(&|_, until| !until.covers(before));
    if !frozen.is_empty() {
        let archived = before.archived_at.is_some();
        return Err(EditRefusal::Frozen {
            status: before.status,
            archived,
            fields: frozen,
        });
    }
    Ok(())
}

/// Judges the change of a job's data from `before` to `after` by somebody with `rights`. The site
/// follows the equipment.
///
/// # Errors
/// Those of [`may_change`] first, then what the job would refer to, then what stands around it.
pub fn edit(
    before: &Intervention,
    mut after: Intervention,
    rights: &[EditRight],
    facts: &EditFacts,
) -> Result<Edit, EditRefusal> {
    after.urgent = rules::is_urgent(after.urgent, after.priority);
    may_change(before, &after, rights)?;
    let mut issues = Issues::default();
    let moved = after.equipment != before.equipment;
    let equipment = facts.equipment.as_ref().filter(|e| e.id == after.equipment);
    match equipment.filter(|_| moved) {
        Some(new) if new.client != before.client => {
            issues
                .0
                .push(FieldIssue::new("equipement_id", IssueCode::Inconsistent));
        }
        Some(new) => after.site = new.site,
        None if moved => issues
            .0
            .push(FieldIssue::new("equipement_id", IssueCode::UnknownReference)),
        None => {}
    }
    issues.into_result().map_err(EditRefusal::Invalid)?;

    if let Some(new) = equipment.filter(|_| moved) {
        if let Some(failure) = before.failure {
            return Err(EditRefusal::AboutFailure { failure });
        }
        equipment_machine::require_in_service(new).map_err(|_| EditRefusal::EquipmentOutOfService)?;
    }
    if asks_otherwise(before, &after)
        && let (Some(equipment), Some(assignee)) = (equipment, &facts.assignee)
    {
        let required = rules::required_skills(&after.required_skills, equipment);
        let day = rules::day_of_work(after.planned_at, facts.now);
        let missing = assignee.missing(&required, day);
        if !missing.is_empty() {
            let technician = assignee.record.id;
            return Err(EditRefusal::SkillMissing { technician, missing });
        }
    }
    let changes = diff(before, &after);
    Ok(Edit { job: after, changes })
}

/// Of the fields that a client sent with an edit of an own request, those that are not theirs to change.
pub fn not_for_requests<'a>(sent: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let own = |field: &str| {
        EDITABLE
            .iter()
            .any(|(name, right, _)| *name == field && *right == EditRight::Request)
    };
    sent.into_iter().filter(|field| !own(field)).collect()
}

/// Fields that no edit changes: by action only, or never.
fn read_only(before: &Intervention, after: &Intervention) -> Issues {
    let mut issues = Issues::default();
    for change in diff(before, after) {
        let editable = EDITABLE.iter().any(|(field, ..)| *field == change.field);
        issues.when(!editable, change.field, IssueCode::ReadOnly);
    }
    issues.when(before.number != after.number, "numero", IssueCode::ReadOnly);
    issues.when(before.client != after.client, "client_id", IssueCode::ReadOnly);
    issues.when(
        before.requester != after.requester,
        "demandeur_id",
        IssueCode::ReadOnly,
    );
    issues.when(before.origin != after.origin, "origine", IssueCode::ReadOnly);
    issues.when(
        before.opened_at != after.opened_at,
        "date_creation",
        IssueCode::ReadOnly,
    );
    issues.when(before.failure != after.failure, "panne_id", IssueCode::ReadOnly);
    issues.when(
        before.closing.rated_at != after.closing.rated_at,
        "satisfaction_le",
        IssueCode::ReadOnly,
    );
    issues
}

/// Judges the client's rating of a job.
///
/// # Errors
/// A rating outside of 1 to 5, a job that is not closed (or archived), a second rating.
pub fn rate(
    before: &Intervention,
    satisfaction: i16,
    comment: Option<String>,
    now: Timestamp,
) -> Result<Edit, EditRefusal> {
    let mut issues = Issues::default();
    if !(1..=5).contains(&satisfaction) {
        issues.0.push(FieldIssue::expecting(
            "satisfaction",
            IssueCode::OutOfRange,
            "1-5",
        ));
    }
    issues.optional_length("commentaire_client", comment.as_deref(), MAX_REASON);
    issues.into_result().map_err(EditRefusal::Invalid)?;
    if before.status != Status::Closed {
        return Err(EditRefusal::NotClosed);
    }
    if before.archived_at.is_some() {
        let fields = vec!["satisfaction"];
        return Err(EditRefusal::Frozen {
            status: before.status,
            archived: true,
            fields,
        });
    }
    if before.closing.satisfaction.is_some() {
        return Err(EditRefusal::AlreadyRated);
    }
    let mut job = before.clone();
    job.closing.satisfaction = Some(satisfaction);
    job.closing.client_comment = comment;
    job.closing.rated_at = Some(now);
    let changes = diff(before, &job);
    Ok(Edit { job, changes })
}
