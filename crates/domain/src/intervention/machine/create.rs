//! A new job, and what its creation changes.

use jiff::Timestamp;

use super::apply::require_able;
use super::{Assignee, Plan, Refusal};
use crate::client::{Client, ClientStatus};
use crate::equipment::machine::{Change, require_in_service};
use crate::equipment::store::Situation;
use crate::equipment::{Equipment, FailureOrigin};
use crate::event::Event;
use crate::intervention::history::{FieldChange, HistoryAction, NewHistory};
use crate::intervention::{Closing, Intervention, Kind, Origin, Priority, Status, default_title, rules};
use crate::skill::RequiredSkill;
use crate::text::{FieldIssue, IssueCode};
use crate::user::User;
use crate::vocab::Vocab;
use crate::{Id, Record};

/// Wire names of all that a client may say when asking for a job.
pub const REQUEST_FIELDS: &[&str] = &[
    "equipement_id",
    "titre",
    "description",
    "est_urgente",
    "date_prevue",
    "panne",
];

/// Of the fields that a client sent, those that are not theirs to fill.
pub fn not_for_clients<'a>(sent: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    sent.into_iter()
        .filter(|field| !REQUEST_FIELDS.contains(field))
        .collect()
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Short title; absent: built from the kind and the equipment's name.
    pub title: Option<String>,
    /// What is to be done.
    pub description: String,
    /// Kind of maintenance.
    pub kind: Kind,
    /// How soon.
    pub priority: Priority,
    /// Sorts first.
    pub urgent: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Who asks; `None` for plans and alerts.
    pub requester: Option<Id<User>>,
    /// The contract that covers it.
    pub contract: Option<i64>,
    /// When it should be done.
    pub planned_at: Option<Timestamp>,
    /// Estimated duration; absent: [`rules::DEFAULT_MINUTES`].
    pub estimated_minutes: Option<i32>,
    /// Skills beyond those that the equipment asks for.
    pub required_skills: Vec<RequiredSkill>,
    /// The equipment has failed.
    pub failure: bool,
}

impl Create {
    /// A client's request, with what the portal fixes: corrective, priority normal.
    pub fn request(by: Id<User>, title: Option<String>, description: String) -> Self {
        Self {
            title,
            description,
            kind: Kind::Corrective,
            priority: Priority::Normal,
            urgent: false,
            origin: Origin::Portal,
            requester: Some(by),
            contract: None,
            planned_at: None,
            estimated_minutes: None,
            required_skills: Vec::new(),
            failure: false,
        }
    }
}

/// Everything that a creation may depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFacts {
    /// The equipment.
    pub equipment: Record<Equipment>,
    /// Its holders, open failure and open jobs.
    pub situation: Situation,
    /// Its owner.
    pub client: Record<Client>,
    /// The technician who is to have it from the start.
    pub assignee: Option<Assignee>,
    /// The job that it follows up.
    pub follow_up_of: Option<Record<Intervention>>,
    /// Who acts; `None` for the system.
    pub by: Option<Id<User>>,
    /// The present instant.
    pub now: Timestamp,
}

/// A job that may be created: number it, store it, then execute [`Creation::plan`].
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// The job; its number is still empty.
    pub job: Intervention,
    facts: CreateFacts,
    fails: bool,
}

/// Judges a creation.
///
/// # Errors
/// Why it may not be done.
pub fn create(command: Create, facts: CreateFacts) -> Result<Creation, Refusal> {
    let equipment = &facts.equipment;
    let title = command.title.filter(|t| !t.trim().is_empty());
    let urgent = rules::is_urgent(command.urgent, command.priority);
    let job = Intervention {
        number: String::new(),
        equipment: equipment.id,
        client: equipment.client,
        site: equipment.site,
        technician: facts.assignee.as_ref().map(|a| a.record.id),
        contract: command.contract,
        requester: command.requester,
        follow_up_of: facts.follow_up_of.as_ref().map(|job| job.id),
        title: title.unwrap_or_else(|| default_title(command.kind, &equipment.name)),
        description: command.description,
        kind: command.kind,
        status: Status::Open,
        priority: command.priority,
        urgent,
        origin: command.origin,
        opened_at: facts.now,
        planned_at: command.planned_at,
        assigned_at: facts.assignee.as_ref().map(|_| facts.now),
        started_at: None,
        finished_at: None,
        estimated_minutes: command.estimated_minutes.unwrap_or(rules::DEFAULT_MINUTES),
        wait_reason: None,
        // A failure that is open already is the one that this job is about.
        failure: facts
            .situation
            .failure
            .as_ref()
            .map(|(id, _)| *id)
            .filter(|_| command.failure),
        equipment_returned: false,
        archived_at: None,
        required_skills: command.required_skills,
        closing: Closing::default(),
    };
    let mut issues = rules::issues(&job);
    let foreign = facts
        .follow_up_of
        .as_ref()
        .is_some_and(|first| first.client != equipment.client);
    if foreign {
        issues
            .0
            .push(FieldIssue::new("suite_de_id", IssueCode::UnknownReference));
    }
    issues.into_result()?;
    require_in_service(equipment)?;
    // What the company plans for a suspended client is its own decision; what that client asks for is not.
    let asked_for = job.origin == Origin::Portal;
    if facts.client.status == ClientStatus::Suspended && asked_for && !urgent {
        return Err(Refusal::ClientSuspended);
    }
    if let Some(assignee) = &facts.assignee {
        let day = rules::day_of_work(job.planned_at, facts.now);
        require_able(
            assignee,
            &rules::required_skills(&job.required_skills, equipment),
            day,
        )?;
    }
    Ok(Creation {
        job,
        fails: command.failure,
        facts,
    })
}

impl Creation {
    /// What has to be written beside the job itself, now that it is stored as `id`. A failure that
    /// opens with `link_job` is then put into [`Intervention::failure`].
    ///
    /// # Errors
    /// When the equipment's stored facts contradict its state.
    pub fn plan(self, id: Id<Intervention>) -> Result<Plan, Refusal> {
        let Self { job, facts, fails } = self;
        let mut change = Change::of(&facts.equipment, &facts.situation, facts.now);
        if fails {
            change.fail(FailureOrigin::WithJob, Some(id), Some(job.description.clone()))?;
        }
        let mut equipment = change.finish();
        let mut events = vec![Event::InterventionCreated { id }];
        let mut sentence = format!("Intervention {} créée", job.number);
        let mut changes = vec![set("statut", job.status.code())];
        if let Some(assignee) = &facts.assignee {
            let technician = assignee.record.id;
            events.push(Event::InterventionAssigned {
                id,
                technician: Some(technician),
                previous: None,
            });
            sentence = format!("{sentence} et affectée à {}", assignee.full_name);
            changes.push(set("technicien_id", technician));
        }
        events.append(&mut equipment.events);
        Ok(Plan {
            at: facts.now,
            job: None,
            equipment: (!equipment.effects.is_empty()).then_some(equipment),
            technicians: Vec::new(),
            wait: None,
            history: NewHistory {
                intervention: id,
                user: facts.by,
                action: HistoryAction::Created,
                details: format!("{sentence}."),
                at: facts.now,
                changes,
            },
            events,
        })
    }
}

fn set(field: &'static str, value: impl ToString) -> FieldChange {
    FieldChange {
        field,
        before: None,
        after: Some(value.to_string()),
    }
}
