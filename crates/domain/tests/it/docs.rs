//! The generated documentation says what the tables say.

use std::collections::BTreeSet;

use domain::docs::{rbac_markdown, state_machines_markdown};
use domain::policy::{GRANTS, Permission, Role};
use domain::{Vocab, equipment, intervention, technician};

/// `from --> to: label` of the diagram under a heading.
fn edges(section: &str) -> BTreeSet<(String, String, String)> {
    let text = state_machines_markdown();
    let part = text.split("\n## ").find(|p| p.starts_with(section)).unwrap();
    let diagram = part
        .split("```mermaid\nstateDiagram-v2\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    diagram
        .lines()
        .filter(|l| !l.contains("[*]"))
        .map(|line| {
            let (from, rest) = line.trim().split_once(" --> ").unwrap();
            let (to, label) = rest.split_once(": ").unwrap();
            (from.to_owned(), to.to_owned(), label.to_owned())
        })
        .collect()
}

#[test]
fn the_diagrams_are_the_tables() {
    let jobs: BTreeSet<_> = intervention::machine::TRANSITIONS
        .iter()
        .flat_map(|t| {
            t.from
                .iter()
                .map(move |from| (*from, t.to.unwrap_or(*from), t.action))
        })
        .map(|(from, to, action)| {
            (
                from.code().to_owned(),
                to.code().to_owned(),
                action.code().to_owned(),
            )
        })
        .collect();
    assert_eq!(edges("Intervention"), jobs);
    let equipment: BTreeSet<_> = equipment::machine::TRANSITIONS
        .iter()
        .map(|t| {
            (
                t.from.code().to_owned(),
                t.to.code().to_owned(),
                t.cause.to_owned(),
            )
        })
        .collect();
    assert_eq!(edges("Equipment"), equipment);
    let technicians: BTreeSet<_> = technician::machine::TRANSITIONS
        .iter()
        .map(|t| (t.from.code().to_owned(), t.to.code().to_owned()))
        .collect();
    let drawn: BTreeSet<_> = edges("Technician")
        .into_iter()
        .map(|(from, to, _)| (from, to))
        .collect();
    assert_eq!(drawn, technicians);
}

#[test]
fn the_grants_table_holds_every_grant() {
    let text = rbac_markdown();
    for &permission in Permission::all() {
        let row = text
            .lines()
            .find(|l| l.starts_with(&format!("| `{}` |", permission.code())))
            .unwrap();
        let cells: Vec<_> = row
            .split('|')
            .skip(2)
            .map(str::trim)
            .take(Role::all().len())
            .collect();
        for (role, cell) in Role::all().iter().zip(cells) {
            let grant = GRANTS.iter().find(|(r, p, _)| r == role && *p == permission);
            assert_eq!(
                cell,
                grant.map_or("–", |(_, _, scope)| scope.code()),
                "{role:?} {permission:?}"
            );
        }
    }
}

#[test]
fn the_documents_as_written() {
    insta::assert_snapshot!("state_machines", state_machines_markdown());
    insta::assert_snapshot!("rbac", rbac_markdown());
}
