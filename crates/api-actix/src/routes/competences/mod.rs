//! Skills of technicians, at two paths: the second one is for older clients.

pub mod dto;
mod handlers;

use domain::policy::Permission as P;

use crate::operation::{Operation, delete, get, group, patch, post, put};
use handlers as h;

const ALL: &str = "/techniciens/competences";
const ONE: &str = "/techniciens/competences/{id}";

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    let canonical = at(ALL, ONE);
    let older = at("/competences", "/competences/{id}")
        .into_iter()
        .map(|operation| {
            let path = if operation.path.ends_with("{id}") {
                ONE
            } else {
                ALL
            };
            operation.alias_of(path)
        });
    group("competences", canonical.into_iter().chain(older).collect())
}

fn at(all: &'static str, one: &'static str) -> Vec<Operation> {
    vec![
        get(all, P::TechnicianView, "Lister les compétences", h::list),
        post(all, P::TechnicianManage, "Créer une compétence", h::create),
        get(one, P::TechnicianView, "Voir une compétence", h::show),
        put(one, P::TechnicianManage, "Remplacer une compétence", h::replace),
        patch(one, P::TechnicianManage, "Modifier une compétence", h::change),
        delete(
            one,
            P::TechnicianManage,
            "Supprimer une compétence que rien n'utilise",
            h::remove,
        ),
    ]
}
