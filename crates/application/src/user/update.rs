//! Changing an account: by an administrator anything, by its owner the profile.

use std::sync::Arc;

use domain::policy::{Permission, Role};
use domain::ports::Tx;
use domain::user::{User, rules};
use domain::{Id, Record};

use super::{keep_an_admin, target};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::{AppError, Code, Detail};
use crate::write::{Render, Written};

/// Makes the account that the caller wants out of the present one; pure.
pub type EditUser = Arc<dyn Fn(&Record<User>) -> Result<User, AppError> + Send + Sync>;

/// Applies `edit` to an account.
///
/// # Errors
/// Validation issues; `DeniedFields` when somebody changes more of their own account than its
/// profile; `LastAdmin`; `RoleAboveOwn`; `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<User>,
    expected: Expected,
    edit: EditUser,
    render: Render<Record<User>>,
) -> Result<Written<Record<User>>, AppError> {
    ctx.require(Permission::UserEditProfile)?;
    let (ctx_in, ctx_admit) = (ctx.clone(), ctx.clone());
    let ended = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ended_in = ended.clone();
    let written = app
        .write(
            ctx,
            "user.update",
            render,
            move |_| ctx_admit.decide(Permission::UserView, &target(id)),
            move |tx| {
                let (record, gone) = apply(tx, &ctx_in, id, expected, &edit)?;
                *ended_in.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = gone;
                Ok(record)
            },
        )
        .await?;
    let gone = std::mem::take(&mut *ended.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    if !gone.is_empty() {
        app.session_cache.revoke(&gone).await;
    }
    Ok(written)
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    id: Id<User>,
    expected: Expected,
    edit: &EditUser,
) -> Result<(Record<User>, Vec<domain::session::SessionId>), AppError> {
    ctx.decide(Permission::UserEditProfile, &target(id))?;
    let before = tx.users().lock(id)?.ok_or(AppError::NotFound)?;
    check_version(before.version, expected)?;
    let after = edit(&before)?;
    rules::validate(&after)?;
    let managed = managed_fields(&before, &after);
    if !managed.is_empty() && !ctx.actor.may(Permission::UserManage) {
        return Err(AppError::DeniedFields(managed));
    }
    if !rules::may_grant(&ctx.actor, &newly_granted(&before, &after)) {
        return Err(AppError::rule(Code::RoleAboveOwn));
    }
    keep_an_admin(tx, &before, &after)?;
    if before.is_active && !after.is_active {
        refuse_with_running_job(tx, id)?;
    }
    let after = rules::with_auth_version(&before, after);
    let record = tx.users().update(&before, &after)?;
    let ended = match rules::ends_sessions(&before, &after) {
        None => Vec::new(),
        Some(why) => {
            // A caller who changes their own account stays signed in where they are.
            let keep = ctx.session.filter(|_| ctx.actor.user == id && after.is_active);
            tx.sessions().end_all(id, keep, ctx.now, why)?
        }
    };
    Ok((record, ended))
}

/// Somebody who is at work cannot be sent away: the answer names the job.
fn refuse_with_running_job(tx: &mut dyn Tx, user: Id<User>) -> Result<(), AppError> {
    let Some(technician) = tx.technicians().lock_by_user(user)? else {
        return Ok(());
    };
    match tx.technicians().running_job(technician.id)? {
        None => Ok(()),
        Some(job) => Err(AppError::Rule {
            code: Code::TechnicianBusy,
            details: vec![("intervention_id", Detail::Number(job.get()))],
        }),
    }
}

/// Wire names of the changed fields that only an administrator may change.
fn managed_fields(before: &User, after: &User) -> Vec<String> {
    let mut fields = Vec::new();
    if before.username != after.username {
        fields.push("username".to_owned());
    }
    if before.role != after.role {
        fields.push("role".to_owned());
    }
    if before.other_roles != after.other_roles {
        fields.push("roles".to_owned());
    }
    if before.is_active != after.is_active {
        fields.push("is_active".to_owned());
    }
    fields
}

fn newly_granted(before: &User, after: &User) -> Vec<Role> {
    let had = before.roles();
    after.roles().into_iter().filter(|r| !had.contains(r)).collect()
}
