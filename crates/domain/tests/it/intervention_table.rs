//! The whole state × action table of a job, and that nothing happens outside of it.

use std::collections::BTreeSet;

use domain::Vocab;
use domain::event::Event;
use domain::intervention::machine::{
    self, Command, Facts, Plan, Refusal, TRANSITIONS, allowed, apply, leads_to,
};
use domain::intervention::{Action, Status};

use crate::build;

/// Every state, and the two archived ones.
fn states() -> Vec<(String, Facts)> {
    let mut states: Vec<(String, Facts)> = Status::all()
        .iter()
        .map(|s| (s.code().to_owned(), build::facts(*s)))
        .collect();
    for over in [Status::Closed, Status::Cancelled] {
        let mut facts = build::facts(over);
        facts.job.data.archived_at = Some(build::now());
        states.push((format!("{} (archivée)", over.code()), facts));
    }
    states
}

pub fn describe(result: &Result<Plan, Refusal>) -> String {
    let plan = match result {
        Ok(plan) => plan,
        Err(Refusal::InvalidTransition { allowed, .. }) => {
            let allowed: Vec<_> = allowed.iter().map(|a| a.code()).collect();
            return format!("INVALID_TRANSITION, possible: [{}]", allowed.join(", "));
        }
        Err(refusal) => return refusal.code().to_owned(),
    };
    let mut parts = vec![format!(
        "→ {}",
        plan.job.as_ref().map_or("-", |j| j.status.code())
    )];
    for change in &plan.technicians {
        let path: Vec<_> = change
            .steps
            .iter()
            .map(|(f, t)| format!("{}→{}", f.code(), t.code()))
            .collect();
        parts.push(format!("technician {} {}", change.before.id, path.join(" ")));
    }
    if let Some(equipment) = &plan.equipment {
        for (from, to) in &equipment.steps {
            parts.push(format!("equipment {}→{}", from.code(), to.code()));
        }
        for effect in &equipment.effects {
            parts.push(
                format!("{effect:?}")
                    .split([' ', '(', '{'])
                    .next()
                    .unwrap()
                    .to_owned(),
            );
        }
    }
    parts.extend(plan.wait.map(|w| format!("wait {w:?}")));
    parts.push(format!(
        "history {} «{}»",
        plan.history.action.code(),
        plan.history.details
    ));
    let events: Vec<_> = plan.events.iter().map(Event::kind).collect();
    parts.push(format!("events [{}]", events.join(", ")));
    parts.join("\n      ")
}

#[test]
fn state_by_action() {
    let mut out = String::new();
    for (name, facts) in states() {
        out.push_str(&format!("\n== {name}\n"));
        for command in build::commands() {
            let result = apply(&command, &facts);
            out.push_str(&format!("  {}: {}\n", command.action().code(), describe(&result)));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn exactly_the_rows_of_the_table_are_possible() {
    let mut seen = BTreeSet::new();
    for (name, facts) in states() {
        let mut again = facts.clone();
        again.candidate = facts.technician.clone();
        let commands = build::commands().into_iter().map(|command| (command, &facts));
        for (command, facts) in commands.chain([(build::postpone(), &again)]) {
            let action = command.action();
            let row = TRANSITIONS
                .iter()
                .find(|t| t.action == action && t.from.contains(&facts.job.status));
            let open = facts.job.archived_at.is_none();
            match apply(&command, facts) {
                Ok(plan) => {
                    let row = row
                        .filter(|_| open)
                        .unwrap_or_else(|| panic!("{name} {action:?} not in the table"));
                    let after = plan.job.unwrap();
                    assert_eq!(
                        after.status,
                        row.to.unwrap_or(facts.job.status),
                        "{name} {action:?}"
                    );
                    let kinds: Vec<_> = plan.events.iter().map(Event::kind).collect();
                    let of_job = kinds.into_iter().filter(|k| k.starts_with("intervention."));
                    for kind in of_job {
                        assert!(row.events.contains(&kind), "{name} {action:?}: {kind}");
                        seen.insert((action.code(), kind));
                    }
                    assert!(allowed(&facts.job).contains(&action));
                }
                Err(refusal) => {
                    let taken = matches!(refusal, Refusal::AlreadyAssigned { .. });
                    if !taken {
                        assert!(row.is_none() || !open, "{name} {action:?} refused: {refusal}");
                        assert!(!allowed(&facts.job).contains(&action));
                    }
                }
            }
        }
    }
    let told: BTreeSet<_> = TRANSITIONS
        .iter()
        .filter(|t| t.action != Action::Create)
        .flat_map(|t| t.events.iter().map(|event| (t.action.code(), *event)))
        .collect();
    assert_eq!(seen, told, "every event of a row happens");
}

#[test]
fn every_action_has_one_row_and_one_command() {
    for &action in Action::all() {
        assert_eq!(
            TRANSITIONS.iter().filter(|t| t.action == action).count(),
            1,
            "{action:?}"
        );
        let by_command = build::commands().iter().filter(|c| c.action() == action).count();
        assert_eq!(by_command, usize::from(action != Action::Create), "{action:?}");
    }
}

#[test]
fn a_wanted_state_names_at_most_one_action() {
    use Status::{Cancelled, Closed, InProgress, OnHold, Open};
    for &from in Status::all() {
        for &to in Status::all() {
            let rows = TRANSITIONS
                .iter()
                .filter(|t| t.to == Some(to) && t.from.contains(&from) && from != to)
                .count();
            assert!(rows <= 1, "{from:?} → {to:?} is ambiguous");
            let expected = match (from, to) {
                (Open, InProgress) => Some(Action::Start),
                (OnHold, InProgress) => Some(Action::Resume),
                (InProgress, OnHold) => Some(Action::Hold),
                (InProgress, Closed) => Some(Action::Close),
                (Open | InProgress | OnHold, Cancelled) => Some(Action::Cancel),
                _ => None,
            };
            assert_eq!(leads_to(from, to), expected, "{from:?} → {to:?}");
        }
    }
}

#[test]
fn wanting_a_state_that_no_action_leads_to_says_what_is_possible() {
    let job = build::job(Status::Open);
    let refusal = machine::action_to(&job, Status::Open).unwrap_err();
    let allowed = vec![Action::Assign, Action::Unassign, Action::Start, Action::Cancel];
    assert_eq!(
        refusal,
        Refusal::InvalidTransition {
            from: Status::Open,
            action: None,
            allowed
        }
    );
    assert_eq!(machine::action_to(&job, Status::InProgress), Ok(Action::Start));
}

#[test]
fn the_history_gets_exactly_the_most_specific_entry() {
    let cases: [(Command, Status, &str); 8] = [
        (build::assign(), Status::Open, "affectation"),
        (Command::Unassign { comment: None }, Status::Open, "affectation"),
        (build::start(), Status::Open, "changement_statut"),
        (build::hold(false), Status::InProgress, "changement_statut"),
        (build::resume(), Status::OnHold, "changement_statut"),
        (build::close(None), Status::InProgress, "cloture"),
        (build::cancel(), Status::Open, "annulation"),
        (Command::Archive, Status::Closed, "archivage"),
    ];
    for (command, status, action) in cases {
        let facts = build::facts(status);
        let plan = apply(&command, &facts).unwrap();
        assert_eq!(plan.history.action.code(), action);
        assert_eq!(
            (plan.history.intervention, plan.history.user),
            (facts.job.id, facts.by)
        );
        assert!(!plan.history.changes.is_empty(), "{action} names what changed");
        let status_changes = plan
            .history
            .changes
            .iter()
            .filter(|c| c.field == "statut")
            .count();
        assert_eq!(
            status_changes,
            usize::from(plan.job.unwrap().status != status),
            "{action}"
        );
    }
}
