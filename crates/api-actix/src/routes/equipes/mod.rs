//! Teams of technicians.

pub mod dto;
mod handlers;

use domain::policy::Permission as P;

use crate::operation::{Operation, delete, get, group, patch, post, put};
use handlers as h;

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    group(
        "equipes",
        vec![
            get("/equipes", P::TechnicianView, "Lister les équipes", h::list),
            post("/equipes", P::TechnicianManage, "Créer une équipe", h::create),
            get("/equipes/{id}", P::TechnicianView, "Voir une équipe", h::show),
            put(
                "/equipes/{id}",
                P::TechnicianManage,
                "Remplacer une équipe",
                h::replace,
            ),
            patch(
                "/equipes/{id}",
                P::TechnicianManage,
                "Modifier une équipe",
                h::change,
            ),
            delete(
                "/equipes/{id}",
                P::TechnicianManage,
                "Supprimer une équipe sans technicien",
                h::remove,
            ),
        ],
    )
}
