//! What somebody may ask of a job, typed, with the checks that need nothing but the command.

use jiff::Timestamp;

use crate::Id;
use crate::intervention::rules::MAX_CODE;
use crate::intervention::{Action, Outcome, WaitReason};
use crate::technician::Technician;
use crate::text::{FieldIssue, IssueCode, Issues, MAX_REASON, MAX_REPORT};

/// Fewest characters of a report.
pub const MIN_REPORT: usize = 10;

/// Gives a job to a technician.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// Who takes it.
    pub technician: Id<Technician>,
    /// When it is planned; absent: as before.
    pub planned_at: Option<Timestamp>,
    /// Estimated duration; absent: as before.
    pub estimated_minutes: Option<i32>,
    /// A word for the history, such as why a suggestion was not followed.
    pub comment: Option<String>,
}

/// Closes a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Close {
    /// What was done; absent: the report that was written before.
    pub report: Option<String>,
    /// How the equipment is left; absent: operational, if no failure is open.
    pub outcome: Option<Outcome>,
    /// Findings; absent: as before.
    pub diagnosis: Option<String>,
    /// Failure mode; absent: as before.
    pub failure_mode: Option<String>,
    /// Failure mechanism; absent: as before.
    pub failure_mechanism: Option<String>,
    /// Failure cause; absent: as before.
    pub failure_cause: Option<String>,
    /// Cancel the open jobs on an equipment that is decommissioned with this close.
    pub cancel_open: bool,
    /// A word for the history.
    pub comment: Option<String>,
}

/// What somebody asks of an existing job.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Give it to a technician.
    Assign(Assign),
    /// Take the technician off.
    Unassign {
        /// A word for the history.
        comment: Option<String>,
    },
    /// Start work.
    Start {
        /// A word for the history.
        comment: Option<String>,
    },
    /// Interrupt work.
    Hold {
        /// Why; mandatory.
        reason: Option<WaitReason>,
        /// The owner uses the equipment meanwhile.
        equipment_returned: bool,
        /// A word for the history.
        comment: Option<String>,
    },
    /// Resume work.
    Resume {
        /// A word for the history.
        comment: Option<String>,
    },
    /// Close it.
    Close(Close),
    /// Cancel it.
    Cancel {
        /// Why; mandatory.
        reason: Option<String>,
    },
    /// Put it away.
    Archive,
}

impl Command {
    /// The action that this asks for.
    pub fn action(&self) -> Action {
        match self {
            Self::Assign(_) => Action::Assign,
            Self::Unassign { .. } => Action::Unassign,
            Self::Start { .. } => Action::Start,
            Self::Hold { .. } => Action::Hold,
            Self::Resume { .. } => Action::Resume,
            Self::Close(_) => Action::Close,
            Self::Cancel { .. } => Action::Cancel,
            Self::Archive => Action::Archive,
        }
    }

    /// The word for the history.
    pub fn comment(&self) -> Option<&str> {
        let comment = match self {
            Self::Assign(Assign { comment, .. })
            | Self::Close(Close { comment, .. })
            | Self::Unassign { comment }
            | Self::Start { comment }
            | Self::Hold { comment, .. }
            | Self::Resume { comment } => comment.as_deref(),
            Self::Cancel { .. } | Self::Archive => None,
        };
        comment.map(str::trim).filter(|c| !c.is_empty())
    }

    /// What is wrong with the command itself, before anything is known of the job.
    pub fn validate(&self) -> Issues {
        let mut issues = Issues::default();
        issues.optional_length("commentaire", self.comment(), MAX_REASON);
        match self {
            Self::Assign(assign) => {
                let minutes = assign.estimated_minutes;
                if minutes.is_some_and(|m| m <= 0) {
                    issues.0.push(FieldIssue::expecting(
                        "duree_estimee_minutes",
                        IssueCode::OutOfRange,
                        "> 0",
                    ));
                }
            }
            Self::Hold { reason, .. } => issues.when(reason.is_none(), "motif", IssueCode::Required),
            Self::Cancel { reason } => {
                issues.length(
                    "motif",
                    reason.as_deref().unwrap_or_default().trim(),
                    1,
                    MAX_REASON,
                );
            }
            Self::Close(close) => close.check(&mut issues),
            Self::Unassign { .. } | Self::Start { .. } | Self::Resume { .. } | Self::Archive => {}
        }
        issues
    }
}

impl Close {
    fn check(&self, issues: &mut Issues) {
        if let Some(report) = &self.report {
            issues.length("compte_rendu", report.trim(), MIN_REPORT, MAX_REPORT);
        }
        issues.optional_length("diagnostic", self.diagnosis.as_deref(), MAX_REPORT);
        for (field, code) in [
            ("mode_defaillance", &self.failure_mode),
            ("mecanisme_defaillance", &self.failure_mechanism),
            ("cause_defaillance", &self.failure_cause),
        ] {
            issues.optional_length(field, code.as_deref(), MAX_CODE);
        }
        let retires = self.outcome == Some(Outcome::Decommissioned);
        issues.when(
            self.cancel_open && !retires,
            "annuler_ouvertes",
            IssueCode::Inconsistent,
        );
    }
}
