//! Signing in and out, sessions.

pub mod dto;
mod handlers;

use actix_web::http::Method;

use crate::operation::{Needs, Operation, delete, get, group, post, public};
use handlers as h;

/// The operations of this resource. None of their answers may be stored: they hold tokens, or
/// follow from secrets.
pub fn operations() -> Vec<Operation> {
    let operations = vec![
        public(Method::POST, "/auth/login", "Se connecter", h::login),
        public(
            Method::POST,
            "/auth/token",
            "Obtenir un jeton (OAuth2 « password » compris)",
            h::token,
        ),
        public(
            Method::POST,
            "/auth/refresh",
            "Renouveler le jeton d'accès",
            h::refresh,
        ),
        post("/auth/logout", Needs::SignedIn, "Se déconnecter", h::logout),
        get("/auth/me", Needs::SignedIn, "Mon profil et mes droits", h::me),
        post(
            "/auth/change-password",
            Needs::SignedIn,
            "Changer mon mot de passe",
            h::change_password,
        ),
        get(
            "/auth/sessions",
            Needs::SignedIn,
            "Mes sessions ouvertes",
            h::sessions,
        ),
        delete(
            "/auth/sessions",
            Needs::SignedIn,
            "Fermer toutes mes sessions",
            h::end_all,
        ),
        delete(
            "/auth/sessions/{sid}",
            Needs::SignedIn,
            "Fermer une de mes sessions",
            h::end_session,
        ),
    ];
    group(
        "authentification",
        operations
            .into_iter()
            .map(|operation| operation.secret().short_body())
            .collect(),
    )
}
