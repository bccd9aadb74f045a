//! Rules for the data of equipment.

use std::collections::HashSet;

use jiff::Span;
use jiff::civil::Date;

use super::{Equipment, store::TreeNode};
use crate::Id;
use crate::skill;
use crate::text::{FieldIssue, IssueCode, Issues, Lengths, MAX_REASON};

/// The texts of an equipment.
pub const TEXTS: Lengths = &[
    ("nom_equipement", 1, 255),
    ("modele", 0, 100),
    ("marque", 0, 100),
    ("numero_serie", 1, 100),
    ("type_equipement", 1, 50),
    ("localisation", 0, 255),
    ("compteur_unite", 0, 20),
    ("notes", 0, MAX_REASON),
    ("motif_reforme", 0, MAX_REASON),
];
/// Most days between two preventive maintenances.
pub const MAX_EVERY_DAYS: i32 = 36_500;

/// Whether the data of an equipment are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(equipment: &Equipment) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("nom_equipement", Some(equipment.name.as_str())),
        ("modele", equipment.model.as_deref()),
        ("marque", equipment.brand.as_deref()),
        ("numero_serie", Some(equipment.serial_number.as_str())),
        ("type_equipement", Some(equipment.kind.as_str())),
        ("localisation", equipment.location.as_deref()),
        ("compteur_unite", equipment.meter_unit.as_deref()),
        ("notes", equipment.notes.as_deref()),
        ("motif_reforme", equipment.retirement_reason.as_deref()),
    ];
    issues.lengths(TEXTS, texts);
    if equipment
        .maintenance_every_days
        .is_some_and(|days| !(1..=MAX_EVERY_DAYS).contains(&days))
    {
        let range = format!("1-{MAX_EVERY_DAYS}");
        issues.0.push(FieldIssue::expecting(
            "frequence_maintenance_jours",
            IssueCode::OutOfRange,
            range,
        ));
    }
    issues.amount("compteur_valeur", equipment.meter_value, 11, 3);
    issues.amount("valeur_remplacement", equipment.replacement_value, 13, 2);
    issues
        .0
        .extend(skill::rules::required(&equipment.required_skills).0);
    issues.into_result()
}

/// The day on which the next preventive maintenance is due: so many days after the last one, or
/// after the installation when there was none. `None` without a frequency or a day to count from.
pub fn next_due(last_done: Option<Date>, equipment: &Equipment) -> Option<Date> {
    let from = last_done.or(equipment.installed_on)?;
    let every = Span::new().try_days(equipment.maintenance_every_days?).ok()?;
    from.checked_add(every).ok()
}

/// Whether `equipment` would be below itself with this parent. `tree` holds at least the parent's
/// ancestors; a loop that is stored already does not keep this from ending.
pub fn would_cycle(equipment: Id<Equipment>, parent: Id<Equipment>, tree: &[TreeNode]) -> bool {
    let mut seen = HashSet::new();
    let mut next = Some(parent);
    while let Some(at) = next {
        if at == equipment {
            return true;
        }
        if !seen.insert(at) {
            return false;
        }
        next = tree
            .iter()
            .find(|node| node.id == at)
            .and_then(|node| node.parent);
    }
    false
}

/// Of what changed between two versions, the fields that a technician on a job may not change:
/// all but meter, location and notes.
pub fn beyond_operation(before: &Equipment, after: &Equipment) -> Vec<&'static str> {
    changed(before, after)
        .into_iter()
        .filter(|field| !["compteur_valeur", "localisation", "notes"].contains(field))
        .collect()
}

/// Wire names of the fields that differ.
pub fn changed(before: &Equipment, after: &Equipment) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut differs = |changed: bool, field| {
        if changed {
            fields.push(field);
        }
    };
    differs(before.client != after.client, "client_id");
    differs(before.site != after.site, "site_id");
    differs(before.parent != after.parent, "parent_id");
    differs(before.name != after.name, "nom_equipement");
    differs(before.model != after.model, "modele");
    differs(before.brand != after.brand, "marque");
    differs(before.serial_number != after.serial_number, "numero_serie");
    differs(before.kind != after.kind, "type_equipement");
    differs(before.status != after.status, "statut");
    differs(before.criticality != after.criticality, "criticite");
    differs(before.location != after.location, "localisation");
    differs(before.installed_on != after.installed_on, "date_installation");
    differs(
        before.next_maintenance != after.next_maintenance,
        "prochaine_maintenance",
    );
    differs(
        before.maintenance_every_days != after.maintenance_every_days,
        "frequence_maintenance_jours",
    );
    differs(before.public_code != after.public_code, "code_public");
    differs(before.meter_unit != after.meter_unit, "compteur_unite");
    differs(before.meter_value != after.meter_value, "compteur_valeur");
    differs(
        before.replacement_value != after.replacement_value,
        "valeur_remplacement",
    );
    differs(before.notes != after.notes, "notes");
    differs(
        before.retirement_reason != after.retirement_reason,
        "motif_reforme",
    );
    differs(
        before.required_skills != after.required_skills,
        "competences_requises",
    );
    fields
}
