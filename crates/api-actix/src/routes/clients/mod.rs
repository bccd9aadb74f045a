//! Clients with what belongs to them.

pub mod children;
pub mod dto;
mod handlers;

use domain::policy::Permission as P;

use crate::operation::{Operation, delete, get, group, patch, post, put};
use handlers as h;

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    let own = vec![
        get("/clients", P::ClientView, "Lister les clients", h::list),
        post("/clients", P::ClientManage, "Créer un client", h::create),
        get("/clients/{id}", P::ClientView, "Voir un client", h::show),
        put(
            "/clients/{id}",
            P::ClientEditContact,
            "Remplacer un client",
            h::replace,
        ),
        patch(
            "/clients/{id}",
            P::ClientEditContact,
            "Modifier un client",
            h::change,
        ),
        delete(
            "/clients/{id}",
            P::ClientManage,
            "Supprimer un client sans rien qui lui appartienne",
            h::remove,
        ),
        get(
            "/clients/{id}/equipements",
            P::ClientView,
            "Lister les équipements d'un client",
            h::equipments,
        ),
    ];
    [group("clients", own), sites(), contacts(), users()]
        .into_iter()
        .flatten()
        .collect()
}

fn sites() -> Vec<Operation> {
    const ALL: &str = "/clients/{id}/sites";
    const ONE: &str = "/clients/{id}/sites/{site_id}";
    group(
        "clients",
        vec![
            get(ALL, P::ClientView, "Lister les sites d'un client", h::list_sites),
            post(ALL, P::ClientManage, "Ajouter un site", h::create_site),
            get(ONE, P::ClientView, "Voir un site", h::show_site),
            put(ONE, P::ClientManage, "Remplacer un site", h::replace_site),
            patch(ONE, P::ClientManage, "Modifier un site", h::change_site),
            delete(
                ONE,
                P::ClientManage,
                "Supprimer un site sans équipement",
                h::remove_site,
            ),
        ],
    )
}

fn contacts() -> Vec<Operation> {
    const ALL: &str = "/clients/{id}/contacts";
    const ONE: &str = "/clients/{id}/contacts/{contact_id}";
    group(
        "clients",
        vec![
            get(
                ALL,
                P::ClientView,
                "Lister les contacts d'un client",
                h::list_contacts,
            ),
            post(ALL, P::ClientManage, "Ajouter un contact", h::create_contact),
            get(ONE, P::ClientView, "Voir un contact", h::show_contact),
            put(ONE, P::ClientManage, "Remplacer un contact", h::replace_contact),
            patch(ONE, P::ClientManage, "Modifier un contact", h::change_contact),
            delete(ONE, P::ClientManage, "Supprimer un contact", h::remove_contact),
        ],
    )
}

fn users() -> Vec<Operation> {
    const ALL: &str = "/clients/{id}/utilisateurs";
    const ONE: &str = "/clients/{id}/utilisateurs/{user_id}";
    group(
        "clients",
        vec![
            get(
                ALL,
                P::ClientManage,
                "Lister les comptes du portail d'un client",
                h::list_users,
            ),
            post(
                ALL,
                P::ClientManage,
                "Rattacher un compte au portail d'un client",
                h::link_user,
            ),
            get(
                ONE,
                P::ClientManage,
                "Voir un compte du portail d'un client",
                h::show_user,
            ),
            delete(
                ONE,
                P::ClientManage,
                "Détacher un compte du portail d'un client",
                h::unlink_user,
            ),
        ],
    )
}
