//! The state of an equipment: which facts give which state, which changes exist, and what a person
//! may ask for.
//!
//! Two facts are stored: who holds the equipment, and whether a failure is open. [`status_of`] turns
//! them into a state; [`TRANSITIONS`] lists every change that may result, and a change that is not
//! listed is refused whatever led to it.

use jiff::Timestamp;

use super::store::Situation;
use super::{Downtime, Equipment, EquipmentStatus, Failure, FailureOrigin, Holder};
use crate::event::Event;
use crate::intervention::Intervention;
use crate::policy::{Actor, Permission, Target};
use crate::text::{IssueCode, Issues, REASON};
use crate::vocab::vocab;
use crate::{Id, Record};

mod change;

pub(crate) use change::{Change, Stop};

use EquipmentStatus::{Decommissioned, Down, InMaintenance, Operational};

vocab! {
    /// What a person may do to the state of an equipment; the codes are those of the wire.
    Action {
        /// Open a failure.
        DeclareFailure = "declarer_panne",
        /// Take it out of use by hand.
        EnterMaintenance = "mettre_en_maintenance",
        /// End the maintenance that was set by hand.
        ReturnToService = "remettre_en_service",
        /// Retire it for good.
        Decommission = "mettre_hors_service",
    }
}

/// A change of state that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub from: EquipmentStatus,
    /// State after.
    pub to: EquipmentStatus,
    /// What brings it about.
    pub cause: &'static str,
}

const fn step(from: EquipmentStatus, to: EquipmentStatus, cause: &'static str) -> Transition {
    Transition { from, to, cause }
}

/// Every change of state that may happen; there is no other.
pub const TRANSITIONS: &[Transition] = &[
    step(Operational, InMaintenance, "a job or a person takes it"),
    step(Operational, Down, "a failure opens"),
    step(
        InMaintenance,
        Operational,
        "the last hold ends, no failure is open",
    ),
    step(InMaintenance, Down, "the last hold ends, a failure is open"),
    step(Down, InMaintenance, "a job or a person takes it"),
    step(Down, Decommissioned, "it is beyond repair"),
    step(Operational, Decommissioned, "it is retired"),
];

/// What an [`Action`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// States in which it is possible.
    pub from: &'static [EquipmentStatus],
    /// The right that it takes.
    pub permission: Permission,
    /// What else must hold.
    pub guard: &'static str,
}

const fn rule(action: Action, from: &'static [EquipmentStatus], guard: &'static str) -> Rule {
    Rule {
        action,
        from,
        permission: action.permission(),
        guard,
    }
}

/// The actions with their conditions.
pub const ACTIONS: &[Rule] = &[
    rule(
        Action::DeclareFailure,
        &[Operational, Down, InMaintenance],
        "an open failure is linked to, not doubled",
    ),
    rule(Action::EnterMaintenance, &[Operational, Down], ""),
    rule(
        Action::ReturnToService,
        &[InMaintenance],
        "the maintenance was set by hand; the state follows from what remains",
    ),
    rule(
        Action::Decommission,
        &[Operational, Down],
        "a reason; nobody holds it; no job that is open, or waits without it, or these are cancelled with it",
    ),
];

impl Action {
    /// The right that the action takes.
    pub const fn permission(self) -> Permission {
        match self {
            Self::DeclareFailure => Permission::EquipmentDeclareFailure,
            Self::EnterMaintenance | Self::ReturnToService | Self::Decommission => {
                Permission::EquipmentManage
            }
        }
    }
}

/// The state that the facts give.
pub fn status_of(holders: &[Holder], failure_open: bool, retired: bool) -> EquipmentStatus {
    if retired {
        Decommissioned
    } else if !holders.is_empty() {
        InMaintenance
    } else if failure_open {
        Down
    } else {
        Operational
    }
}

/// Whether a state may follow another one.
pub fn may_become(from: EquipmentStatus, to: EquipmentStatus) -> bool {
    TRANSITIONS.iter().any(|t| t.from == from && t.to == to)
}

/// The actions that the state allows, whoever asks.
pub fn allowed(status: EquipmentStatus, situation: &Situation) -> Vec<Action> {
    let by_hand = situation.holders.contains(&Holder::Manual);
    ACTIONS
        .iter()
        .filter(|rule| rule.from.contains(&status) && (by_hand || rule.action != Action::ReturnToService))
        .map(|rule| rule.action)
        .collect()
}

/// What this caller may do to the equipment now. `by_hand`: somebody has taken it into maintenance.
pub fn actions_for(actor: &Actor, status: EquipmentStatus, by_hand: bool, target: &Target) -> Vec<Action> {
    let holders = if by_hand { vec![Holder::Manual] } else { Vec::new() };
    allowed(
        status,
        &Situation {
            holders,
            ..Situation::default()
        },
    )
    .into_iter()
    .filter(|action| actor.reaches(action.permission(), target))
    .collect()
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub action: Action,
    /// Why; what was seen, for a failure. Mandatory for [`Action::Decommission`].
    pub reason: Option<String>,
    /// Cancel the open jobs on it, for [`Action::Decommission`].
    pub cancel_open: bool,
}

impl Command {
    /// What is wrong with the command itself, before anything is known of the equipment.
    pub fn validate(&self) -> Issues {
        let mut issues = Issues::default();
        let reason = self.reason.as_deref().map(str::trim);
        let needed = self.action == Action::Decommission;
        issues.when(
            needed && reason.is_none_or(str::is_empty),
            "motif",
            IssueCode::Required,
        );
        issues.lengths(REASON, [("motif", reason)]);
        issues.when(
            self.cancel_open && !needed,
            "annuler_ouvertes",
            IssueCode::Inconsistent,
        );
        issues
    }
}

/// What an action needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The equipment.
    pub equipment: Record<Equipment>,
    /// Holders, open failure, open jobs.
    pub situation: Situation,
    /// The present instant.
    pub now: Timestamp,
}

/// A write beside the equipment's own row; all happen at [`Plan::at`], in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Somebody takes it.
    Hold(Holder),
    /// Somebody gives it back.
    Release(Holder),
    /// A failure opens.
    OpenFailure {
        /// The failure.
        failure: Failure,
        /// Whether the job that is being created must refer to it.
        link_job: bool,
    },
    /// Somebody declares the failure that is open already, with what they saw.
    LinkFailure {
        /// Which.
        failure: Id<Failure>,
        /// What they saw.
        note: Option<String>,
    },
    /// The failure ends.
    CloseFailure(Id<Failure>),
    /// A stop begins.
    OpenDowntime(Downtime),
    /// The present stop ends.
    CloseDowntime,
}

/// What has to be written for a change of an equipment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The equipment that it is about.
    pub id: Id<Equipment>,
    /// When.
    pub at: Timestamp,
    /// The new data, when they differ.
    pub equipment: Option<Equipment>,
    /// The changes of state, in order; usually none or one.
    pub steps: Vec<(EquipmentStatus, EquipmentStatus)>,
    /// Further writes.
    pub effects: Vec<Effect>,
    /// Open jobs to be cancelled in the same unit of work, each by its own machine.
    pub cancel_jobs: Vec<Id<Intervention>>,
    /// What happened.
    pub events: Vec<Event>,
}

/// Why a change of an equipment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::EnumCount)]
pub enum Refusal {
    /// The state does not allow it.
    #[error("{action:?} is not possible in state {from:?}")]
    InvalidTransition {
        /// Present state.
        from: EquipmentStatus,
        /// What was asked for.
        action: Action,
        /// What would be possible.
        allowed: Vec<Action>,
    },
    /// Jobs or a person hold it.
    #[error("the equipment is held")]
    Held {
        /// By whom.
        holders: Vec<Holder>,
    },
    /// Open jobs would be left without their equipment.
    #[error("the equipment has open jobs")]
    HasOpenJobs {
        /// Which.
        jobs: Vec<Id<Intervention>>,
    },
    /// It is decommissioned.
    #[error("the equipment is decommissioned")]
    OutOfService,
    /// The stored facts contradict the stored state: nothing in the table leads there.
    #[error("no transition leads from {from:?} to {to:?}")]
    Inconsistent {
        /// Present state.
        from: EquipmentStatus,
        /// What the facts give.
        to: EquipmentStatus,
    },
    /// The command itself is wrong.
    #[error("invalid command")]
    Invalid(Issues),
}

impl Refusal {
    /// Stable code of the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidTransition { .. } => "INVALID_TRANSITION",
            Self::Held { .. } | Self::HasOpenJobs { .. } => "EQUIPMENT_IN_USE",
            Self::OutOfService => "EQUIPMENT_OUT_OF_SERVICE",
            Self::Inconsistent { .. } => "INTERNAL",
            Self::Invalid(_) => "VALIDATION_ERROR",
        }
    }
}

impl From<Issues> for Refusal {
    fn from(issues: Issues) -> Self {
        Self::Invalid(issues)
    }
}

/// What `command` does to the equipment.
///
/// # Errors
/// Why it may not be done.
pub fn apply(command: &Command, facts: &Facts) -> Result<Plan, Refusal> {
    command.validate().into_result()?;
    let from = facts.equipment.status;
    let allowed = allowed(from, &facts.situation);
    let held = !facts.situation.holders.is_empty();
    // While held the answer names the holders: that is what has to end first.
    if command.action == Action::Decommission && held && from != Decommissioned {
        return Err(Refusal::Held {
            holders: facts.situation.holders.clone(),
        });
    }
    if !allowed.contains(&command.action) {
        return Err(Refusal::InvalidTransition {
            from,
            action: command.action,
            allowed,
        });
    }
    let mut change = Change::of(&facts.equipment, &facts.situation, facts.now);
    let reason = command
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|r| !r.is_empty())
        .map(String::from);
    match command.action {
        Action::DeclareFailure => change.fail(FailureOrigin::Declared, None, reason)?,
        Action::EnterMaintenance => {
            change.hold(
                Holder::Manual,
                Stop {
                    cause: reason,
                    planned: false,
                    intervention: None,
                },
            )?;
        }
        Action::ReturnToService => change.release(Holder::Manual)?,
        Action::Decommission => change.retire(reason, command.cancel_open)?,
    }
    Ok(change.finish())
}

/// Work that starts on, or resumes with, an equipment needs one that is not decommissioned.
///
/// # Errors
/// [`Refusal::OutOfService`].
pub fn require_in_service(equipment: &Equipment) -> Result<(), Refusal> {
    if equipment.status == Decommissioned {
        Err(Refusal::OutOfService)
    } else {
        Ok(())
    }
}
