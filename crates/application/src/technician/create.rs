//! Creating a technician: a profile for an existing account, or both at once.

use domain::Id;
use domain::policy::{Permission, Role};
use domain::ports::Tx;
use domain::skill::HeldSkill;
use domain::team::Team;
use domain::technician::{Availability, Technician, rules};
use domain::text::{FieldIssue, IssueCode};
use domain::user::User;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{TechnicianView, check_references, written};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::user::create::{CreateUser, checked};
use crate::write::{Render, Written, anyone};

/// Wire name of the account that is created with the profile.
const ACCOUNT: &str = "utilisateur";

/// Whose profile it is.
#[derive(Clone)]
pub enum Account {
    /// An account that exists, of role technicien.
    Existing(Id<User>),
    /// An account that is created with the profile; its role is technicien whatever it says.
    New(Box<CreateUser>),
}

/// What somebody says about a technician.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TechnicianProfile {
    /// Trade.
    pub specialty: Option<String>,
    /// Team.
    pub team: Option<Id<Team>>,
    /// Zone that they serve.
    pub zone: Option<String>,
    /// Day of hiring.
    pub hired_on: Option<Date>,
    /// Cost of an hour in MAD.
    pub hourly_rate: Option<Decimal>,
    /// Telephone.
    pub phone: Option<String>,
    /// Skills.
    pub skills: Vec<HeldSkill>,
}

impl TechnicianProfile {
    fn into_technician(self, user: Id<User>) -> Technician {
        Technician {
            user,
            specialty: self.specialty,
            team: self.team,
            availability: Availability::Available,
            pending_absence: None,
            zone: self.zone,
            hired_on: self.hired_on,
            hourly_rate: self.hourly_rate,
            phone: self.phone,
            skills: self.skills,
        }
    }
}

/// A new technician.
#[derive(Clone)]
pub struct CreateTechnician {
    /// Whose profile it is.
    pub account: Account,
    /// The profile.
    pub profile: TechnicianProfile,
}

/// Where the account comes from, once everything that is slow is done.
enum Source {
    Existing(Id<User>),
    New(Box<User>),
}

/// Creates a technician.
///
/// # Errors
/// Validation issues; `UNKNOWN_REFERENCE` for an account that is none of role technicien, an unknown
/// team or skill; `AlreadyExists` when the account has a profile, or e-mail or name are taken;
/// `DeniedFields` when somebody who may not create accounts wants one.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    cmd: CreateTechnician,
    render: Render<TechnicianView>,
) -> Result<Written<TechnicianView>, AppError> {
    ctx.require(Permission::TechnicianManage)?;
    // No rule of the profile looks at the account's identifier: it is known in the transaction.
    let draft = cmd.profile.into_technician(Id::new(0));
    let source = account(app, ctx, cmd.account, &draft).await?;
    let by = Some(ctx.actor.user);
    app.write(ctx, "technician.create", render, anyone, move |tx, ctx| {
        let user = match &source {
            Source::New(user) => tx.users().insert(user, by)?.id,
            Source::Existing(id) => require_account(tx, *id)?,
        };
        let technician = Technician {
            user,
            ..draft.clone()
        };
        check_references(tx, None, &technician)?;
        let record = tx.technicians().insert(&technician, by)?;
        written(tx, ctx, record.id)
    })
    .await
}

/// Checks profile and account together, and only then hashes the password, which takes long.
async fn account(app: &App, ctx: &Ctx, account: Account, profile: &Technician) -> Result<Source, AppError> {
    let mut issues = rules::validate(profile).err().unwrap_or_default();
    let new = match account {
        Account::Existing(user) => {
            issues.into_result()?;
            return Ok(Source::Existing(user));
        }
        Account::New(new) => CreateUser {
            role: Role::Technician,
            other_roles: Vec::new(),
            ..*new
        },
    };
    if !ctx.actor.may(Permission::UserManage) {
        return Err(AppError::DeniedFields(vec![ACCOUNT.to_owned()]));
    }
    let user = match checked(ctx, &new) {
        Err(AppError::Invalid(found)) => {
            let inside = |issue: FieldIssue| FieldIssue {
                field: format!("{ACCOUNT}.{}", issue.field),
                ..issue
            };
            issues.0.extend(found.into_iter().map(inside));
            return Err(issues.into());
        }
        other => other?,
    };
    issues.into_result()?;
    let password_hash = app.hasher.hash(&new.password).await?;
    Ok(Source::New(Box::new(User {
        password_hash,
        ..user
    })))
}

/// The account is held, so that it keeps the role at least as long as this takes.
fn require_account(tx: &mut dyn Tx, id: Id<User>) -> Result<Id<User>, AppError> {
    if tx
        .users()
        .lock(id)?
        .is_some_and(|account| account.roles().contains(&Role::Technician))
    {
        Ok(id)
    } else {
        Err(AppError::field(FieldIssue::new(
            "user_id",
            IssueCode::UnknownReference,
        )))
    }
}
