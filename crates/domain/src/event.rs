//! What happened, for whoever must know after the commit. One event is one row of the outbox.

use jiff::Timestamp;

use crate::Id;
use crate::equipment::Equipment;
use crate::intervention::{Intervention, Status};
use crate::technician::{Availability, Technician};
use crate::user::User;

/// A fact that a committed change produced.
#[derive(Debug, Clone, PartialEq, Eq, strum::EnumCount)]
pub enum Event {
    /// A job was created.
    InterventionCreated {
        /// Which.
        id: Id<Intervention>,
    },
    /// A job has a (new) technician, or none any more.
    InterventionAssigned {
        /// Which.
        id: Id<Intervention>,
        /// The new technician; `None` when the job has lost its technician.
        technician: Option<Id<Technician>>,
        /// The one before.
        previous: Option<Id<Technician>>,
    },
    /// The planned date of a job that has a technician has moved.
    InterventionRescheduled {
        /// Which.
        id: Id<Intervention>,
        /// Who is to go there.
        technician: Id<Technician>,
        /// The new date; `None` when it is no longer planned.
        planned_at: Option<Timestamp>,
    },
    /// A job that was there has become urgent, or critical.
    InterventionRaised {
        /// Which.
        id: Id<Intervention>,
    },
    /// A job has another state.
    InterventionStatusChanged {
        /// Which.
        id: Id<Intervention>,
        /// The state before.
        from: Status,
        /// The state now.
        to: Status,
    },
    /// A job was closed.
    InterventionClosed {
        /// Which.
        id: Id<Intervention>,
    },
    /// A job was cancelled.
    InterventionCancelled {
        /// Which.
        id: Id<Intervention>,
    },
    /// An equipment failed.
    EquipmentDown {
        /// Which.
        id: Id<Equipment>,
        /// The job that it was declared with or found by: its technician's lead is told.
        job: Option<Id<Intervention>>,
    },
    /// A technician's availability changed.
    TechnicianAvailabilityChanged {
        /// Who.
        id: Id<Technician>,
        /// Before.
        from: Availability,
        /// Now.
        to: Availability,
    },
}

impl Event {
    /// Stable name, such as `intervention.creee`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InterventionCreated { .. } => "intervention.creee",
            Self::InterventionAssigned { .. } => "intervention.affectee",
            Self::InterventionRescheduled { .. } => "intervention.replanifiee",
            Self::InterventionRaised { .. } => "intervention.priorite_relevee",
            Self::InterventionStatusChanged { .. } => "intervention.statut_change",
            Self::InterventionClosed { .. } => "intervention.cloturee",
            Self::InterventionCancelled { .. } => "intervention.annulee",
            Self::EquipmentDown { .. } => "equipement.en_panne",
            Self::TechnicianAvailabilityChanged { .. } => "technicien.disponibilite_change",
        }
    }
}

/// Identifier of a stored event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(pub i64);

/// An event as the outbox gives it back.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Identifier.
    pub id: EventId,
    /// What happened.
    pub event: Event,
    /// When.
    pub occurred_at: Timestamp,
    /// Who did it; `None` for the system.
    pub actor: Option<Id<User>>,
    /// The request that did it.
    pub correlation_id: String,
}
