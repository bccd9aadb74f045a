//! Each action on an existing job: guards first, then everything that it changes.

use super::draft::{Draft, with_comment};
use super::{Assign, Assignee, Command, Facts, Plan, Refusal, Wait, allowed, close};
use crate::equipment::machine as equipment_machine;
use crate::event::Event;
use crate::intervention::history::HistoryAction;
use crate::intervention::{Action, Status, WaitReason, rules};
use crate::skill::RequiredSkill;
use crate::technician::Availability;
use crate::technician::machine::occupy;
use crate::text::{FieldIssue, IssueCode, Issues};

/// What `command` does to the job and to all that it concerns.
///
/// # Errors
/// Why it may not be done; wrong fields first, then the state, then the guards.
pub fn apply(command: &Command, facts: &Facts) -> Result<Plan, Refusal> {
    let in_order = facts.in_order();
    let facts = in_order.as_ref();
    command.validate().into_result()?;
    let job = &facts.job.data;
    let action = command.action();
    if action == Action::Archive && job.archived_at.is_some() {
        return Err(Refusal::AlreadyArchived);
    }
    let allowed = allowed(job);
    if !allowed.contains(&action) {
        return Err(Refusal::InvalidTransition {
            from: job.status,
            action: Some(action),
            allowed,
        });
    }
    let draft = Draft::of(action, facts);
    match command {
        Command::Assign(assign) => assign_to(draft, assign),
        Command::Unassign { comment } => unassign(draft, comment.as_deref()),
        Command::Start { comment } | Command::Resume { comment } => work(draft, comment.as_deref()),
        Command::Hold {
            reason,
            equipment_returned,
            comment,
        } => {
            // `validate` has refused a command without a reason.
            let reason = reason.unwrap_or(WaitReason::External);
            hold(draft, reason, *equipment_returned, comment.as_deref(), true)
        }
        Command::Close(close) => close::finish(draft, close),
        Command::Cancel { reason } => cancel(draft, reason.as_deref().unwrap_or_default().trim()),
        Command::Archive => {
            let mut draft = draft;
            draft.job.archived_at = Some(facts.now);
            Ok(draft.plan("Intervention archivée.".to_owned()))
        }
    }
}

/// The technician of a job in progress is suddenly away: it waits for them or for somebody else.
/// The technician's own change is the caller's.
pub(crate) fn interrupt(facts: &Facts, comment: Option<&str>) -> Result<Plan, Refusal> {
    let in_order = facts.in_order();
    let facts = in_order.as_ref();
    let allowed = allowed(&facts.job);
    if !allowed.contains(&Action::Hold) {
        let from = facts.job.status;
        return Err(Refusal::InvalidTransition {
            from,
            action: Some(Action::Hold),
            allowed,
        });
    }
    hold(
        Draft::of(Action::Hold, facts),
        WaitReason::TechnicianAway,
        false,
        comment,
        false,
    )
}

/// Guards of whoever starts, resumes or takes over work.
pub(super) fn require_free(assignee: &Assignee) -> Result<(), Refusal> {
    let technician = assignee.record.id;
    if !assignee.is_active {
        return Err(Refusal::TechnicianInactive { technician });
    }
    match assignee.record.availability {
        Availability::Available => Ok(()),
        Availability::Busy => Err(Refusal::TechnicianBusy {
            technician,
            job: assignee.running_job,
        }),
        availability => Err(Refusal::TechnicianUnavailable {
            technician,
            availability,
        }),
    }
}

/// Guards of whoever is assigned: an active account, and the skills with certificates that are
/// valid on the day of the work.
pub(super) fn require_able(
    assignee: &Assignee,
    required: &[RequiredSkill],
    day: jiff::civil::Date,
) -> Result<(), Refusal> {
    let technician = assignee.record.id;
    if !assignee.is_active {
        return Err(Refusal::TechnicianInactive { technician });
    }
    let missing = assignee.missing(required, day);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refusal::SkillMissing { technician, missing })
    }
}

fn assign_to(mut draft: Draft<'_>, assign: &Assign) -> Result<Plan, Refusal> {
    let facts = draft.facts;
    let before = &facts.job;
    draft.job.planned_at = assign.planned_at.or(before.planned_at);
    draft.job.estimated_minutes = assign.estimated_minutes.unwrap_or(before.estimated_minutes);
    let working = before.status == Status::InProgress;
    let technician = assign.technician;
    let same = before.technician == Some(technician);
    let rescheduled = draft.job != before.data;
    if same && (working || !rescheduled) {
        return Err(Refusal::AlreadyAssigned { technician });
    }
    let Some(candidate) = facts.candidate.as_ref().filter(|c| c.record.id == technician) else {
        let unknown = FieldIssue::new("technicien_id", IssueCode::UnknownReference);
        return Err(Refusal::Invalid(Issues(vec![unknown])));
    };
    let planned_at = draft.job.planned_at.filter(|_| !working);
    let day = rules::day_of_work(planned_at, facts.now);
    require_able(
        candidate,
        &rules::required_skills(&before.required_skills, &facts.equipment),
        day,
    )?;
    if working {
        require_free(candidate)?;
        draft.free_technician();
        draft.technicians.extend(occupy(&candidate.record));
    }
    let sentence = if same {
        draft.history = HistoryAction::Rescheduled;
        if draft.job.planned_at != before.planned_at {
            draft.events.push(Event::InterventionRescheduled {
                id: before.id,
                technician,
                planned_at: draft.job.planned_at,
            });
        }
        "Intervention replanifiée.".to_owned()
    } else {
        draft.job.technician = Some(technician);
        draft.job.assigned_at = Some(facts.now);
        draft.events.push(Event::InterventionAssigned {
            id: before.id,
            technician: Some(technician),
            previous: before.technician,
        });
        match &facts.technician {
            Some(previous) => {
                format!("Réaffectée de {} à {}.", previous.full_name, candidate.full_name)
            }
            None => format!("Affectée à {}.", candidate.full_name),
        }
    };
    Ok(draft.plan(with_comment(sentence, assign.comment.as_deref())))
}

fn unassign(mut draft: Draft<'_>, comment: Option<&str>) -> Result<Plan, Refusal> {
    let Some(previous) = draft.job.technician.take() else {
        return Err(Refusal::NoTechnician);
    };
    draft.job.assigned_at = None;
    draft.events.push(Event::InterventionAssigned {
        id: draft.facts.job.id,
        technician: None,
        previous: Some(previous),
    });
    let name = draft
        .facts
        .technician
        .as_ref()
        .map_or("le technicien", |t| t.full_name.as_str());
    let sentence = format!("Affectation de {name} retirée.");
    Ok(draft.plan(with_comment(sentence, comment)))
}

/// Starts or resumes.
fn work(mut draft: Draft<'_>, comment: Option<&str>) -> Result<Plan, Refusal> {
    let facts = draft.facts;
    let assignee = facts.technician.as_ref().ok_or(Refusal::NoTechnician)?;
    require_free(assignee)?;
    equipment_machine::require_in_service(&facts.equipment)?;
    draft.take_equipment()?;
    draft.technicians.extend(occupy(&assignee.record));
    let resumes = facts.job.started_at.is_some();
    if resumes {
        draft.wait = Some(Wait::Close);
        draft.job.wait_reason = None;
        draft.job.equipment_returned = false;
    } else {
        draft.job.started_at = Some(facts.now);
    }
    let verb = if resumes {
        "Travaux repris"
    } else {
        "Travaux démarrés"
    };
    let sentence = format!("{verb} par {}.", assignee.full_name);
    Ok(draft.plan(with_comment(sentence, comment)))
}

fn hold(
    mut draft: Draft<'_>,
    reason: WaitReason,
    equipment_returned: bool,
    comment: Option<&str>,
    frees_technician: bool,
) -> Result<Plan, Refusal> {
    draft.job.wait_reason = Some(reason);
    draft.job.equipment_returned = equipment_returned;
    draft.wait = Some(Wait::Open(reason));
    if frees_technician {
        draft.free_technician();
    }
    if equipment_returned {
        draft.equipment.release(draft.holder())?;
    }
    let why = match reason {
        WaitReason::Parts => "pièces manquantes",
        WaitReason::ClientApproval => "accord du client attendu",
        WaitReason::External => "dépendance externe",
        WaitReason::TechnicianAway => "technicien indisponible",
    };
    let returned = if equipment_returned {
        ", équipement rendu"
    } else {
        ""
    };
    let sentence = format!("Mise en attente : {why}{returned}.");
    Ok(draft.plan(with_comment(sentence, comment)))
}

fn cancel(mut draft: Draft<'_>, reason: &str) -> Result<Plan, Refusal> {
    let facts = draft.facts;
    draft.job.closing.cancel_reason = Some(reason.to_owned());
    draft.job.equipment_returned = false;
    if draft.job.wait_reason.take().is_some() {
        draft.wait = Some(Wait::Close);
    }
    if facts.job.status == Status::InProgress {
        draft.free_technician();
    }
    draft.equipment.release(draft.holder())?;
    draft
        .events
        .push(Event::InterventionCancelled { id: facts.job.id });
    Ok(draft.plan(format!("Intervention annulée : {reason}")))
}
