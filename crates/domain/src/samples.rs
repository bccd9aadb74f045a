//! Objects to start from, for the tests of whoever uses this crate: right by every rule, and bare.
//! A test says what matters to it, with `..samples::equipment(client)` for the rest.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::Id;
use crate::client::Client;
use crate::equipment::{Criticality, Equipment, EquipmentStatus};
use crate::intervention::{Closing, Intervention, Kind, Origin, Priority, Status, rules};
use crate::technician::{Availability, Technician};
use crate::user::User;

/// Whether each variant of an enum is among these: a test that walks a list of all of them asks, so
/// that it fails when a variant is added and the list is not.
pub fn every_variant<T: strum::EnumCount>(members: &[T]) -> bool {
    let found: HashSet<_> = members.iter().map(std::mem::discriminant).collect();
    found.len() == T::COUNT
}

/// An equipment in service.
pub fn equipment(client: Id<Client>) -> Equipment {
    Equipment {
        client,
        site: None,
        parent: None,
        name: "Pompe".to_owned(),
        model: None,
        brand: None,
        serial_number: "P-1".to_owned(),
        kind: "hydraulique".to_owned(),
        status: EquipmentStatus::Operational,
        criticality: Criticality::Standard,
        location: None,
        installed_on: None,
        next_maintenance: None,
        maintenance_every_days: None,
        public_code: "0123456789abcdef0123456789abcdef".to_owned(),
        meter_unit: None,
        meter_value: None,
        replacement_value: None,
        notes: None,
        retirement_reason: None,
        required_skills: Vec::new(),
    }
}

/// An open corrective job of the company's own that nobody has.
pub fn intervention(equipment: Id<Equipment>, client: Id<Client>, opened_at: Timestamp) -> Intervention {
    Intervention {
        number: "INT-2026-00001".to_owned(),
        equipment,
        client,
        site: None,
        technician: None,
        contract: None,
        requester: None,
        follow_up_of: None,
        title: "Fuite".to_owned(),
        description: "Fuite sous le réducteur".to_owned(),
        kind: Kind::Corrective,
        status: Status::Open,
        priority: Priority::Normal,
        urgent: false,
        origin: Origin::Internal,
        opened_at,
        planned_at: None,
        assigned_at: None,
        started_at: None,
        finished_at: None,
        estimated_minutes: rules::DEFAULT_MINUTES,
        wait_reason: None,
        failure: None,
        equipment_returned: false,
        archived_at: None,
        required_skills: Vec::new(),
        closing: Closing::default(),
    }
}

/// A technician who is free and belongs to no team.
pub fn technician(user: Id<User>) -> Technician {
    Technician {
        user,
        specialty: None,
        team: None,
        availability: Availability::Available,
        pending_absence: None,
        zone: None,
        hired_on: None,
        hourly_rate: None,
        phone: None,
        skills: Vec::new(),
    }
}
