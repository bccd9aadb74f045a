//! Skills of technicians, and what jobs and equipment ask for.

use async_trait::async_trait;
use jiff::civil::Date;

use crate::error::Repo;
use crate::page::{Page, PageRequest};
use crate::user::User;
use crate::vocab::vocab;
use crate::{Id, Record};

pub mod rules;

vocab! {
    /// How well somebody masters a skill, from least to most.
    SkillLevel {
        /// Beginner.
        Beginner = "debutant",
        /// Intermediate.
        Intermediate = "intermediaire",
        /// Advanced.
        Advanced = "avance",
        /// Expert.
        Expert = "expert",
    }
}

/// A skill.
#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    /// Name, unique.
    pub name: String,
    /// Field of work.
    pub domain: Option<String>,
    /// Whether a certificate is needed to practise it: who has the skill has it until a day.
    pub certification_required: bool,
}

/// A skill that somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldSkill {
    /// Which.
    pub skill: Id<Skill>,
    /// How well.
    pub level: SkillLevel,
    /// Last day on which the certificate is valid; after it the skill counts as absent. Without one the
    /// skill does not expire, or, when it needs a certificate, counts as absent.
    pub valid_until: Option<Date>,
}

/// A skill that a job or an equipment asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredSkill {
    /// Which.
    pub skill: Id<Skill>,
    /// At least this well.
    pub min_level: SkillLevel,
}

impl HeldSkill {
    /// Whether this satisfies what is asked for on `day`.
    pub fn satisfies(&self, required: &RequiredSkill, day: Date) -> bool {
        self.skill == required.skill
            && self.level >= required.min_level
            && self.valid_until.is_none_or(|last| day <= last)
    }
}

/// Those of `held` that count at all: a skill that is among `uncertified` lacks the certificate that
/// it needs.
pub fn proven(held: &[HeldSkill], uncertified: &[Id<Skill>]) -> Vec<HeldSkill> {
    held.iter()
        .filter(|h| !uncertified.contains(&h.skill))
        .copied()
        .collect()
}

/// What of `required` nobody's `held` skills satisfy on `day`.
pub fn missing(held: &[HeldSkill], required: &[RequiredSkill], day: Date) -> Vec<RequiredSkill> {
    required
        .iter()
        .filter(|r| !held.iter().any(|h| h.satisfies(r, day)))
        .copied()
        .collect()
}

vocab! {
    /// What a list of skills may be sorted by.
    SkillSort {
        /// Identifier.
        Id = "id",
        /// Name.
        Name = "nom",
    }
}

/// Skills inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait SkillStore {
    /// Those of `ids` that do not exist, in order.
    fn unknown(&mut self, ids: &[Id<Skill>]) -> Repo<Vec<Id<Skill>>>;
    /// Those of `ids` that need a certificate, in order.
    fn needing_certificate(&mut self, ids: &[Id<Skill>]) -> Repo<Vec<Id<Skill>>>;
    /// Stores a new skill.
    fn insert(&mut self, skill: &Skill, by: Option<Id<User>>) -> Repo<Record<Skill>>;
    /// The skill, locked.
    fn lock(&mut self, id: Id<Skill>) -> Repo<Option<Record<Skill>>>;
    /// Writes the changes.
    fn update(&mut self, before: &Record<Skill>, after: &Skill) -> Repo<Record<Skill>>;
    /// Removes it; `Conflict(InUse)` when somebody has it or something asks for it.
    fn delete(&mut self, before: &Record<Skill>) -> Repo<()>;
}

/// Skills outside of a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SkillQueries: Send + Sync {
    /// The skill.
    async fn find(&self, id: Id<Skill>) -> Repo<Option<Record<Skill>>>;
    /// One page of skills.
    async fn list(&self, page: &PageRequest<SkillSort>) -> Repo<Page<Record<Skill>>>;
}
