//! Rules for skills, and for lists of them.

use std::collections::HashSet;
use std::hash::Hash;

use super::{HeldSkill, RequiredSkill, Skill};
use crate::Id;
use crate::text::{FieldIssue, IssueCode, Issues, Lengths};

/// The texts of a skill.
pub const TEXTS: Lengths = &[("nom", 1, 100), ("domaine", 0, 100)];

/// Whether the data of a skill are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(skill: &Skill) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("nom", Some(skill.name.as_str())),
        ("domaine", skill.domain.as_deref()),
    ];
    issues.lengths(TEXTS, texts);
    issues.into_result()
}

/// A list of required skills names each skill once.
pub fn required(skills: &[RequiredSkill]) -> Issues {
    repeated("competences_requises", skills.iter().map(|s| s.skill))
}

/// A technician has each skill once.
pub fn held(skills: &[HeldSkill]) -> Issues {
    repeated("competences", skills.iter().map(|s| s.skill))
}

/// The skills that a technician is newly said to have, or to have otherwise, without a last day of
/// validity. What stood there before stays: a certificate may have become necessary since.
pub fn undated<'a>(
    before: &'a [HeldSkill],
    after: &'a [HeldSkill],
) -> impl Iterator<Item = (usize, Id<Skill>)> + 'a {
    after
        .iter()
        .enumerate()
        .filter(|(_, held)| held.valid_until.is_none() && !before.contains(held))
        .map(|(at, held)| (at, held.skill))
}

/// A skill that needs a certificate is declared with the day until which that is valid. `certified`
/// are the skills that need one.
pub fn certificates(before: &[HeldSkill], after: &[HeldSkill], certified: &[Id<Skill>]) -> Issues {
    let mut issues = Issues::default();
    for (at, _) in undated(before, after).filter(|(_, skill)| certified.contains(skill)) {
        let field = format!("competences[{at}].valide_jusqu_au");
        issues.0.push(FieldIssue::new(field, IssueCode::Required));
    }
    issues
}

fn repeated<T: Hash + Eq>(list: &str, skills: impl Iterator<Item = T>) -> Issues {
    let mut seen = HashSet::new();
    let mut issues = Issues::default();
    for (at, skill) in skills.enumerate() {
        if !seen.insert(skill) {
            let field = format!("{list}[{at}].competence_id");
            issues.0.push(FieldIssue::new(field, IssueCode::Inconsistent));
        }
    }
    issues
}
