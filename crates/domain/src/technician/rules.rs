//! Rules for the data of technicians.

use super::Technician;
use crate::skill;
use crate::text::Issues;

/// Whether the data of a technician are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(technician: &Technician) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.optional_length("specialite", technician.specialty.as_deref(), 100);
    issues.optional_length("zone_intervention", technician.zone.as_deref(), 100);
    issues.amount("taux_horaire", technician.hourly_rate, 13, 2);
    issues.phone("telephone", technician.phone.as_deref());
    issues.0.extend(skill::rules::held(&technician.skills).0);
    issues.into_result()
}
