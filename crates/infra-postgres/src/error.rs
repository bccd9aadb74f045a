//! What a failure of Diesel means to the callers of the ports.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use domain::error::RepoError;

use crate::constraints;

/// Translates; the only place that does.
pub fn repo(error: Error) -> RepoError {
    match error {
        Error::DatabaseError(kind, info) => database(kind, info),
        Error::BrokenTransactionManager => RepoError::Unavailable(error.into()),
        other => RepoError::Backend(other.into()),
    }
}

fn database(kind: DatabaseErrorKind, info: Box<dyn DatabaseErrorInformation + Send + Sync>) -> RepoError {
    use DatabaseErrorKind as K;
    let name = info.constraint_name().unwrap_or_default().to_owned();
    match kind {
        K::UniqueViolation if constraints::RACES.contains(&name.as_str()) => RepoError::Stale,
        K::UniqueViolation | K::ExclusionViolation | K::CheckViolation => {
            let constraint = constraints::unique_or_check(&name, matches!(kind, K::CheckViolation));
            RepoError::Conflict { constraint, name }
        }
        K::ForeignKeyViolation | K::RestrictViolation => {
            let constraint = constraints::foreign_key(&*info);
            RepoError::Conflict { constraint, name }
        }
        K::SerializationFailure => RepoError::Retryable(text(&*info)),
        // A standby: its primary, or itself when it is promoted, takes writes again.
        K::UnableToSendCommand | K::ClosedConnection | K::ReadOnlyTransaction => {
            RepoError::Unavailable(text(&*info))
        }
        _ => unnamed(&*info),
    }
}

/// Diesel does not pass on the SQLSTATE of these, so they are known by their message; the session
/// asks for untranslated ones (see [`crate::messages`]).
fn unnamed(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> RepoError {
    let message = info.message();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| message.starts_with(p));
    if starts(&["deadlock detected", "could not serialize access"]) {
        RepoError::Retryable(text(info))
    } else if starts(&["canceling statement due to lock timeout", "could not obtain lock"]) {
        RepoError::Locked
    } else if starts(&[
        "canceling statement due to statement timeout",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "sorry, too many clients",
        "remaining connection slots",
        "cannot connect",
        "connection to server",
        "could not connect",
        "no connection to the server",
        "SSL connection has been closed",
    ]) {
        RepoError::Unavailable(text(info))
    } else {
        RepoError::Backend(text(info))
    }
}

fn text(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> domain::error::BoxError {
    let table = info
        .table_name()
        .map(|t| format!(" (table {t})"))
        .unwrap_or_default();
    format!("{}{table}", info.message()).into()
}
