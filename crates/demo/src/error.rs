//! Why there is no demonstration.

use application::AppError;
use application::error::{Code, Detail};

/// What kept the demonstration from being made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The database holds accounts that are not those of a whole demonstration.
    #[error(
        "this database already holds accounts, and they are not those of a complete demonstration: \
         nothing was changed; start from an empty, migrated database"
    )]
    NotEmpty,
    /// A use case refused a step.
    #[error("{step}: {source}{details}", details = details(source))]
    Step {
        /// What was being made.
        step: String,
        /// Why not.
        source: AppError,
    },
    /// The tables of the demonstration contradict themselves.
    #[error("the demonstration's own tables are inconsistent: {0}")]
    Table(String),
    /// A date that cannot be computed.
    #[error("date out of range: {0}")]
    Date(#[from] jiff::Error),
}

impl From<SeedError> for AppError {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::NotEmpty => AppError::Rule {
                code: Code::AlreadyExists,
                details: vec![("raison", Detail::Text(error.to_string()))],
            },
            SeedError::Step { source, .. } => source,
            SeedError::Table(_) | SeedError::Date(_) => AppError::Internal(error.into()),
        }
    }
}

/// Further members of a refusal: without them nobody knows what to correct.
fn details(error: &AppError) -> String {
    match error {
        AppError::Rule { details, .. } if !details.is_empty() => format!(" {details:?}"),
        AppError::Internal(source) | AppError::Unavailable(source) => format!(": {source}"),
        _ => String::new(),
    }
}

/// Names the step that failed.
pub(crate) trait During<T> {
    /// Names the step that failed.
    fn during(self, step: impl FnOnce() -> String) -> Result<T, SeedError>;
}

impl<T> During<T> for Result<T, AppError> {
    fn during(self, step: impl FnOnce() -> String) -> Result<T, SeedError> {
        self.map_err(|source| SeedError::Step { step: step(), source })
    }
}

/// A row that the tables refer to but do not have.
pub(crate) fn missing(what: impl std::fmt::Debug) -> SeedError {
    SeedError::Table(format!("{what:?} is not in its table"))
}
