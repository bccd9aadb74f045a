//! What refusals of the machine mean to the caller, with what would work.

use domain::intervention::edit::EditRefusal;
use domain::intervention::machine::Refusal;
use domain::skill::RequiredSkill;
use domain::technician::Technician;
use domain::{Id, Vocab};

use crate::equipment::effects;
use crate::error::{AppError, Code, Detail};

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let rule = |code, details| Self::Rule { code, details };
        match refusal {
            Refusal::Invalid(issues) => issues.into(),
            Refusal::Equipment(refusal) => effects::refused(refusal),
            Refusal::InvalidTransition {
                from,
                action,
                allowed,
            } => {
                let mut details = vec![
                    ("statut", Detail::Text(from.code().to_owned())),
                    (
                        "actions_possibles",
                        Detail::List(allowed.iter().map(|a| a.code().to_owned()).collect()),
                    ),
                ];
                if let Some(action) = action {
                    details.push(("action", Detail::Text(action.code().to_owned())));
                }
                rule(Code::InvalidTransition, details)
            }
            Refusal::NoTechnician => Self::rule(Code::NoTechnician),
            Refusal::TechnicianBusy { technician, job } => {
                let mut details = vec![("technicien_id", Detail::Number(technician.get()))];
                if let Some(job) = job {
                    details.push(("intervention_id", Detail::Number(job.get())));
                }
                rule(Code::TechnicianBusy, details)
            }
            Refusal::TechnicianUnavailable {
                technician,
                availability,
            } => rule(
                Code::TechnicianUnavailable,
                vec![
                    ("technicien_id", Detail::Number(technician.get())),
                    ("disponibilite", Detail::Text(availability.code().to_owned())),
                ],
            ),
            Refusal::TechnicianInactive { technician } => rule(
                Code::TechnicianInactive,
                vec![("technicien_id", Detail::Number(technician.get()))],
            ),
            Refusal::SkillMissing { technician, missing } => skill_missing(technician, &missing),
            Refusal::AlreadyAssigned { technician } => rule(
                Code::AlreadyAssigned,
                vec![("technicien_id", Detail::Number(technician.get()))],
            ),
            Refusal::AlreadyArchived => Self::rule(Code::AlreadyArchived),
            Refusal::ClientSuspended => Self::rule(Code::ClientSuspended),
        }
    }
}

impl From<EditRefusal> for AppError {
    fn from(refusal: EditRefusal) -> Self {
        let names = |fields: Vec<&'static str>| fields.into_iter().map(str::to_owned).collect::<Vec<_>>();
        match refusal {
            EditRefusal::Invalid(issues) => issues.into(),
            EditRefusal::Forbidden { fields } => Self::DeniedFields(names(fields)),
            EditRefusal::Frozen {
                status,
                archived,
                fields,
            } => {
                let mut details = vec![
                    ("statut", Detail::Text(status.code().to_owned())),
                    ("champs", Detail::List(names(fields))),
                ];
                if archived {
                    details.push(("archivee", Detail::Text("true".to_owned())));
                }
                Self::Rule {
                    code: Code::ReadOnlyState,
                    details,
                }
            }
            EditRefusal::EquipmentOutOfService => Self::rule(Code::EquipmentOutOfService),
            EditRefusal::AboutFailure { failure } => Self::Rule {
                code: Code::AboutFailure,
                details: vec![("panne_id", Detail::Number(failure.get()))],
            },
            EditRefusal::SkillMissing { technician, missing } => skill_missing(technician, &missing),
            EditRefusal::NotClosed => Self::rule(Code::NotClosed),
            EditRefusal::AlreadyRated => Self::rule(Code::AlreadyRated),
        }
    }
}

fn skill_missing(technician: Id<Technician>, missing: &[RequiredSkill]) -> AppError {
    let skills = missing.iter().map(|m| m.skill.to_string()).collect();
    AppError::Rule {
        code: Code::SkillMissing,
        details: vec![
            ("technicien_id", Detail::Number(technician.get())),
            ("competences", Detail::List(skills)),
        ],
    }
}
