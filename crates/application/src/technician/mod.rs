//! Technicians: profile, skills, availability.

pub mod availability;
pub mod available;
pub mod create;
pub mod delete;
pub mod read;
pub mod update;

pub use availability::{AvailabilityChange, change_availability};
pub use available::available;
pub use create::{Account, CreateTechnician, TechnicianProfile, create};
pub use delete::delete;
pub use read::{find, list};
pub use update::{EditTechnician, update};

use domain::policy::{Permission, Target};
use domain::ports::Tx;
use domain::skill::{HeldSkill, Skill, rules};
use domain::technician::machine::{self, Action};
use domain::technician::{Availability, Technician, TechnicianDetail};
use domain::text::{FieldIssue, IssueCode, Issues};
use domain::{Id, Record};

use crate::ctx::Ctx;
use crate::error::AppError;

/// A technician as one caller may see them.
#[derive(Debug, Clone, PartialEq)]
pub struct TechnicianView {
    /// Everything that is known.
    pub detail: TechnicianDetail,
    /// Whether rate and e-mail may be shown; colleagues call each other, so telephones are.
    pub private: bool,
    /// What the caller may do to the availability now.
    pub actions: Vec<Action>,
}

impl TechnicianView {
    /// Whether they could take a job now.
    pub fn is_available(&self) -> bool {
        self.detail.is_active && self.detail.record.availability == Availability::Available
    }
}

/// What ties a technician's profile to people.
fn target(record: &Record<Technician>) -> Target {
    Target {
        user: Some(record.user),
        technician: Some(record.id),
        team: record.team,
        ..Target::default()
    }
}

/// The technician as the caller may see them.
fn view(ctx: &Ctx, detail: TechnicianDetail) -> TechnicianView {
    let target = target(&detail.record);
    let private = ctx.actor.reaches(Permission::TechnicianViewPrivate, &target);
    let actions = match ctx.actor.reaches(machine::PERMISSION, &target) {
        true => machine::allowed(&detail.record),
        false => Vec::new(),
    };
    TechnicianView {
        detail,
        private,
        actions,
    }
}

/// What a write answers with, read where it was written.
fn written(tx: &mut dyn Tx, ctx: &Ctx, id: Id<Technician>) -> Result<TechnicianView, AppError> {
    let detail = tx.technicians().detail(id)?.ok_or(AppError::StaleRow)?;
    Ok(view(ctx, detail))
}

/// Whether what the profile newly refers to exists, and whether a skill that is newly declared has the
/// certificate that it needs; everything that is wrong is named at once.
fn check_references(
    tx: &mut dyn Tx,
    before: Option<&Technician>,
    after: &Technician,
) -> Result<(), AppError> {
    let mut issues = Issues::default();
    if let Some(team) = after.team
        && before.is_none_or(|b| b.team != Some(team))
    {
        issues.when(
            tx.teams().find(team)?.is_none(),
            "equipe_id",
            IssueCode::UnknownReference,
        );
    }
    let had = |held: &HeldSkill| before.is_some_and(|b| b.skills.iter().any(|s| s.skill == held.skill));
    let new: Vec<Id<Skill>> = after.skills.iter().filter(|h| !had(h)).map(|h| h.skill).collect();
    if !new.is_empty() {
        let unknown = tx.skills().unknown(&new)?;
        for (at, _) in after
            .skills
            .iter()
            .enumerate()
            .filter(|(_, held)| unknown.contains(&held.skill))
        {
            let field = format!("competences[{at}].competence_id");
            issues.0.push(FieldIssue::new(field, IssueCode::UnknownReference));
        }
    }
    let held = before.map_or(&[][..], |b| &b.skills);
    let undated: Vec<Id<Skill>> = rules::undated(held, &after.skills)
        .map(|(_, skill)| skill)
        .collect();
    if !undated.is_empty() {
        let certified = tx.skills().needing_certificate(&undated)?;
        issues
            .0
            .extend(rules::certificates(held, &after.skills, &certified).0);
    }
    Ok(issues.into_result()?)
}
