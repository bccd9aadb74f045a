//! What a use case may answer instead of a result, each with a stable code.

use domain::error::{BoxError, Constraint, RepoError};
use domain::ports::{HashError, TxError};
use domain::text::{FieldIssue, IssueCode, Issues};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Stable codes of the answers of use cases; part of the wire contract. The adapter's own codes
/// (malformed JSON, unknown route…) are declared beside these in the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Something is wrong with one or more fields.
    ValidationError,
    /// Wrong name or password (or no such account, or an inactive one).
    InvalidCredentials,
    /// No usable access token.
    Unauthenticated,
    /// The session was ended, or never was.
    SessionEnded,
    /// The refresh token is unknown or expired.
    InvalidRefreshToken,
    /// The refresh token was used before: the session is ended.
    RefreshTokenReused,
    /// The caller does not hold the right.
    Forbidden,
    /// The caller may not set these fields.
    FieldsForbidden,
    /// There is no such object, or the caller may not know of it.
    NotFound,
    /// The value is taken.
    AlreadyExists,
    /// Other objects depend on this one.
    InUse,
    /// A reference points to nothing.
    UnknownReference,
    /// The action is not possible in this state.
    InvalidTransition,
    /// The job has no technician.
    NoTechnician,
    /// The technician has another job in progress.
    TechnicianBusy,
    /// The technician is away.
    TechnicianUnavailable,
    /// The technician's account is not active.
    TechnicianInactive,
    /// The technician lacks a required skill.
    SkillMissing,
    /// The equipment is decommissioned.
    EquipmentOutOfService,
    /// The equipment is held by a job, or has open jobs.
    EquipmentInUse,
    /// The client is suspended: it may ask for what is urgent only.
    ClientSuspended,
    /// The object can no longer be changed.
    ReadOnlyState,
    /// The job stays on the equipment whose failure it is about.
    AboutFailure,
    /// An equipment cannot be a part of itself.
    EquipmentCycle,
    /// The last active administrator must stay.
    LastAdmin,
    /// Nobody grants a role above their own.
    RoleAboveOwn,
    /// Something is there that only an account of this role may have.
    RoleInUse,
    /// The technician has the job already.
    AlreadyAssigned,
    /// The job is archived already.
    AlreadyArchived,
    /// Only a closed job can be rated.
    NotClosed,
    /// The job was rated before.
    AlreadyRated,
    /// The present password is wrong.
    WrongPassword,
    /// The object changed since the caller read it.
    StaleVersion,
    /// The caller must say which version is to be replaced.
    VersionRequired,
    /// The idempotency key was used for another request.
    IdempotencyMismatch,
    /// A request with this idempotency key is running.
    IdempotencyRunning,
    /// Another request holds the object.
    Locked,
    /// Too many attempts.
    RateLimited,
    /// Too many sign-ins at this moment.
    SignInBusy,
    /// A service that is needed is away.
    Unavailable,
    /// A defect.
    Internal,
}

impl Code {
    /// The code as it goes over the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A further member of a refusal, for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Texts.
    List(Vec<String>),
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The input is wrong: every issue that was found.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<FieldIssue>),
    /// Who asks is not known.
    #[error("unauthenticated: {0:?}")]
    Unauthenticated(Code),
    /// Known, but not allowed.
    #[error("denied")]
    Denied,
    /// Known, but not allowed to set these fields.
    #[error("fields denied: {0:?}")]
    DeniedFields(Vec<String>),
    /// Not there, or not to be known of.
    #[error("not found")]
    NotFound,
    /// A business rule refuses; the details say what would work.
    #[error("refused: {code:?}")]
    Rule {
        /// Which rule.
        code: Code,
        /// Name and value of further members.
        details: Vec<(&'static str, Detail)>,
    },
    /// The caller's version is not the present one.
    #[error("stale version, current is {current:?}")]
    StaleVersion {
        /// The present version.
        current: Option<i64>,
    },
    /// The caller must name a version.
    #[error("version required")]
    VersionRequired,
    /// Come back later.
    #[error("busy: {code:?}")]
    Busy {
        /// Why.
        code: Code,
        /// After so many seconds.
        retry_after: u32,
    },
    /// A needed service is away.
    #[error("unavailable")]
    Unavailable(#[source] BoxError),
    /// A row moved under the unit of work: it is run again.
    #[error("stale row")]
    StaleRow,
    /// A transient conflict: the unit of work is run again.
    #[error("transient conflict")]
    Retryable(#[source] BoxError),
    /// A defect.
    #[error("internal error")]
    Internal(#[source] BoxError),
}

impl AppError {
    /// A refusal without details.
    pub fn rule(code: Code) -> Self {
        Self::Rule {
            code,
            details: Vec::new(),
        }
    }

    /// One issue with one field.
    pub fn field(issue: FieldIssue) -> Self {
        Self::Invalid(vec![issue])
    }

    /// A defect that is told in words.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into().into())
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::ValidationError,
            Self::Unauthenticated(code) | Self::Rule { code, .. } | Self::Busy { code, .. } => *code,
            Self::Denied => Code::Forbidden,
            Self::DeniedFields(_) => Code::FieldsForbidden,
            Self::NotFound => Code::NotFound,
            Self::StaleVersion { .. } => Code::StaleVersion,
            Self::VersionRequired => Code::VersionRequired,
            Self::Unavailable(_) | Self::Retryable(_) => Code::Unavailable,
            Self::StaleRow => Code::Locked,
            Self::Internal(_) => Code::Internal,
        }
    }
}

impl From<Issues> for AppError {
    fn from(issues: Issues) -> Self {
        Self::Invalid(issues.0)
    }
}

impl From<RepoError> for AppError {
    fn from(error: RepoError) -> Self {
        match error {
            RepoError::Conflict { constraint, name } => conflict(constraint, name),
            RepoError::Stale => Self::StaleRow,
            RepoError::Retryable(source) => Self::Retryable(source),
            RepoError::Locked => Self::Busy {
                code: Code::Locked,
                retry_after: 1,
            },
            RepoError::Unavailable(source) => Self::Unavailable(source),
            RepoError::BadCursor => Self::field(FieldIssue::new("cursor", IssueCode::InvalidFormat)),
            RepoError::Backend(source) => Self::Internal(source),
        }
    }
}

/// What a refused constraint means to the caller.
fn conflict(constraint: Constraint, name: String) -> AppError {
    let taken = |field: &str| AppError::Rule {
        code: Code::AlreadyExists,
        details: vec![("champ", Detail::Text(field.to_owned()))],
    };
    match constraint {
        Constraint::UserEmail => taken("email"),
        Constraint::UserUsername => taken("username"),
        Constraint::ClientUser | Constraint::TechnicianUser => taken("user_id"),
        Constraint::ContactPrincipal => taken("principal"),
        Constraint::SiteName | Constraint::TeamName | Constraint::SkillName => taken("nom"),
        Constraint::EquipmentSerial => taken("numero_serie"),
        // Of a field that callers do not send: there is none to name.
        Constraint::Duplicate => AppError::rule(Code::AlreadyExists),
        Constraint::EquipmentCycle => AppError::rule(Code::EquipmentCycle),
        Constraint::TechnicianBusy => AppError::rule(Code::TechnicianBusy),
        Constraint::InUse => AppError::rule(Code::InUse),
        Constraint::MissingReference => AppError::rule(Code::UnknownReference),
        Constraint::CheckViolation => AppError::internal(format!("value refused by {name}")),
    }
}

impl From<HashError> for AppError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy {
                code: Code::SignInBusy,
                retry_after: 2,
            },
            HashError::Failed(what) => Self::internal(what),
        }
    }
}

impl From<AppError> for TxError {
    /// What the unit of work handles itself (run again) stays a store error; everything else is a refusal.
    fn from(error: AppError) -> Self {
        match error {
            AppError::StaleRow => Self::Repo(RepoError::Stale),
            AppError::Retryable(source) => Self::Repo(RepoError::Retryable(source)),
            other => Self::Refused(Box::new(other)),
        }
    }
}

impl From<TxError> for AppError {
    fn from(error: TxError) -> Self {
        match error {
            // Runs are exhausted: somebody keeps changing the row.
            TxError::Repo(RepoError::Stale) => Self::Busy {
                code: Code::Locked,
                retry_after: 1,
            },
            TxError::Repo(other) => other.into(),
            TxError::Refused(own) => match own.downcast::<AppError>() {
                Ok(own) => *own,
                Err(_) => Self::internal("a unit of work refused with a foreign error"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Code::VARIANTS.iter().map(|c| c.as_str()).collect();
        let n = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), n);
    }

    #[test]
    fn refusals_survive_the_unit_of_work_and_transient_failures_are_left_to_it() {
        let back: AppError = TxError::from(AppError::rule(Code::NoTechnician)).into();
        assert_eq!(back.code(), Code::NoTechnician);
        assert!(matches!(
            TxError::from(AppError::StaleRow),
            TxError::Repo(RepoError::Stale)
        ));
        assert!(matches!(
            TxError::from(AppError::Retryable("40001".into())),
            TxError::Repo(RepoError::Retryable(_))
        ));
    }
}
