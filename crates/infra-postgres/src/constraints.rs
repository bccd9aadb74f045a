//! Names of constraints and what a violation of each means; the only place that knows both.

use diesel::result::DatabaseErrorInformation;
use domain::error::Constraint;

/// The unique and exclusion constraints, and the checks, that have a meaning of their own.
pub const NAMED: &[(&str, Constraint)] = &[
    ("uq_users_email", Constraint::UserEmail),
    ("uq_users_username", Constraint::UserUsername),
    ("uq_clients_user", Constraint::ClientUser),
    ("clients_utilisateurs_pkey", Constraint::ClientUser),
    ("uq_clients_contacts_principal", Constraint::ContactPrincipal),
    ("uq_sites_nom", Constraint::SiteName),
    ("uq_equipes_nom", Constraint::TeamName),
    ("uq_techniciens_user", Constraint::TechnicianUser),
    ("uq_competences_nom", Constraint::SkillName),
    ("uq_equipements_numero_serie", Constraint::EquipmentSerial),
    ("ck_equipements_cycle", Constraint::EquipmentCycle),
    ("ck_equipements_parent", Constraint::EquipmentCycle),
    ("uq_interventions_technicien_en_cours", Constraint::TechnicianBusy),
];

/// Unique constraints that only two writers at the same moment can run into, because whoever comes second
/// sees the first one's row and decides otherwise: the unit of work is run again, and sees it.
pub const RACES: &[&str] = &[
    "users_roles_pkey",
    "techniciens_competences_pkey",
    "equipements_competences_pkey",
    "interventions_competences_pkey",
    "interventions_cloture_pkey",
    "uq_pannes_ouverte",
    "uq_arrets_equipement_ouvert",
    "uq_equipements_detentions_intervention",
    "uq_equipements_detentions_manuelle",
    "uq_interventions_attentes_ouverte",
    "uq_refresh_tokens_generation",
    "uq_equipements_code_public",
    "uq_interventions_numero",
    "uq_notifications_evenement",
    "uq_taches_dedup_key",
    "cles_idempotence_pkey",
    "connexions_tentatives_pkey",
    "occurrences_pkey",
];

/// The meaning of a violated unique, exclusion or check constraint.
pub fn unique_or_check(name: &str, check: bool) -> Constraint {
    let general = if check {
        Constraint::CheckViolation
    } else {
        Constraint::Duplicate
    };
    NAMED
        .iter()
        .find(|(n, _)| *n == name)
        .map_or(general, |(_, c)| *c)
}

/// A foreign key is violated from either side: the row refers to nothing, or something refers to it.
pub fn foreign_key(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Constraint {
    // "Key (id)=(1) is still referenced from table …" against "… is not present in table …".
    let still_used = info.details().is_some_and(|d| d.contains("still referenced"))
        || info.message().starts_with("update or delete on table");
    if still_used {
        Constraint::InUse
    } else {
        Constraint::MissingReference
    }
}
