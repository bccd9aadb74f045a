//! What is maintained: some sixty machines in small trees.

mod centre;
mod north;
mod south;

use domain::equipment::Criticality;
use domain::skill::SkillLevel;
use jiff::civil::Date;

use super::Family;
use super::clients::Who;
use super::people::Skill;

/// An equipment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Equipment {
    /// Name by which the tables refer to it.
    pub(crate) key: &'static str,
    pub(crate) owner: Who,
    /// Which of the owner's sites.
    pub(crate) site: usize,
    /// Key of what it is a part of; declared before it.
    pub(crate) parent: Option<&'static str>,
    pub(crate) family: Family,
    pub(crate) name: &'static str,
    pub(crate) model: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) criticality: Criticality,
    pub(crate) location: &'static str,
    pub(crate) installed_on: Date,
    /// Cost of a new one, in thousands of MAD.
    pub(crate) value: i64,
    /// Hours of operation; none without a meter.
    pub(crate) hours: Option<i64>,
    /// Days between preventive maintenances, and in how many days the next one is due (negative:
    /// overdue).
    pub(crate) visits: Option<(i32, i32)>,
    pub(crate) needs: &'static [(Skill, SkillLevel)],
}

/// All equipment, parents before their parts.
pub(crate) fn all() -> impl Iterator<Item = &'static Equipment> {
    centre::ROWS.iter().chain(north::ROWS).chain(south::ROWS)
}

/// What work on it takes, where not anybody may do it.
pub(crate) const PERMIT: &[(Skill, SkillLevel)] = &[(Skill::ElectricalPermit, SkillLevel::Intermediate)];
const PERMIT_ADVANCED: &[(Skill, SkillLevel)] = &[(Skill::ElectricalPermit, SkillLevel::Advanced)];
const FLUIDS: &[(Skill, SkillLevel)] = &[(Skill::Refrigeration, SkillLevel::Intermediate)];
const AMMONIA: &[(Skill, SkillLevel)] = &[
    (Skill::Refrigeration, SkillLevel::Advanced),
    (Skill::ElectricalPermit, SkillLevel::Intermediate),
];
const STEAM: &[(Skill, SkillLevel)] = &[(Skill::Steam, SkillLevel::Advanced)];
const HEIGHTS: &[(Skill, SkillLevel)] = &[(Skill::Heights, SkillLevel::Beginner)];
const NOTHING: &[(Skill, SkillLevel)] = &[];
