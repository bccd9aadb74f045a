//! Greeting and health.

use application::{AppError, Code, Detail};

use super::dto::{GreetingView, HealthView, ReadyView, ServiceView};
use crate::call::Guest;
use crate::openapi::VERSION;
use crate::reply::{Answered, Plain};
use crate::wire::Instant;

pub(super) async fn greeting(guest: Guest) -> Answered<Plain<GreetingView>> {
    let config = &guest.state.config;
    Ok(Plain(GreetingView {
        message: format!("Bienvenue sur l'API {}", config.title),
        version: VERSION,
        documentation: "/docs",
        openapi: format!("{}/openapi.json", config.prefix),
    }))
}

pub(super) async fn health(guest: Guest) -> Answered<Plain<HealthView>> {
    Ok(Plain(HealthView {
        status: "ok",
        timestamp: Instant(guest.visitor.now),
        version: VERSION,
    }))
}

pub(super) async fn ready(guest: Guest) -> Answered<Plain<ReadyView>> {
    let answers = guest.state.readiness.answers().await;
    let missing: Vec<_> = answers
        .iter()
        .filter(|a| a.required && !a.up)
        .map(|a| a.name.to_owned())
        .collect();
    if !missing.is_empty() {
        let details = vec![("services_indisponibles", Detail::List(missing))];
        return Err(AppError::Rule {
            code: Code::Unavailable,
            details,
        }
        .into());
    }
    let services = answers
        .iter()
        .map(|a| ServiceView {
            nom: a.name,
            disponible: a.up,
            indispensable: a.required,
        })
        .collect();
    Ok(Plain(ReadyView {
        status: "ok",
        timestamp: Instant(guest.visitor.now),
        version: VERSION,
        services,
    }))
}
