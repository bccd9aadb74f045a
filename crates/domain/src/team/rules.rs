//! Rules for the data of teams.

use super::Team;
use crate::text::Issues;

/// Whether the data of a team are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(team: &Team) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.length("nom", &team.name, 1, 100);
    issues.into_result()
}
