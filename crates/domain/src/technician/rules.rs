//! Rules for the data of technicians.

use super::Technician;
use crate::skill;
use crate::text::{Issues, Lengths, MAX_PHONE};

/// The texts of a technician.
pub const TEXTS: Lengths = &[
    ("specialite", 0, 100),
    ("zone_intervention", 0, 100),
    ("telephone", 0, MAX_PHONE),
];

/// Whether the data of a technician are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(technician: &Technician) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("specialite", technician.specialty.as_deref()),
        ("zone_intervention", technician.zone.as_deref()),
    ];
    issues.lengths(TEXTS, texts);
    issues.amount("taux_horaire", technician.hourly_rate, 13, 2);
    issues.phone("telephone", technician.phone.as_deref());
    issues.0.extend(skill::rules::held(&technician.skills).0);
    issues.into_result()
}
