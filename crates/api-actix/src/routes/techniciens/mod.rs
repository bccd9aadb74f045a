//! Technicians.

pub mod availability;
pub mod dto;
mod handlers;
pub mod lists;

use domain::policy::Permission as P;

use crate::operation::{Operation, delete, get, group, patch, post, put};
use handlers as h;

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    const ONE: &str = "/techniciens/{id}";
    group(
        "techniciens",
        vec![
            get(
                "/techniciens",
                P::TechnicianView,
                "Lister les techniciens",
                h::list,
            ),
            post(
                "/techniciens",
                P::TechnicianManage,
                "Créer un technicien",
                h::create,
            ),
            get(
                "/techniciens/available",
                P::TechnicianView,
                "Qui peut prendre une intervention",
                h::available,
            ),
            get(ONE, P::TechnicianView, "Voir un technicien", h::show),
            put(ONE, P::TechnicianManage, "Remplacer un technicien", h::replace),
            patch(ONE, P::TechnicianManage, "Modifier un technicien", h::change),
            delete(
                ONE,
                P::TechnicianManage,
                "Supprimer un technicien sans intervention",
                h::remove,
            ),
            patch(
                "/techniciens/{id}/disponibilite",
                P::TechnicianManage,
                "Changer la disponibilité d'un technicien",
                h::availability,
            ),
        ],
    )
}
