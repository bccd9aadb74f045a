//! Interventions (work orders): from a request to a closed job.

use jiff::Timestamp;

use crate::Id;
use crate::client::{Client, Site};
use crate::equipment::{Equipment, Failure};
use crate::skill::RequiredSkill;
use crate::technician::Technician;
use crate::user::User;
use crate::vocab::vocab;

mod diff;
pub mod edit;
pub mod history;
pub mod machine;
pub mod rules;
pub mod store;

pub use diff::diff;
pub use history::{HistoryAction, HistoryEntry};
pub use store::{
    InterventionDetail, InterventionFilter, InterventionQueries, InterventionSort, InterventionStore, Named,
    Suggestion,
};

vocab! {
    /// State of an intervention.
    Status {
        /// Asked for, not begun.
        Open = "ouverte",
        /// Somebody works on it.
        InProgress = "en_cours",
        /// Begun, waiting for something.
        OnHold = "en_attente",
        /// Done.
        Closed = "cloturee",
        /// Will not be done.
        Cancelled = "annulee",
    }
}
vocab! {
    /// What can be done to an intervention; the codes are those of the wire.
    Action {
        /// Create.
        Create = "creer",
        /// Assign a technician.
        Assign = "affecter",
        /// Take the technician off.
        Unassign = "desaffecter",
        /// Start work.
        Start = "demarrer",
        /// Interrupt work.
        Hold = "mettre_en_attente",
        /// Resume work.
        Resume = "reprendre",
        /// Close.
        Close = "cloturer",
        /// Cancel.
        Cancel = "annuler",
        /// Put away; read-only from then on.
        Archive = "archiver",
    }
}
vocab! {
    /// Kind of maintenance.
    Kind {
        /// Repairs a failure.
        Corrective = "corrective",
        /// Prevents one.
        Preventive = "preventive",
        /// Removes the cause of one.
        Curative = "curative",
    }
}
vocab! {
    /// How soon it must be done.
    Priority {
        /// Usual.
        Normal = "normale",
        /// Soon.
        High = "haute",
        /// At once; always urgent.
        Critical = "critique",
    }
}
vocab! {
    /// Where the request came from.
    Origin {
        /// The client's portal.
        Portal = "portail",
        /// The company's staff.
        Internal = "interne",
        /// A preventive plan.
        Plan = "plan",
        /// An alert of a machine.
        Alert = "alerte",
    }
}
vocab! {
    /// Why work is interrupted.
    WaitReason {
        /// Parts are missing.
        Parts = "pieces",
        /// The client must agree.
        ClientApproval = "accord_client",
        /// Somebody else must do something.
        External = "dependance_externe",
        /// The technician is away.
        TechnicianAway = "technicien_indisponible",
    }
}

vocab! {
    /// How a closed job left the equipment.
    Outcome {
        /// Working.
        Operational = "operationnel",
        /// Still failing.
        Down = "en_panne",
        /// Beyond repair.
        Decommissioned = "hors_service",
    }
}

/// An intervention.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervention {
    /// `INT-YYYY-NNNNN`, the year in local time.
    pub number: String,
    /// The equipment; fixed once work has begun.
    pub equipment: Id<Equipment>,
    /// Its owner; never changes.
    pub client: Id<Client>,
    /// The site, from the equipment.
    pub site: Option<Id<Site>>,
    /// Who is assigned.
    pub technician: Option<Id<Technician>>,
    /// The contract that covers it.
    pub contract: Option<i64>,
    /// Who asked; `None` for plans and alerts.
    pub requester: Option<Id<User>>,
    /// The job that this one follows up.
    pub follow_up_of: Option<Id<Intervention>>,
    /// Short title, ≤ 255 characters.
    pub title: String,
    /// What is to be done, 10 to 2000 characters.
    pub description: String,
    /// Kind of maintenance.
    pub kind: Kind,
    /// State; changed by [`machine`] alone.
    pub status: Status,
    /// How soon.
    pub priority: Priority,
    /// Sorts first; always true for `Priority::Critical`.
    pub urgent: bool,
    /// Where it came from.
    pub origin: Origin,
    /// When it was asked for.
    pub opened_at: Timestamp,
    /// When it is planned.
    pub planned_at: Option<Timestamp>,
    /// When the present technician was assigned.
    pub assigned_at: Option<Timestamp>,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was closed.
    pub finished_at: Option<Timestamp>,
    /// Estimated duration in minutes, > 0.
    pub estimated_minutes: i32,
    /// Why it waits, while it does.
    pub wait_reason: Option<WaitReason>,
    /// The failure that it was declared with.
    pub failure: Option<Id<Failure>>,
    /// The equipment was given back to its owner while the job waits.
    pub equipment_returned: bool,
    /// Read-only since.
    pub archived_at: Option<Timestamp>,
    /// Skills that it needs.
    pub required_skills: Vec<RequiredSkill>,
    /// What is known at and after the end.
    pub closing: Closing,
}

/// What is written about a job by the technician and, at its end, by the client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Closing {
    /// First findings.
    pub diagnosis: Option<String>,
    /// Report, ≥ 10 characters at the close.
    pub report: Option<String>,
    /// Failure mode.
    pub failure_mode: Option<String>,
    /// Failure mechanism.
    pub failure_mechanism: Option<String>,
    /// Failure cause.
    pub failure_cause: Option<String>,
    /// How the equipment was left.
    pub outcome: Option<Outcome>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// The client's rating, 1 to 5.
    pub satisfaction: Option<i16>,
    /// The client's words.
    pub client_comment: Option<String>,
    /// When the client rated.
    pub rated_at: Option<Timestamp>,
}

/// Title of a job that was created without one.
pub fn default_title(kind: Kind, equipment_name: &str) -> String {
    let label = match kind {
        Kind::Corrective => "Maintenance corrective",
        Kind::Preventive => "Maintenance préventive",
        Kind::Curative => "Maintenance curative",
    };
    format!("{label} – {equipment_name}").chars().take(255).collect()
}
