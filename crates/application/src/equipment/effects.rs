//! Writing what the machine of an equipment has decided, whoever asked for it: a person, or a job.

use domain::audit::AuditEvent;
use domain::equipment::machine::{Effect, Facts, Plan, Refusal};
use domain::equipment::{Equipment, Failure, Holder};
use domain::intervention::{Intervention, machine as job_machine};
use domain::ports::Tx;
use domain::text::MAX_REASON;
use domain::{Id, Record, Vocab};

use crate::ctx::Ctx;
use crate::error::{AppError, Code, Detail};

/// What [`write`] left behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Applied {
    /// The equipment as it is stored now.
    pub(crate) equipment: Record<Equipment>,
    /// The failure that the job which is being created must refer to.
    pub(crate) failure_of_job: Option<Id<Failure>>,
}

/// Writes a plan: the equipment's own row, its side rows in order, then its events. The equipment
/// must be locked. [`Plan::cancel_jobs`] is left to the caller, who has locked those jobs before
/// the equipment.
pub(crate) fn write(tx: &mut dyn Tx, before: &Record<Equipment>, plan: &Plan) -> Result<Applied, AppError> {
    let equipment = match &plan.equipment {
        Some(after) => tx.equipments().update(before, after)?,
        None => before.clone(),
    };
    let mut failure_of_job = None;
    for effect in &plan.effects {
        let store = tx.equipments();
        match effect {
            Effect::Hold(holder) => store.hold(plan.id, *holder, plan.at)?,
            Effect::Release(holder) => store.release(plan.id, *holder, plan.at)?,
            Effect::OpenFailure { failure, link_job } => {
                let id = store.open_failure(failure)?;
                if *link_job {
                    failure_of_job = Some(id);
                }
            }
            Effect::LinkFailure { failure, note } => {
                if let Some(note) = note {
                    store.note_failure(*failure, note)?;
                }
                let note = note.clone().map(|note| ("motif", note));
                let equipment = ("equipement_id", plan.id.to_string());
                tx.audit().record(&AuditEvent {
                    action: "declaration_panne",
                    object: "pannes",
                    object_id: Some(failure.get()),
                    facts: [equipment].into_iter().chain(note).collect(),
                });
            }
            Effect::CloseFailure(failure) => store.close_failure(*failure, plan.at)?,
            Effect::OpenDowntime(downtime) => store.open_downtime(downtime)?,
            Effect::CloseDowntime => store.close_downtime(plan.id, plan.at)?,
        }
    }
    for event in &plan.events {
        tx.outbox().push(event, plan.at)?;
    }
    Ok(Applied {
        equipment,
        failure_of_job,
    })
}

/// Locks the jobs that are open on an equipment. Jobs are locked before their equipment, so this
/// comes first, and [`cancel_jobs`] finds out whether another one was opened in between.
pub(crate) fn lock_open_jobs(
    tx: &mut dyn Tx,
    equipment: Id<Equipment>,
) -> Result<Vec<Record<Intervention>>, AppError> {
    let mut jobs = Vec::new();
    for id in tx.equipments().situation(equipment)?.open_jobs {
        jobs.extend(tx.interventions().lock(id)?);
    }
    Ok(jobs)
}

/// Cancels the jobs that a plan cancels, each by its own machine and with its own entry of the
/// history. `locked` are those of [`lock_open_jobs`]; a job that is not among them makes the unit of
/// work run again.
pub(crate) fn cancel_jobs(
    tx: &mut dyn Tx,
    ctx: &Ctx,
    facts: &Facts,
    plan: &Plan,
    locked: &[Record<Intervention>],
) -> Result<(), AppError> {
    let why = plan
        .equipment
        .as_ref()
        .and_then(|e| e.retirement_reason.as_deref())
        .unwrap_or_default();
    let reason: String = format!("Équipement mis hors service : {why}")
        .chars()
        .take(MAX_REASON)
        .collect();
    let command = job_machine::Command::Cancel { reason: Some(reason) };
    for id in &plan.cancel_jobs {
        let job = locked
            .iter()
            .find(|job| job.id == *id)
            .ok_or(AppError::StaleRow)?;
        let facts = job_machine::Facts {
            job: job.clone(),
            equipment: facts.equipment.clone(),
            situation: facts.situation.clone(),
            technician: None,
            candidate: None,
            by: Some(ctx.actor.user),
            now: facts.now,
        };
        let plan = job_machine::apply(&command, &facts)?;
        crate::intervention::facts::write(tx, &facts, &plan)?;
    }
    Ok(())
}

/// What a refusal of the machine means to the caller, with what would work.
pub(crate) fn refused(refusal: Refusal) -> AppError {
    let rule = |code, details| AppError::Rule { code, details };
    match refusal {
        Refusal::Invalid(issues) => issues.into(),
        Refusal::OutOfService => AppError::rule(Code::EquipmentOutOfService),
        Refusal::InvalidTransition { from, allowed, .. } => rule(
            Code::InvalidTransition,
            vec![
                ("statut", Detail::Text(from.code().to_owned())),
                (
                    "actions_possibles",
                    Detail::List(allowed.iter().map(|a| a.code().to_owned()).collect()),
                ),
            ],
        ),
        Refusal::Inconsistent { .. } => AppError::Internal(Box::new(refusal)),
        Refusal::Held { holders } => {
            let jobs: Vec<_> = holders
                .iter()
                .filter_map(|h| if let Holder::Job(id) = h { Some(*id) } else { None })
                .collect();
            let mut details = vec![("interventions", ids(&jobs))];
            if holders.contains(&Holder::Manual) {
                let way_out = domain::equipment::machine::Action::ReturnToService.code();
                details.push(("actions_possibles", Detail::List(vec![way_out.to_owned()])));
            }
            rule(Code::EquipmentInUse, details)
        }
        Refusal::HasOpenJobs { jobs } => rule(
            Code::EquipmentInUse,
            vec![
                ("interventions", ids(&jobs)),
                ("parametre", Detail::Text("annuler_ouvertes".to_owned())),
            ],
        ),
    }
}

fn ids(jobs: &[Id<Intervention>]) -> Detail {
    Detail::List(jobs.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use domain::equipment::FailureOrigin;
    use domain::equipment::store::MockEquipmentStore;
    use domain::ports::unit_of_work::FakeTx;
    use domain::samples;
    use jiff::Timestamp;
    use mockall::Sequence;

    use super::*;

    const FAILURE: Id<Failure> = Id::new(70);

    fn now() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().expect("an instant")
    }

    fn failure() -> Failure {
        Failure {
            equipment: Id::new(5),
            opened_at: now(),
            closed_at: None,
            origin: FailureOrigin::Declared,
            intervention: None,
            description: None,
        }
    }

    fn equipment() -> Equipment {
        Equipment {
            name: "Compresseur".into(),
            serial_number: "C-1".into(),
            kind: "pneumatique".into(),
            ..samples::equipment(Id::new(1))
        }
    }

    #[test]
    fn a_plan_is_written_in_its_order_and_gives_back_the_failure_of_the_new_job() {
        let holder = Holder::Job(Id::new(12));
        let plan = Plan {
            id: Id::new(5),
            at: now(),
            equipment: None,
            steps: Vec::new(),
            effects: vec![
                Effect::Release(holder),
                Effect::CloseFailure(FAILURE),
                Effect::CloseDowntime,
                Effect::OpenFailure {
                    failure: failure(),
                    link_job: true,
                },
                Effect::Hold(Holder::Manual),
            ],
            cancel_jobs: Vec::new(),
            events: Vec::new(),
        };
        let mut equipments = MockEquipmentStore::new();
        let mut order = Sequence::new();
        equipments
            .expect_release()
            .withf(move |id, by, at| (*id, *by, *at) == (Id::new(5), holder, now()))
            .times(1)
            .in_sequence(&mut order)
            .returning(|_, _, _| Ok(()));
        equipments
            .expect_close_failure()
            .withf(|id, at| (*id, *at) == (FAILURE, now()))
            .times(1)
            .in_sequence(&mut order)
            .returning(|_, _| Ok(()));
        equipments
            .expect_close_downtime()
            .times(1)
            .in_sequence(&mut order)
            .returning(|_, _| Ok(()));
        equipments
            .expect_open_failure()
            .times(1)
            .in_sequence(&mut order)
            .returning(|_| Ok(Id::new(71)));
        equipments
            .expect_hold()
            .withf(|_, by, _| *by == Holder::Manual)
            .times(1)
            .in_sequence(&mut order)
            .returning(|_, _, _| Ok(()));
        let mut tx = FakeTx {
            equipments,
            ..FakeTx::default()
        };
        let before = Record {
            version: 3,
            ..Record::fresh(Id::new(5), now(), equipment())
        };
        let applied = write(&mut tx, &before, &plan).expect("written");
        assert_eq!(applied.failure_of_job, Some(Id::new(71)));
        assert_eq!(applied.equipment.version, 3, "the row itself did not change");
    }

    #[test]
    fn stored_facts_that_contradict_each_other_are_a_defect_and_not_the_callers_mistake() {
        use domain::equipment::EquipmentStatus::{Decommissioned, Down};
        let refusal = Refusal::Inconsistent {
            from: Decommissioned,
            to: Down,
        };
        assert_eq!(refused(refusal).code(), Code::Internal);
    }

    #[test]
    fn every_refusal_keeps_its_code() {
        use domain::equipment::EquipmentStatus::{Decommissioned, Down};
        let refusals = [
            Refusal::InvalidTransition {
                from: Down,
                action: domain::equipment::machine::Action::ReturnToService,
                allowed: Vec::new(),
            },
            Refusal::Held { holders: Vec::new() },
            Refusal::HasOpenJobs { jobs: Vec::new() },
            Refusal::OutOfService,
            Refusal::Inconsistent {
                from: Decommissioned,
                to: Down,
            },
            Refusal::Invalid(domain::text::Issues::default()),
        ];
        assert!(samples::every_variant(&refusals));
        for refusal in refusals {
            let code = refusal.code();
            assert_eq!(refused(refusal).code().as_str(), code);
        }
    }
}
