//! Accounts.

pub mod dto;
mod handlers;

use domain::policy::Permission as P;

use crate::operation::{Needs, Operation, delete, get, group, patch, post, put};
use handlers as h;

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    group(
        "utilisateurs",
        vec![
            get("/users", P::UserView, "Lister les comptes", h::list),
            get(
                "/admin/users",
                P::UserManage,
                "Lister les comptes (administration)",
                h::list,
            ),
            post("/users", P::UserManage, "Créer un compte", h::create),
            get("/users/me", Needs::SignedIn, "Mon profil et mes droits", h::me),
            put(
                "/users/me",
                P::UserEditProfile,
                "Remplacer mon profil",
                h::replace_me,
            ),
            put(
                "/users/update",
                P::UserEditProfile,
                "Remplacer mon profil",
                h::replace_me,
            )
            .alias_of("/users/me"),
            get("/users/{id}", P::UserView, "Voir un compte", h::show),
            put(
                "/users/{id}",
                P::UserEditProfile,
                "Remplacer un compte",
                h::replace,
            ),
            patch("/users/{id}", P::UserEditProfile, "Modifier un compte", h::change),
            delete(
                "/users/{id}",
                P::UserManage,
                "Désactiver un compte",
                h::deactivate,
            ),
            patch(
                "/users/{id}/activate",
                P::UserManage,
                "Réactiver un compte",
                h::activate,
            ),
            get(
                "/users/{id}/activite",
                P::UserView,
                "Ce qu'un compte a fait",
                h::activity,
            ),
        ],
    )
}
