//! The availability of a technician: what they may be doing after what, and why.

use jiff::Timestamp;

use super::{Availability, Technician};
use crate::event::Event;
use crate::intervention::{Intervention, machine as job};
use crate::policy::Permission;
use crate::text::{Issues, REASON};
use crate::vocab::{Vocab, vocab};
use crate::{Id, Record};

use Availability::{Available, Busy, InTraining, OnLeave, Unavailable};

/// The right that every [`Action`] takes.
pub const PERMISSION: Permission = Permission::TechnicianManage;

vocab! {
    /// What a person may do to the availability of a technician; the codes are those of the wire.
    Action {
        /// Begin a leave.
        TakeLeave = "partir_en_conge",
        /// Begin a training.
        TakeTraining = "partir_en_formation",
        /// Be away at once (sick, emergency).
        DeclareUnavailable = "declarer_indisponible",
        /// Be back.
        BecomeAvailable = "redevenir_disponible",
    }
}

/// What brings a change about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Somebody asks for it.
    Asked(Action),
    /// A job of the technician starts or resumes.
    JobStarts,
    /// The job in progress lets the technician go.
    JobEnds,
}

/// A change of availability that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Before.
    pub from: Availability,
    /// After.
    pub to: Availability,
    /// What brings it about.
    pub trigger: Trigger,
}

const fn asked(from: Availability, action: Action, to: Availability) -> Transition {
    Transition {
        from,
        to,
        trigger: Trigger::Asked(action),
    }
}

/// Every change that may happen; there is no other.
pub const TRANSITIONS: &[Transition] = &[
    Transition {
        from: Available,
        to: Busy,
        trigger: Trigger::JobStarts,
    },
    asked(Available, Action::TakeLeave, OnLeave),
    asked(Available, Action::TakeTraining, InTraining),
    asked(Available, Action::DeclareUnavailable, Unavailable),
    Transition {
        from: Busy,
        to: Available,
        trigger: Trigger::JobEnds,
    },
    asked(Busy, Action::DeclareUnavailable, Unavailable),
    asked(OnLeave, Action::BecomeAvailable, Available),
    asked(InTraining, Action::BecomeAvailable, Available),
    asked(Unavailable, Action::BecomeAvailable, Available),
    asked(Unavailable, Action::TakeLeave, OnLeave),
];

/// What `trigger` leads to, if it is possible.
pub fn target(from: Availability, trigger: Trigger) -> Option<Availability> {
    TRANSITIONS
        .iter()
        .find(|t| t.from == from && t.trigger == trigger)
        .map(|t| t.to)
}

/// The actions that are possible now: those that change the state, and those that change what
/// follows the job in progress.
pub fn allowed(technician: &Technician) -> Vec<Action> {
    let from = technician.availability;
    let at_once = TRANSITIONS
        .iter()
        .filter(|t| t.from == from)
        .filter_map(|t| match t.trigger {
            Trigger::Asked(action) => Some(action),
            Trigger::JobStarts | Trigger::JobEnds => None,
        });
    let later = Action::all()
        .iter()
        .copied()
        .filter(|&action| put_off(technician, action).is_some());
    at_once.chain(later).collect()
}

/// What will wait for the end of the job in progress once `action` was asked for: a leave and a
/// training do, and to become available takes back what waits. `None` when the action does not wait
/// or would change nothing.
fn put_off(technician: &Technician, action: Action) -> Option<Option<Availability>> {
    let waits = match action {
        Action::TakeLeave => Some(OnLeave),
        Action::TakeTraining => Some(InTraining),
        Action::BecomeAvailable => None,
        // At once, whatever runs.
        Action::DeclareUnavailable => return None,
    };
    let changes = technician.availability == Busy && technician.pending_absence != waits;
    changes.then_some(waits)
}

/// Why a change of availability is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error, strum::EnumCount)]
pub enum Refusal {
    /// The state does not allow it.
    #[error("{action:?} is not possible in state {from:?}")]
    InvalidTransition {
        /// Present state.
        from: Availability,
        /// What was asked for.
        action: Action,
        /// What would be possible.
        allowed: Vec<Action>,
    },
    /// A job runs that cannot do without them.
    #[error("job {job} is in progress")]
    RunningJob {
        /// Which.
        job: Id<Intervention>,
    },
    /// The job in progress cannot be interrupted.
    #[error("the job in progress cannot be interrupted: {0}")]
    Job(#[from] job::Refusal),
    /// The command itself is wrong.
    #[error("invalid command")]
    Invalid(Issues),
}

impl From<Issues> for Refusal {
    fn from(issues: Issues) -> Self {
        Self::Invalid(issues)
    }
}

impl Refusal {
    /// Stable code of the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidTransition { .. } => "INVALID_TRANSITION",
            Self::RunningJob { .. } => "TECHNICIAN_BUSY",
            Self::Job(refusal) => refusal.code(),
            Self::Invalid(_) => "VALIDATION_ERROR",
        }
    }
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub action: Action,
    /// Why; goes into the audit log, and into the history of the job that it interrupts.
    pub reason: Option<String>,
}

impl Command {
    /// What is wrong with the command itself.
    pub fn validate(&self) -> Issues {
        let mut issues = Issues::default();
        issues.lengths(REASON, [("motif", self.reason.as_deref())]);
        issues
    }
}

/// What an action needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The technician.
    pub technician: Record<Technician>,
    /// The job in progress with all that concerns it; needed when the technician is busy.
    pub running: Option<job::Facts>,
    /// Their open and waiting jobs.
    pub open_jobs: Vec<Id<Intervention>>,
    /// The present instant.
    pub now: Timestamp,
}

/// What has to be written for a change of availability.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The new data.
    pub technician: Technician,
    /// What becomes of the job in progress.
    pub job: Option<job::Plan>,
    /// Further jobs that somebody else should take.
    pub to_reassign: Vec<Id<Intervention>>,
    /// All that happened; those of `job` have been moved here.
    pub events: Vec<Event>,
}

/// What `command` does to the technician. To be away at once takes the place of an absence that waits.
///
/// # Errors
/// Why it may not be done.
pub fn apply(command: &Command, facts: &Facts) -> Result<Plan, Refusal> {
    command.validate().into_result()?;
    let from = facts.technician.availability;
    let action = command.action;
    if let Some(waits) = put_off(&facts.technician, action) {
        return Ok(Plan {
            technician: Technician {
                pending_absence: waits,
                ..facts.technician.data.clone()
            },
            job: None,
            to_reassign: Vec::new(),
            events: Vec::new(),
        });
    }
    let Some(to) = target(from, Trigger::Asked(action)) else {
        return Err(Refusal::InvalidTransition {
            from,
            action,
            allowed: allowed(&facts.technician),
        });
    };
    let mut job = match (from, &facts.running) {
        (Busy, Some(running)) => Some(job::interrupt(running, command.reason.as_deref())?),
        _ => None,
    };
    let away = action == Action::DeclareUnavailable;
    let mut events = vec![Event::TechnicianAvailabilityChanged {
        id: facts.technician.id,
        from,
        to,
    }];
    if let Some(plan) = &mut job {
        events.append(&mut plan.events);
    }
    Ok(Plan {
        technician: Technician {
            availability: to,
            pending_absence: None,
            ..facts.technician.data.clone()
        },
        job,
        to_reassign: if away { facts.open_jobs.clone() } else { Vec::new() },
        events,
    })
}

/// A technician with other data, and the changes of availability that led there.
#[derive(Debug, Clone, PartialEq)]
pub struct TechnicianChange {
    /// As stored.
    pub before: Record<Technician>,
    /// As it has to be.
    pub after: Technician,
    /// Availability before and after, step by step.
    pub steps: Vec<(Availability, Availability)>,
}

impl TechnicianChange {
    /// One event per step.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.steps
            .iter()
            .map(|&(from, to)| Event::TechnicianAvailabilityChanged {
                id: self.before.id,
                from,
                to,
            })
    }
}

/// A job takes the technician; `None` when they are not free.
pub fn occupy(technician: &Record<Technician>) -> Option<TechnicianChange> {
    let from = technician.availability;
    let to = target(from, Trigger::JobStarts)?;
    let after = Technician {
        availability: to,
        ..technician.data.clone()
    };
    Some(TechnicianChange {
        before: technician.clone(),
        after,
        steps: vec![(from, to)],
    })
}

/// The job in progress lets the technician go: free again, or through it into the absence that
/// began meanwhile; `None` when no job had taken them.
pub fn release(technician: &Record<Technician>) -> Option<TechnicianChange> {
    let from = technician.availability;
    let free = target(from, Trigger::JobEnds)?;
    let mut steps = vec![(from, free)];
    let mut after = Technician {
        availability: free,
        ..technician.data.clone()
    };
    let absence = after
        .pending_absence
        .take()
        .and_then(|kind| target(free, Trigger::Asked(going(kind)?)));
    if let Some(absence) = absence {
        steps.push((free, absence));
        after.availability = absence;
    }
    Some(TechnicianChange {
        before: technician.clone(),
        after,
        steps,
    })
}

/// The action that begins an absence of this kind.
fn going(absence: Availability) -> Option<Action> {
    match absence {
        OnLeave => Some(Action::TakeLeave),
        InTraining => Some(Action::TakeTraining),
        Unavailable => Some(Action::DeclareUnavailable),
        Available | Busy => None,
    }
}

/// An approved absence begins: at once when the technician is free, else when the job in progress
/// lets them go. `None` when nothing changes (already away, or not a kind of absence).
pub fn begin_absence(technician: &Record<Technician>, kind: Availability) -> Option<TechnicianChange> {
    let from = technician.availability;
    let action = going(kind)?;
    let before = technician.clone();
    if from == Busy {
        let after = Technician {
            pending_absence: Some(kind),
            ..technician.data.clone()
        };
        return (after != technician.data).then(|| TechnicianChange {
            before,
            after,
            steps: Vec::new(),
        });
    }
    let to = target(from, Trigger::Asked(action))?;
    let after = Technician {
        availability: to,
        pending_absence: None,
        ..technician.data.clone()
    };
    Some(TechnicianChange {
        before,
        after,
        steps: vec![(from, to)],
    })
}

/// An approved absence of this kind ends: the technician is back, or will not leave after all.
/// `None` when they are not in it.
pub fn end_absence(technician: &Record<Technician>, kind: Availability) -> Option<TechnicianChange> {
    let from = technician.availability;
    let before = technician.clone();
    if from == Busy {
        let after = Technician {
            pending_absence: None,
            ..technician.data.clone()
        };
        let waits = technician.pending_absence == Some(kind);
        return waits.then(|| TechnicianChange {
            before,
            after,
            steps: Vec::new(),
        });
    }
    if from != kind {
        return None;
    }
    let to = target(from, Trigger::Asked(Action::BecomeAvailable))?;
    let after = Technician {
        availability: to,
        pending_absence: None,
        ..technician.data.clone()
    };
    Some(TechnicianChange {
        before,
        after,
        steps: vec![(from, to)],
    })
}

/// An account may not be deactivated while its technician has a job in progress.
///
/// # Errors
/// [`Refusal::RunningJob`], naming the job.
pub fn may_deactivate(running_job: Option<Id<Intervention>>) -> Result<(), Refusal> {
    running_job.map_or(Ok(()), |job| Err(Refusal::RunningJob { job }))
}
