//! What an event is about and whom it concerns, read when it is told.

use domain::Id;
use domain::event::Event;
use domain::intervention::{Intervention, Status};
use domain::notification::{About, Circumstances, Concerned, NotificationKind};
use domain::ports::Tx;
use domain::technician::{Availability, Technician};

use super::texts::Facts;
use crate::error::AppError;

/// What an event is about, and whom it concerns.
pub(super) struct Matter {
    pub about: About,
    pub facts: Facts,
    pub circumstances: Circumstances,
    pub concerned: Concerned,
}

/// Reads what the event is about; `None` when there is nothing to tell.
pub(super) fn matter(tx: &mut dyn Tx, event: &Event) -> Result<Option<Matter>, AppError> {
    match *event {
        Event::InterventionStatusChanged { .. } => Ok(None),
        Event::InterventionCreated { id }
        | Event::InterventionRescheduled { id }
        | Event::InterventionClosed { id }
        | Event::InterventionCancelled { id } => job(tx, id, None, None),
        Event::InterventionAssigned {
            id,
            technician,
            previous,
        } => job(tx, id, technician, previous),
        Event::EquipmentDown { id, job } => {
            let Some(facts) = tx.notifications().equipment_facts(id)? else {
                return Ok(None);
            };
            let still_down = facts.failed_at.is_some();
            Ok(Some(Matter {
                about: About::Equipment(id),
                facts: Facts::Equipment(facts),
                circumstances: Circumstances {
                    still_down,
                    ..Circumstances::default()
                },
                concerned: tx.notifications().concerned_by_equipment(id, job)?,
            }))
        }
        Event::TechnicianAvailabilityChanged { to, .. } if to != Availability::Unavailable => Ok(None),
        Event::TechnicianAvailabilityChanged { id, .. } => {
            let Some(facts) = tx.notifications().technician_facts(id)? else {
                return Ok(None);
            };
            let away_with_open_jobs =
                facts.availability == Availability::Unavailable && !facts.open_jobs.is_empty();
            Ok(Some(Matter {
                about: About::Technician(id),
                facts: Facts::Technician(facts),
                circumstances: Circumstances {
                    away_with_open_jobs,
                    ..Circumstances::default()
                },
                concerned: tx.notifications().concerned_by_technician(id)?,
            }))
        }
    }
}

fn job(
    tx: &mut dyn Tx,
    id: Id<Intervention>,
    assigned: Option<Id<Technician>>,
    previous: Option<Id<Technician>>,
) -> Result<Option<Matter>, AppError> {
    let Some(facts) = tx.notifications().job_facts(id)? else {
        return Ok(None);
    };
    let circumstances = Circumstances {
        over: matches!(facts.status, Status::Closed | Status::Cancelled),
        urgent: facts.urgent,
        requested: facts.requested,
        still_assigned: assigned.is_some() && assigned == facts.technician,
        still_withdrawn: previous != facts.technician,
        ..Circumstances::default()
    };
    let mut concerned = tx.notifications().concerned_by_job(id)?;
    if let Some(previous) = previous {
        let technician = tx.notifications().concerned_by_technician(previous)?.technician;
        concerned.previous = match technician {
            Some(person)
                if tx
                    .notifications()
                    .was_told(id, person.user, NotificationKind::Assignment)? =>
            {
                Some(person)
            }
            _ => None,
        };
    }
    Ok(Some(Matter {
        about: About::Intervention(id),
        facts: Facts::Job(facts),
        circumstances,
        concerned,
    }))
}
