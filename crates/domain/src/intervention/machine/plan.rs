//! What an action needs to know, what it asks to be written, and why it may be refused.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::equipment::Equipment;
use crate::equipment::machine as equipment_machine;
use crate::equipment::store::Situation;
use crate::event::Event;
use crate::intervention::history::NewHistory;
use crate::intervention::{Action, Intervention, Status, WaitReason};
use crate::skill::{self, RequiredSkill, Skill};
use crate::technician::machine::TechnicianChange;
use crate::technician::{Availability, Technician};
use crate::text::Issues;
use crate::user::User;
use crate::{Id, Record};

/// A technician as the guards need to see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignee {
    /// The profile.
    pub record: Record<Technician>,
    /// Name, for the history.
    pub full_name: String,
    /// Whether the account is active.
    pub is_active: bool,
    /// The job in progress, to name it in a refusal.
    pub running_job: Option<Id<Intervention>>,
    /// Their skills that lack the certificate they need.
    pub uncertified: Vec<Id<Skill>>,
}

impl Assignee {
    /// What of `required` they cannot do on `day`.
    pub(crate) fn missing(&self, required: &[RequiredSkill], day: Date) -> Vec<RequiredSkill> {
        let proven = skill::proven(&self.record.skills, &self.uncertified);
        skill::missing(&proven, required, day)
    }
}

/// Everything that an action on an existing job may depend on, read (and locked) in one unit of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The job.
    pub job: Record<Intervention>,
    /// Its equipment.
    pub equipment: Record<Equipment>,
    /// Holders, open failure and open jobs of the equipment.
    pub situation: Situation,
    /// The technician who is assigned.
    pub technician: Option<Assignee>,
    /// The technician who is to be assigned.
    pub candidate: Option<Assignee>,
    /// Who acts; `None` for the system.
    pub by: Option<Id<User>>,
    /// The present instant, by the clock of whoever acts.
    pub now: Timestamp,
}

impl Facts {
    /// The same at an instant that the job's own and its failure's do not come after. A request that waited
    /// for its locks, or whose machine's clock runs behind, is older than what was written meanwhile: what
    /// it does happens then. Nothing else forgives clocks, but for the store: an interval of which no
    /// job knows (a hold, a stop) never ends before it began.
    pub(super) fn in_order(&self) -> Cow<'_, Self> {
        let (job, failure) = (&self.job, &self.situation.failure);
        let failed = failure.as_ref().map(|(_, failure)| failure.opened_at);
        let now = [Some(job.opened_at), job.assigned_at, job.started_at, failed]
            .into_iter()
            .flatten()
            .fold(self.now, Timestamp::max);
        if now == self.now {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self { now, ..self.clone() })
    }
}

/// What becomes of the waiting interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// One begins.
    Open(WaitReason),
    /// The present one ends.
    Close,
}

/// Everything that one action has to write, in one unit of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// The new data of the job; `None` after a creation, which stored them already.
    pub job: Option<Intervention>,
    /// What becomes of the equipment. Its `cancel_jobs` are to be cancelled by the caller.
    pub equipment: Option<equipment_machine::Plan>,
    /// The technicians that change.
    pub technicians: Vec<TechnicianChange>,
    /// What becomes of the waiting interval.
    pub wait: Option<Wait>,
    /// The one entry of the history.
    pub history: NewHistory,
    /// All that happened; those of `equipment` have been moved here.
    pub events: Vec<Event>,
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error, strum::EnumCount)]
pub enum Refusal {
    /// The state does not allow it.
    #[error("{action:?} is not possible in state {from:?}")]
    InvalidTransition {
        /// Present state.
        from: Status,
        /// What was asked for; `None` when no action leads to the state that was asked for.
        action: Option<Action>,
        /// What would be possible.
        allowed: Vec<Action>,
    },
    /// Nobody is assigned.
    #[error("no technician is assigned")]
    NoTechnician,
    /// The technician has a job in progress.
    #[error("technician {technician} is busy")]
    TechnicianBusy {
        /// Who.
        technician: Id<Technician>,
        /// With which job.
        job: Option<Id<Intervention>>,
    },
    /// The technician is away.
    #[error("technician {technician} is {availability:?}")]
    TechnicianUnavailable {
        /// Who.
        technician: Id<Technician>,
        /// What they are doing.
        availability: Availability,
    },
    /// The technician's account is not active.
    #[error("technician {technician} is not active")]
    TechnicianInactive {
        /// Who.
        technician: Id<Technician>,
    },
    /// The technician lacks skills, or their certificates have expired.
    #[error("technician {technician} lacks required skills")]
    SkillMissing {
        /// Who.
        technician: Id<Technician>,
        /// What they lack.
        missing: Vec<RequiredSkill>,
    },
    /// The technician has the job already, and nothing else would change.
    #[error("technician {technician} is assigned already")]
    AlreadyAssigned {
        /// Who.
        technician: Id<Technician>,
    },
    /// The job is archived.
    #[error("the job is archived")]
    AlreadyArchived,
    /// The client is suspended, and what it asks for is not urgent.
    #[error("the client is suspended")]
    ClientSuspended,
    /// The equipment does not allow it.
    #[error(transparent)]
    Equipment(#[from] equipment_machine::Refusal),
    /// Fields are missing or wrong.
    #[error("invalid command")]
    Invalid(Issues),
}

impl Refusal {
    /// Stable code of the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidTransition { .. } => "INVALID_TRANSITION",
            Self::NoTechnician => "NO_TECHNICIAN",
            Self::TechnicianBusy { .. } => "TECHNICIAN_BUSY",
            Self::TechnicianUnavailable { .. } => "TECHNICIAN_UNAVAILABLE",
            Self::TechnicianInactive { .. } => "TECHNICIAN_INACTIVE",
            Self::SkillMissing { .. } => "SKILL_MISSING",
            Self::AlreadyAssigned { .. } => "ALREADY_ASSIGNED",
            Self::AlreadyArchived => "ALREADY_ARCHIVED",
            Self::ClientSuspended => "CLIENT_SUSPENDED",
            Self::Equipment(refusal) => refusal.code(),
            Self::Invalid(_) => "VALIDATION_ERROR",
        }
    }
}

impl From<Issues> for Refusal {
    fn from(issues: Issues) -> Self {
        Self::Invalid(issues)
    }
}
