//! Changing an account: by an administrator anything, by its owner the profile.

use std::sync::Arc;

use domain::policy::{Permission, Role};
use domain::ports::Tx;
use domain::technician;
use domain::user::{User, rules};
use domain::{Id, Record};

use super::{keep_an_admin, target};
use crate::app::App;
use crate::ctx::{Ctx, Expected, check_version};
use crate::error::{AppError, Code, Detail};
use crate::team::LEADS;
use crate::technician::availability::refused;
use crate::write::{Render, Written};

/// Makes the account that the caller wants out of the present one; pure.
pub type EditUser = Arc<dyn Fn(&Record<User>) -> Result<User, AppError> + Send + Sync>;

/// Applies `edit` to an account.
///
/// # Errors
/// Validation issues; `DeniedFields` when somebody changes more of their own account than its
/// profile; `LastAdmin`; `RoleAboveOwn`; `TechnicianBusy`; `RoleInUse` with what needs a role that would go;
/// `StaleVersion`.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    id: Id<User>,
    expected: Expected,
    edit: EditUser,
    render: Render<Record<User>>,
) -> Result<Written<Record<User>>, AppError> {
    ctx.require(Permission::UserEditProfile)?;
    let ended = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ended_in = ended.clone();
    let written = app
        .write(
            ctx,
            "user.update",
            render,
            move |_, ctx| ctx.decide(Permission::UserView, &target(id)),
            move |tx, ctx| {
                let (record, gone) = apply(tx, ctx, id, expected, &edit)?;
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
    keep_needed_roles(tx, &before, &after)?;
    // A caller who changes their own account stays signed in where they are: every other session
    // ends, so no token has to die by its version.
    let keep = ctx.session.filter(|_| ctx.actor.user == id && after.is_active);
    let after = match keep {
        Some(_) => after,
        None => rules::with_auth_version(&before, after),
    };
    let record = tx.users().update(&before, &after)?;
    let ended = match rules::ends_sessions(&before, &after) {
        None => Vec::new(),
        Some(why) => tx.sessions().end_all(id, keep, ctx.now, why)?,
    };
    Ok((record, ended))
}

/// Somebody who is at work cannot be sent away: the answer names the job.
fn refuse_with_running_job(tx: &mut dyn Tx, user: Id<User>) -> Result<(), AppError> {
    let Some(technician) = tx.technicians().lock_by_user(user)? else {
        return Ok(());
    };
    let running = tx.technicians().running_job(technician.id)?;
    technician::machine::may_deactivate(running).map_err(refused)
}

/// A role stays while something is there that only an account of that role may have: a technician's
/// profile, a client's portal, a team to lead. Whoever makes such a thing holds the account, too.
fn keep_needed_roles(tx: &mut dyn Tx, before: &Record<User>, after: &User) -> Result<(), AppError> {
    let loses = |any_of: &[Role]| {
        let has = |user: &User| user.roles().iter().any(|role| any_of.contains(role));
        has(before) && !has(after)
    };
    let technician = loses(&[Role::Technician]);
    let (client, lead) = (loses(&[Role::Client]), loses(LEADS));
    if !(technician || client || lead) {
        return Ok(());
    }
    if technician {
        refuse_with_running_job(tx, before.id)?;
    }
    let tied = tx.users().actor(before.id)?.ok_or(AppError::StaleRow)?;
    let profile = tied.technician.map(|id| Detail::Number(id.get()));
    let clients = tied.clients.iter().map(ToString::to_string).collect::<Vec<_>>();
    let teams = tied.teams.iter().map(ToString::to_string).collect::<Vec<_>>();
    let needed: Vec<_> = [
        ("technicien_id", profile.filter(|_| technician)),
        (
            "clients",
            Some(clients)
                .filter(|c| client && !c.is_empty())
                .map(Detail::List),
        ),
        (
            "equipes",
            Some(teams).filter(|t| lead && !t.is_empty()).map(Detail::List),
        ),
    ]
    .into_iter()
    .filter_map(|(name, detail)| Some((name, detail?)))
    .collect();
    if needed.is_empty() {
        Ok(())
    } else {
        Err(AppError::Rule {
            code: Code::RoleInUse,
            details: needed,
        })
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
