//! Creating a job: by the company's staff, or by a client as a request.

use domain::equipment::Equipment;
use domain::equipment::store::Situation;
use domain::intervention::machine::{self, Create, CreateFacts};
use domain::intervention::{Intervention, Kind, Origin, Priority, rules};
use domain::policy::{Permission, Target};
use domain::ports::Tx;
use domain::skill::RequiredSkill;
use domain::technician::Technician;
use domain::text::{IssueCode, Issues};
use domain::{Id, Record};
use jiff::Timestamp;

use super::facts::{assignee, write_effects};
use super::{JobView, MAX_SUGGESTIONS, shown, unknown_skills};
use crate::app::App;
use crate::ctx::Ctx;
use crate::error::AppError;
use crate::write::{Render, Written};

/// A job, as the company's staff creates it.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateJob {
    /// On which equipment.
    pub equipment: Id<Equipment>,
    /// Title; absent: built from kind and equipment.
    pub title: Option<String>,
    /// What is to be done.
    pub description: String,
    /// Kind of maintenance.
    pub kind: Kind,
    /// How soon.
    pub priority: Priority,
    /// Sorts first.
    pub urgent: bool,
    /// When it is planned.
    pub planned_at: Option<Timestamp>,
    /// Estimated duration.
    pub estimated_minutes: Option<i32>,
    /// The job that this one follows up.
    pub follow_up_of: Option<Id<Intervention>>,
    /// Skills that it needs beyond those that the equipment asks for.
    pub required_skills: Vec<RequiredSkill>,
    /// Who is to do it.
    pub technician: Option<Id<Technician>>,
    /// Declares a breakdown of the equipment.
    pub failure: bool,
}

/// A request, as a client makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestJob {
    /// On which of the client's equipment.
    pub equipment: Id<Equipment>,
    /// Title.
    pub title: Option<String>,
    /// What is wrong.
    pub description: String,
    /// Production stands still.
    pub urgent: bool,
    /// When the client would like it done.
    pub planned_at: Option<Timestamp>,
    /// Declares a breakdown of the equipment.
    pub failure: bool,
}

/// Creates a job for the company's staff.
///
/// # Errors
/// Validation issues, unknown references among them; the guards of `affecter` when a technician is
/// given; `EquipmentOutOfService`; `ClientSuspended`.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    cmd: CreateJob,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    ctx.require(Permission::InterventionCreate)?;
    if cmd.technician.is_some() {
        ctx.require(Permission::InterventionAssign)?;
    }
    let command = Create {
        title: cmd.title,
        description: cmd.description,
        kind: cmd.kind,
        priority: cmd.priority,
        urgent: cmd.urgent,
        origin: Origin::Internal,
        requester: Some(ctx.actor.user),
        contract: None,
        planned_at: cmd.planned_at,
        estimated_minutes: cmd.estimated_minutes,
        required_skills: cmd.required_skills,
        failure: cmd.failure,
    };
    let wanted = Wanted {
        equipment: cmd.equipment,
        technician: cmd.technician,
        follow_up_of: cmd.follow_up_of,
    };
    run(app, ctx, command, wanted, Permission::InterventionCreate, render).await
}

/// Makes a client's request: a corrective job on the client's own equipment.
///
/// # Errors
/// As [`create`]; an equipment of somebody else is an unknown reference.
pub async fn request(
    app: &App,
    ctx: &Ctx,
    cmd: RequestJob,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    ctx.require(Permission::InterventionRequest)?;
    let command = Create {
        urgent: cmd.urgent,
        planned_at: cmd.planned_at,
        failure: cmd.failure,
        ..Create::request(ctx.actor.user, cmd.title, cmd.description)
    };
    let wanted = Wanted {
        equipment: cmd.equipment,
        technician: None,
        follow_up_of: None,
    };
    run(app, ctx, command, wanted, Permission::InterventionRequest, render).await
}

/// What a new job refers to.
#[derive(Debug, Clone)]
struct Wanted {
    equipment: Id<Equipment>,
    technician: Option<Id<Technician>>,
    follow_up_of: Option<Id<Intervention>>,
}

async fn run(
    app: &App,
    ctx: &Ctx,
    command: Create,
    wanted: Wanted,
    permission: Permission,
    render: Render<JobView>,
) -> Result<Written<JobView>, AppError> {
    let on = wanted.equipment;
    app.write(
        ctx,
        "intervention.create",
        render,
        move |tx, ctx| {
            let equipment = tx.equipments().find(on)?.ok_or(AppError::NotFound)?;
            if may_create_on(ctx, permission, &equipment) {
                Ok(())
            } else {
                Err(AppError::NotFound)
            }
        },
        move |tx, ctx| apply(tx, ctx, &command, &wanted, permission),
    )
    .await
}

fn apply(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    command: &Create,
    wanted: &Wanted,
    permission: Permission,
) -> Result<JobView, AppError> {
    let facts = load(tx, ctx, command, wanted, permission)?;
    let equipment = facts.equipment.clone();
    let mut creation = machine::create(command.clone(), facts)?;
    creation.job.number = tx.interventions().next_number(ctx.today().year())?;
    let mut record = tx.interventions().insert(&creation.job, Some(ctx.actor.user))?;
    let plan = creation.plan(record.id)?;
    let applied = write_effects(tx, &record, &equipment, &plan)?;
    if let Some(failure) = applied.and_then(|a| a.failure_of_job) {
        let after = Intervention {
            failure: Some(failure),
            ..record.data.clone()
        };
        record = tx.interventions().update(&record, &after)?;
    }
    let mut view = shown(tx, ctx, &record)?;
    if record.technician.is_none() && ctx.actor.may(Permission::InterventionAssign) {
        let day = rules::day_of_work(record.planned_at, ctx.now);
        view.suggestions = Some(tx.interventions().suggestions(record.id, day, MAX_SUGGESTIONS)?);
    }
    Ok(view)
}

/// Reads what the creation depends on; every reference that does not hold is named at once.
fn load(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    command: &Create,
    wanted: &Wanted,
    permission: Permission,
) -> Result<CreateFacts, AppError> {
    let mut issues = Issues::default();
    let follow_up_of = match wanted.follow_up_of {
        Some(id) => tx.interventions().find(id)?,
        None => None,
    };
    let lost = wanted.follow_up_of.is_some() && follow_up_of.is_none();
    issues.when(lost, "suite_de_id", IssueCode::UnknownReference);
    // Locked, so that nobody decommissions it while a job is being opened on it.
    let equipment = tx
        .equipments()
        .lock(wanted.equipment)?
        .filter(|e| may_create_on(ctx, permission, e));
    issues.when(equipment.is_none(), "equipement_id", IssueCode::UnknownReference);
    let assignee = match wanted.technician {
        Some(id) => assignee(tx, id)?,
        None => None,
    };
    let lost = wanted.technician.is_some() && assignee.is_none();
    issues.when(lost, "technicien_id", IssueCode::UnknownReference);
    unknown_skills(tx, &[], &command.required_skills, &mut issues)?;
    let Some(equipment) = equipment.filter(|_| issues.0.is_empty()) else {
        return Err(issues.into());
    };
    // Holders and failures matter only to a job that brings a failure.
    let situation = if command.failure {
        tx.equipments().situation(equipment.id)?
    } else {
        Situation::default()
    };
    let client = tx.clients().find(equipment.client)?.ok_or(AppError::StaleRow)?;
    Ok(CreateFacts {
        equipment,
        situation,
        client,
        assignee,
        follow_up_of,
        by: Some(ctx.actor.user),
        now: ctx.now,
    })
}

/// An equipment of somebody else is, to a client, one that does not exist.
fn may_create_on(ctx: &Ctx, permission: Permission, equipment: &Record<Equipment>) -> bool {
    let target = Target {
        client: Some(equipment.client),
        ..Target::default()
    };
    ctx.actor.reaches(permission, &target)
}
