//! Documentation that is written by the rules themselves: the state machines and the grants as
//! Markdown. The files in `docs/` are this text, and a check fails when they are not.

use std::fmt::Write;

use crate::equipment::{EquipmentStatus, machine as equipment};
use crate::intervention::{Status, machine as intervention};
use crate::policy::{GRANTS, Permission, Role, Scope};
use crate::technician::{Availability, machine as technician};
use crate::vocab::Vocab;

/// The three state machines: a Mermaid diagram and a table each.
pub fn state_machines_markdown() -> String {
    let mut out = String::from(
        "# State machines\n\nGenerated from the tables in `crates/domain`; do not edit.\n\
         Whatever is not here is refused with 409 `INVALID_TRANSITION` and the list of what is possible.\n",
    );
    intervention_machine(&mut out);
    equipment_machine(&mut out);
    technician_machine(&mut out);
    out
}

/// The grants: a table of permission by role.
pub fn rbac_markdown() -> String {
    let mut out = String::from(
        "# Who may do what\n\nGenerated from the grant table in `crates/domain`; do not edit.\n\
         `all`: every object; `team`: what belongs to technicians of teams that the user leads; `own`: what is\n\
         tied to the user (account, client, assigned jobs); `–`: nothing. Several roles add up.\n\n| permission |",
    );
    for role in Role::all() {
        line(&mut out, format_args!(" {} |", role.code()));
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(Role::all().len()));
    out.push('\n');
    for &permission in Permission::all() {
        line(&mut out, format_args!("| `{}` |", permission.code()));
        for &role in Role::all() {
            line(
                &mut out,
                format_args!(" {} |", scope(role, permission).map_or("–", Vocab::code)),
            );
        }
        out.push('\n');
    }
    out
}

fn scope(role: Role, permission: Permission) -> Option<Scope> {
    GRANTS
        .iter()
        .filter(|(r, p, _)| *r == role && *p == permission)
        .map(|(_, _, scope)| *scope)
        .max()
}

/// Writing to a `String` cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

fn codes<T: Vocab>(members: &[T]) -> String {
    members.iter().map(|m| m.code()).collect::<Vec<_>>().join(", ")
}

fn intervention_machine(out: &mut String) {
    out.push_str("\n## Intervention\n\n```mermaid\nstateDiagram-v2\n");
    for t in intervention::TRANSITIONS {
        let action = t.action.code();
        match (t.from, t.to) {
            ([], Some(to)) => line(out, format_args!("    [*] --> {}: {action}\n", to.code())),
            (from, to) => {
                for state in from {
                    let to = to.unwrap_or(*state).code();
                    line(out, format_args!("    {} --> {to}: {action}\n", state.code()));
                }
            }
        }
    }
    for over in [Status::Closed, Status::Cancelled] {
        line(out, format_args!("    {} --> [*]\n", over.code()));
    }
    out.push_str(
        "```\n\n| action | from | to | permission | condition | possible events |\n|---|---|---|---|---|---|\n",
    );
    for t in intervention::TRANSITIONS {
        let rights: Vec<String> = t
            .rights
            .iter()
            .map(|right| {
                let when = if right.only_untaken {
                    " (a request, open and unassigned)"
                } else {
                    ""
                };
                format!("`{}`{when}", right.permission.code())
            })
            .collect();
        line(
            out,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {} |\n",
                t.action.code(),
                or_dash(&codes(t.from)),
                t.to.map_or("same", Vocab::code),
                rights.join(", "),
                t.guard,
                or_dash(&t.events.join(", ")),
            ),
        );
    }
}

fn equipment_machine(out: &mut String) {
    out.push_str("\n## Equipment\n\n```mermaid\nstateDiagram-v2\n");
    line(
        out,
        format_args!("    [*] --> {}\n", EquipmentStatus::Operational.code()),
    );
    for t in equipment::TRANSITIONS {
        line(
            out,
            format_args!("    {} --> {}: {}\n", t.from.code(), t.to.code(), t.cause),
        );
    }
    line(
        out,
        format_args!("    {} --> [*]\n", EquipmentStatus::Decommissioned.code()),
    );
    out.push_str("```\n\nThe state follows from what is stored:\n\n| retired | held | failure open | state |\n|---|---|---|---|\n");
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    for bits in 0..8_u8 {
        let (retired, held, failing) = (bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
        let holders: &[_] = if held {
            &[crate::equipment::Holder::Manual]
        } else {
            &[]
        };
        let state = equipment::status_of(holders, failing, retired).code();
        let cells = (yes_no(retired), yes_no(held), yes_no(failing));
        line(
            out,
            format_args!("| {} | {} | {} | {state} |\n", cells.0, cells.1, cells.2),
        );
    }
    out.push_str("\n| action | from | permission | condition |\n|---|---|---|---|\n");
    for rule in equipment::ACTIONS {
        line(
            out,
            format_args!(
                "| `{}` | {} | `{}` | {} |\n",
                rule.action.code(),
                codes(rule.from),
                rule.permission.code(),
                or_dash(rule.guard),
            ),
        );
    }
}

fn technician_machine(out: &mut String) {
    let trigger = |trigger: technician::Trigger| match trigger {
        technician::Trigger::Asked(action) => action.code(),
        technician::Trigger::JobStarts => "a job starts or resumes",
        technician::Trigger::JobEnds => "the job waits, is closed, cancelled or reassigned",
    };
    out.push_str("\n## Technician\n\n```mermaid\nstateDiagram-v2\n");
    line(
        out,
        format_args!("    [*] --> {}\n", Availability::Available.code()),
    );
    for t in technician::TRANSITIONS {
        line(
            out,
            format_args!(
                "    {} --> {}: {}\n",
                t.from.code(),
                t.to.code(),
                trigger(t.trigger)
            ),
        );
    }
    line(
        out,
        format_args!(
            "```\n\nEvery action takes `{}`. `{}` while a job runs sends that job to {} and lists the others\n\
             for reassignment. An absence that begins while a job runs waits: on release the technician passes\n\
             through {} into it. So do `{}` and `{}` in state {}: the state stays, `absence_en_attente`\n\
             names what follows, and `{}` takes it back.\n",
            technician::PERMISSION.code(),
            technician::Action::DeclareUnavailable.code(),
            Status::OnHold.code(),
            Availability::Available.code(),
            technician::Action::TakeLeave.code(),
            technician::Action::TakeTraining.code(),
            Availability::Busy.code(),
            technician::Action::BecomeAvailable.code(),
        ),
    );
}
