//! The operations of the product, resource by resource.

pub mod auth;
pub mod clients;
pub mod competences;
pub mod equipements;
pub mod equipes;
pub mod interventions;
pub mod platform;
pub mod techniciens;
pub mod users;

use crate::operation::Operation;

/// All of them.
pub fn operations() -> Vec<Operation> {
    [
        auth::operations(),
        users::operations(),
        clients::operations(),
        equipements::operations(),
        equipes::operations(),
        competences::operations(),
        techniciens::operations(),
        interventions::operations(),
        platform::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
