//! Closing a job: what was written, and how the equipment is left.

use super::command::MIN_REPORT;
use super::draft::{Draft, with_comment};
use super::{Close, Plan, Refusal};
use crate::equipment::FailureOrigin;
use crate::equipment::rules::next_due;
use crate::event::Event;
use crate::intervention::{Kind, Outcome};
use crate::text::{IssueCode, Issues, MAX_REASON, MAX_REPORT};
use crate::time::local_date;

pub(super) fn finish(mut draft: Draft<'_>, close: &Close) -> Result<Plan, Refusal> {
    let facts = draft.facts;
    let outcome = write_closing(&mut draft, close)?;
    draft.job.closing.outcome = Some(outcome);
    draft.job.finished_at = Some(facts.now);
    draft.free_technician();
    settle(&mut draft, outcome, close.cancel_open)?;
    draft.events.push(Event::InterventionClosed { id: facts.job.id });
    let left = match outcome {
        Outcome::Operational => "équipement opérationnel",
        Outcome::Down => "équipement toujours en panne",
        Outcome::Decommissioned => "équipement mis hors service",
    };
    let sentence = format!("Intervention clôturée, {left}.");
    Ok(draft.plan(with_comment(sentence, close.comment.as_deref())))
}

/// Takes over what was written, and says how the equipment is left.
fn write_closing(draft: &mut Draft<'_>, close: &Close) -> Result<Outcome, Refusal> {
    let closing = &mut draft.job.closing;
    for (field, value) in [
        (&mut closing.report, &close.report),
        (&mut closing.diagnosis, &close.diagnosis),
        (&mut closing.failure_mode, &close.failure_mode),
        (&mut closing.failure_mechanism, &close.failure_mechanism),
        (&mut closing.failure_cause, &close.failure_cause),
    ] {
        if let Some(value) = value {
            *field = Some(value.trim().to_owned()).filter(|v| !v.is_empty());
        }
    }
    let mut issues = Issues::default();
    let report = closing.report.as_deref().unwrap_or_default().trim();
    issues.length("compte_rendu", report, MIN_REPORT, MAX_REPORT);
    let failing = draft.equipment.failing();
    issues.when(
        failing && close.outcome.is_none(),
        "resultat",
        IssueCode::Required,
    );
    issues.into_result()?;
    Ok(close.outcome.unwrap_or(Outcome::Operational))
}

/// The hold ends and the failure is settled, in the order that walks only through states that may
/// follow each other.
fn settle(draft: &mut Draft<'_>, outcome: Outcome, cancel_open: bool) -> Result<(), Refusal> {
    let facts = draft.facts;
    let holder = draft.holder();
    // A job in progress holds its equipment; one that was imported without a hold takes it first.
    draft.take_equipment()?;
    let found = |draft: &mut Draft<'_>| {
        let text = draft.job.closing.diagnosis.as_deref();
        let text = text.map(|t| t.chars().take(MAX_REASON).collect());
        draft
            .equipment
            .fail(FailureOrigin::AtClosing, Some(facts.job.id), text)
    };
    match outcome {
        Outcome::Operational => {
            draft.equipment.repair()?;
            draft.equipment.release(holder)?;
        }
        Outcome::Down => {
            found(draft)?;
            draft.equipment.release(holder)?;
        }
        Outcome::Decommissioned => {
            found(draft)?;
            draft.equipment.release(holder)?;
            let reason = format!("Irréparable, constaté à la clôture de {}", draft.job.number);
            draft.equipment.retire(Some(reason), cancel_open)?;
        }
    }
    if draft.job.kind == Kind::Preventive && outcome != Outcome::Decommissioned {
        let today = local_date(facts.now);
        let next = next_due(Some(today), &facts.equipment);
        let data = draft.equipment.data();
        // Without a frequency, only a visit that is planned for later is still to come.
        data.next_maintenance = next.or(data.next_maintenance.filter(|day| *day > today));
    }
    Ok(())
}
