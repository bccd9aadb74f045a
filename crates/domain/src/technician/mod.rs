//! Technicians: their profile, skills and present availability.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Id;
use crate::skill::HeldSkill;
use crate::team::Team;
use crate::user::User;
use crate::vocab::vocab;

pub mod machine;
pub mod rules;
pub mod store;

pub use store::{TechnicianDetail, TechnicianFilter, TechnicianQueries, TechnicianSort, TechnicianStore};

vocab! {
    /// What a technician is doing now.
    Availability {
        /// Free to take a job.
        Available = "disponible",
        /// Has a job in progress.
        Busy = "occupe",
        /// On leave.
        OnLeave = "conge",
        /// In training.
        InTraining = "formation",
        /// Away for another reason (sick, emergency).
        Unavailable = "indisponible",
    }
}

/// A technician's profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Technician {
    /// The account, of role technicien.
    pub user: Id<User>,
    /// Trade, as a label.
    pub specialty: Option<String>,
    /// Team.
    pub team: Option<Id<Team>>,
    /// What they are doing now.
    pub availability: Availability,
    /// An absence that began during a job and takes effect when the job releases them.
    pub pending_absence: Option<Availability>,
    /// Zone that they serve, matched to the zones of sites.
    pub zone: Option<String>,
    /// Day of hiring.
    pub hired_on: Option<Date>,
    /// Cost of an hour in MAD, ≥ 0.
    pub hourly_rate: Option<Decimal>,
    /// Telephone.
    pub phone: Option<String>,
    /// Skills, one entry per skill.
    pub skills: Vec<HeldSkill>,
}
