//! The life cycle of an intervention.
//!
//! [`TRANSITIONS`] is the whole of it: the server's check, the list of what a caller may do now and
//! the diagram in the documentation all read this one table. [`apply`] and [`create`] turn an action
//! into a [`Plan`]: everything that one unit of work has to write, cross-effects included.

use super::{Action, Intervention, Origin, Outcome, Status};
use crate::equipment::EquipmentStatus;
use crate::policy::{Actor, Decision, Permission, Target};

mod apply;
mod close;
mod command;
mod create;
mod draft;
mod plan;

pub(crate) use apply::interrupt;

pub use apply::apply;
pub use command::{Assign, Close, Command};
pub use create::{Create, CreateFacts, Creation, REQUEST_FIELDS, create, not_for_clients};
pub use plan::{Assignee, Facts, Plan, Refusal, Wait};

use Action as A;
use Permission as P;
use Status::{Cancelled, Closed, InProgress, OnHold, Open};

/// A right that an action takes, and when it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The right.
    pub permission: Permission,
    /// It counts only for a client's request that nobody has taken: open and unassigned.
    pub only_untaken: bool,
}

/// Something that may be done to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The action.
    pub action: Action,
    /// States in which it is possible; none for the creation.
    pub from: &'static [Status],
    /// State after; `None` leaves it as it is.
    pub to: Option<Status>,
    /// Each of these gives the right to do it.
    pub rights: &'static [Right],
    /// What else must hold.
    pub guard: &'static str,
    /// Kinds of the events that it may have, of the job itself; no other.
    pub events: &'static [&'static str],
}

const fn right(permission: Permission) -> Right {
    Right {
        permission,
        only_untaken: false,
    }
}

const fn while_untaken(permission: Permission) -> Right {
    Right {
        permission,
        only_untaken: true,
    }
}

/// Everything that may be done to a job; there is nothing else.
pub const TRANSITIONS: &[Transition] = &[
    Transition {
        action: A::Create,
        from: &[],
        to: Some(Open),
        rights: &[right(P::InterventionCreate), right(P::InterventionRequest)],
        guard: "equipment in service; a suspended client asks for urgent jobs only; the technician, if one is given, as for affecter",
        events: &["intervention.creee", "intervention.affectee"],
    },
    Transition {
        action: A::Assign,
        from: &[Open, OnHold, InProgress],
        to: None,
        rights: &[right(P::InterventionAssign)],
        guard: "active technician with the required valid skills; on en_cours a disponible one",
        // Of another technician the one, of another date for the same technician the other.
        events: &["intervention.affectee", "intervention.replanifiee"],
    },
    Transition {
        action: A::Unassign,
        from: &[Open],
        to: None,
        rights: &[right(P::InterventionAssign)],
        guard: "a technician is assigned",
        events: &["intervention.affectee"],
    },
    Transition {
        action: A::Start,
        from: &[Open],
        to: Some(InProgress),
        rights: &[right(P::InterventionExecute)],
        guard: "technician assigned, active and disponible; equipment in service",
        events: &["intervention.statut_change"],
    },
    Transition {
        action: A::Hold,
        from: &[InProgress],
        to: Some(OnHold),
        rights: &[right(P::InterventionExecute)],
        guard: "motif_attente",
        events: &["intervention.statut_change"],
    },
    Transition {
        action: A::Resume,
        from: &[OnHold],
        to: Some(InProgress),
        rights: &[right(P::InterventionExecute)],
        guard: "technician assigned, active and disponible; equipment in service",
        events: &["intervention.statut_change"],
    },
    Transition {
        action: A::Close,
        from: &[InProgress],
        to: Some(Closed),
        rights: &[right(P::InterventionExecute)],
        guard: "compte_rendu of at least 10 characters; resultat when a failure is open; hors_service takes the right to decommission",
        events: &["intervention.statut_change", "intervention.cloturee"],
    },
    Transition {
        action: A::Cancel,
        from: &[Open, InProgress, OnHold],
        to: Some(Cancelled),
        rights: &[
            right(P::InterventionCancel),
            while_untaken(P::InterventionCancelRequest),
        ],
        guard: "motif",
        events: &["intervention.statut_change", "intervention.annulee"],
    },
    Transition {
        action: A::Archive,
        from: &[Closed, Cancelled],
        to: None,
        rights: &[right(P::InterventionArchive)],
        guard: "not archived yet",
        events: &[],
    },
];

/// The row of the table for an action in a state.
pub(crate) fn transition(action: Action, from: Status) -> Option<&'static Transition> {
    TRANSITIONS
        .iter()
        .find(|t| t.action == action && t.from.contains(&from))
}

/// The actions that the job's state allows, whoever asks.
pub fn allowed(job: &Intervention) -> Vec<Action> {
    TRANSITIONS
        .iter()
        .filter(|t| t.from.contains(&job.status) && job.archived_at.is_none())
        .map(|t| t.action)
        .collect()
}

/// The one action that leads from a state to another, for callers that name the state they want.
pub fn leads_to(from: Status, to: Status) -> Option<Action> {
    TRANSITIONS
        .iter()
        .find(|t| t.to == Some(to) && t.from.contains(&from) && from != to)
        .map(|t| t.action)
}

/// The action of a job that somebody names by the state that they want.
///
/// # Errors
/// [`Refusal::InvalidTransition`] when no action leads there, the present state included.
pub fn action_to(job: &Intervention, to: Status) -> Result<Action, Refusal> {
    leads_to(job.status, to).ok_or_else(|| Refusal::InvalidTransition {
        from: job.status,
        action: None,
        allowed: allowed(job),
    })
}

/// Whether the job is a client's request that nobody has taken: open and unassigned. What the company
/// opened itself was never the client's to change, whoever it is for.
pub fn is_untaken_request(job: &Intervention) -> bool {
    job.origin == Origin::Portal && job.status == Open && job.technician.is_none()
}

/// Whether the actor may do `action` to the job, whatever the job's state. `target` ties the job to
/// its client, technician and team.
pub fn decide(actor: &Actor, action: Action, job: &Intervention, target: &Target) -> Decision {
    let rights = TRANSITIONS
        .iter()
        .filter(|t| t.action == action)
        .flat_map(|t| t.rights);
    let mut usable = rights.filter(|r| !r.only_untaken || is_untaken_request(job));
    if usable.any(|r| actor.reaches(r.permission, target)) {
        Decision::Allowed
    } else if actor.reaches(P::InterventionView, target) {
        Decision::Denied
    } else {
        Decision::Hidden
    }
}

/// Like [`decide`], with what the command asks for beyond its action: a close that decommissions
/// the equipment takes that right too.
pub fn decide_command(actor: &Actor, command: &Command, job: &Intervention, target: &Target) -> Decision {
    let decision = decide(actor, command.action(), job, target);
    let retires = matches!(command, Command::Close(close) if close.outcome == Some(Outcome::Decommissioned));
    if decision == Decision::Allowed && retires && !actor.reaches(P::EquipmentManage, target) {
        return Decision::Denied;
    }
    decision
}

/// What stands around a job, as far as work on it depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether the assigned technician could begin now: an active account, and disponible.
    pub technician_free: bool,
    /// State of the equipment.
    pub equipment: EquipmentStatus,
}

/// What this caller may do to the job now: the rights, the state, and the conditions that show
/// without a lock (a technician to take off; one who is free, and an equipment in service, to work).
pub fn actions_for(actor: &Actor, job: &Intervention, around: Surroundings, target: &Target) -> Vec<Action> {
    let ready = |action: &Action| match action {
        A::Start | A::Resume => {
            job.technician.is_some()
                && around.technician_free
                && around.equipment != EquipmentStatus::Decommissioned
        }
        A::Unassign => job.technician.is_some(),
        _ => true,
    };
    allowed(job)
        .into_iter()
        .filter(ready)
        .filter(|action| decide(actor, *action, job, target) == Decision::Allowed)
        .collect()
}
