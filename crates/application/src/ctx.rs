//! Who asks, when, and from where: the first argument of every use case.

use domain::audit::Origin;
use domain::idempotency::IdempotencyKey;
use domain::policy::{Actor, Decision, Permission, Target, Visibility};
use domain::session::SessionId;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::AppError;

/// The version that the caller means to change; `None` when it did not say.
pub type Expected = Option<i64>;

/// Context of one request by a signed-in user, or of one run of a job.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The session of the request; `None` for jobs and commands.
    pub session: Option<SessionId>,
    /// What goes on audit rows.
    pub origin: Origin,
    /// The instant of the request: one for everything that it does.
    pub now: Timestamp,
    /// The request may be repeated under this key.
    pub idempotency: Option<IdempotencyKey>,
}

impl Ctx {
    /// The coarse gate: the actor holds the right in some scope.
    ///
    /// # Errors
    /// [`AppError::Denied`] when not.
    pub fn require(&self, permission: Permission) -> Result<(), AppError> {
        if self.actor.may(permission) {
            Ok(())
        } else {
            Err(AppError::Denied)
        }
    }

    /// The decision about a loaded target.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the actor may not know of it, [`AppError::Denied`] when it may
    /// be seen but not this.
    pub fn decide(&self, permission: Permission, target: &Target) -> Result<(), AppError> {
        match self.actor.decide(permission, target) {
            Decision::Allowed => Ok(()),
            Decision::Denied => Err(AppError::Denied),
            Decision::Hidden => Err(AppError::NotFound),
        }
    }

    /// What of a kind of object the actor may see.
    ///
    /// # Errors
    /// [`AppError::Denied`] without the right in any scope.
    pub fn seen(&self, permission: Permission) -> Result<Visibility, AppError> {
        self.require(permission)?;
        Ok(self.actor.visibility(permission))
    }

    /// The company's calendar day of the request.
    pub fn today(&self) -> Date {
        domain::time::local_date(self.now)
    }
}

/// Compares the caller's version with the present one.
///
/// # Errors
/// [`AppError::StaleVersion`] when the caller named another.
pub fn check_version(present: i64, expected: Expected) -> Result<(), AppError> {
    match expected {
        Some(version) if version != present => Err(AppError::StaleVersion {
            current: Some(present),
        }),
        _ => Ok(()),
    }
}
