//! Rules for the data of a job, whatever is done to it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Intervention, Priority};
use crate::equipment::Equipment;
use crate::skill::{self, RequiredSkill};
use crate::text::{FieldIssue, IssueCode, Issues, Lengths, MAX_REASON, MAX_REPORT};
use crate::time::local_date;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 255;
/// Fewest and most characters of a description.
pub const DESCRIPTION: (usize, usize) = (10, 2000);
/// The texts of a job: of its data, of its closing and of the words about it.
pub const TEXTS: Lengths = &[
    ("titre", 1, MAX_TITLE),
    ("description", DESCRIPTION.0, DESCRIPTION.1),
    ("diagnostic", 0, MAX_REPORT),
    ("compte_rendu", 0, MAX_REPORT),
    ("mode_defaillance", 0, MAX_CODE),
    ("mecanisme_defaillance", 0, MAX_CODE),
    ("cause_defaillance", 0, MAX_CODE),
    ("motif", 0, MAX_REASON),
    ("commentaire", 0, MAX_REASON),
    ("commentaire_client", 0, MAX_REASON),
];
/// Longest code of a failure mode, mechanism or cause.
pub const MAX_CODE: usize = 50;
/// Estimated duration of a job for which nobody said one.
pub const DEFAULT_MINUTES: i32 = 60;

/// What is wrong with the data of a job, by wire name.
pub(crate) fn issues(job: &Intervention) -> Issues {
    let mut issues = Issues::default();
    let closing = &job.closing;
    let texts = [
        ("titre", Some(job.title.as_str())),
        ("description", Some(job.description.as_str())),
        ("diagnostic", closing.diagnosis.as_deref()),
        ("compte_rendu", closing.report.as_deref()),
        ("mode_defaillance", closing.failure_mode.as_deref()),
        ("mecanisme_defaillance", closing.failure_mechanism.as_deref()),
        ("cause_defaillance", closing.failure_cause.as_deref()),
    ];
    issues.lengths(TEXTS, texts);
    if job.estimated_minutes <= 0 {
        issues.0.push(FieldIssue::expecting(
            "duree_estimee_minutes",
            IssueCode::OutOfRange,
            "> 0",
        ));
    }
    issues.0.extend(skill::rules::required(&job.required_skills).0);
    issues
}

/// Whether a job is urgent: when somebody says so, and always when it is critical.
pub fn is_urgent(asked: bool, priority: Priority) -> bool {
    asked || priority == Priority::Critical
}

/// Whether a job is urgent after a change of it to this priority: what is asked for; else what it
/// was, but urgency that came from a critical priority goes with it.
pub fn urgent_after(before: &Intervention, priority: Priority, asked: Option<bool>) -> bool {
    let downgraded = before.priority == Priority::Critical && priority != Priority::Critical;
    is_urgent(asked.unwrap_or(before.urgent && !downgraded), priority)
}

/// The day on which a job that is planned for then is to be done: skills must be valid on it. What
/// is not planned, or late, is for today.
pub fn day_of_work(planned_at: Option<Timestamp>, now: Timestamp) -> Date {
    let today = local_date(now);
    planned_at.map_or(today, |at| local_date(at).max(today))
}

/// What the technician of a job must master: what the job asks for and what its equipment asks for,
/// each skill once, at the higher level.
pub fn required_skills(job: &[RequiredSkill], equipment: &Equipment) -> Vec<RequiredSkill> {
    let mut all: Vec<RequiredSkill> = Vec::with_capacity(job.len() + equipment.required_skills.len());
    for wanted in job.iter().chain(&equipment.required_skills) {
        match all.iter_mut().find(|known| known.skill == wanted.skill) {
            Some(known) => known.min_level = known.min_level.max(wanted.min_level),
            None => all.push(*wanted),
        }
    }
    all
}
