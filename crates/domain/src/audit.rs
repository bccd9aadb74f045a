//! The audit log: who did what to which object, written by the unit of work itself.

use crate::Id;
use crate::user::User;

/// Who stands behind a unit of work; goes on every audit row that it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The acting user; `None` for the system or before sign-in.
    pub actor: Option<Id<User>>,
    /// Address of the client.
    pub ip: Option<String>,
    /// The request.
    pub correlation_id: String,
}

impl Origin {
    /// A unit of work that the product starts by itself.
    pub fn system(correlation_id: impl Into<String>) -> Self {
        Self {
            actor: None,
            ip: None,
            correlation_id: correlation_id.into(),
        }
    }
}

/// An entry for something that is not the change of a row: a sign-in, a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// What, e.g. `session_ouverte`, `connexion_refusee`.
    pub action: &'static str,
    /// Kind of object, e.g. `users`.
    pub object: &'static str,
    /// Which one.
    pub object_id: Option<i64>,
    /// Further facts as names and texts; never a secret.
    pub facts: Vec<(&'static str, String)>,
}

/// Entries that stores cannot write by themselves. Changes of rows are recorded by the stores.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AuditLog {
    /// Adds an entry to those that commit with the unit of work.
    fn record(&mut self, event: &AuditEvent);
}
