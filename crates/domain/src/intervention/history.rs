//! The business history of an intervention: one entry per change, never altered.

use jiff::Timestamp;

use super::{Action, Intervention};
use crate::Id;
use crate::user::User;
use crate::vocab::vocab;

vocab! {
    /// Kind of change.
    HistoryAction {
        /// Created.
        Created = "creation",
        /// Assigned, reassigned or unassigned.
        Assigned = "affectation",
        /// Another state.
        StatusChanged = "changement_statut",
        /// Another date or duration.
        Rescheduled = "replanification",
        /// A part was used.
        PartAdded = "piece_ajoutee",
        /// A document was added.
        DocumentAdded = "document_ajoute",
        /// Data changed or something was said.
        Commented = "commentaire",
        /// Closed.
        Closed = "cloture",
        /// Cancelled.
        Cancelled = "annulation",
        /// Put away.
        Archived = "archivage",
    }
}

impl From<Action> for HistoryAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Create => Self::Created,
            Action::Assign | Action::Unassign => Self::Assigned,
            Action::Start | Action::Hold | Action::Resume => Self::StatusChanged,
            Action::Close => Self::Closed,
            Action::Cancel => Self::Cancelled,
            Action::Archive => Self::Archived,
        }
    }
}

/// One field that changed, by its wire name, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Wire name.
    pub field: &'static str,
    /// Value before; `None` for empty.
    pub before: Option<String>,
    /// Value after; `None` for empty.
    pub after: Option<String>,
}

/// A change to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewHistory {
    /// Of which job.
    pub intervention: Id<Intervention>,
    /// By whom; `None` for the system.
    pub user: Option<Id<User>>,
    /// Kind.
    pub action: HistoryAction,
    /// A French sentence.
    pub details: String,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub changes: Vec<FieldChange>,
}

/// A change as a reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Identifier, rising with time.
    pub id: i64,
    /// Of which job.
    pub intervention: Id<Intervention>,
    /// Number of that job.
    pub number: String,
    /// By whom.
    pub user: Option<Id<User>>,
    /// Their name.
    pub user_name: Option<String>,
    /// Kind.
    pub action: HistoryAction,
    /// A French sentence.
    pub details: String,
    /// When.
    pub at: Timestamp,
    /// Field, before, after.
    pub changes: Vec<(String, Option<String>, Option<String>)>,
}
