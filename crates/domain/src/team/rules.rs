//! Rules for the data of teams.

use super::Team;
use crate::text::{Issues, Lengths};

/// The texts of a team.
pub const TEXTS: Lengths = &[("nom", 1, 100)];

/// Whether the data of a team are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(team: &Team) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.lengths(TEXTS, [("nom", Some(&team.name))]);
    issues.into_result()
}
