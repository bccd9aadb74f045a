//! Greeting and health on the wire. The comments are shown to the users of the API: French.

use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Instant;

/// Présentation de l'API.
#[derive(Debug, Serialize, ToSchema)]
pub struct GreetingView {
    /// Salutation.
    pub message: String,
    /// Version.
    pub version: &'static str,
    /// Chemin de la documentation.
    pub documentation: &'static str,
    /// Chemin de la description OpenAPI.
    pub openapi: String,
}

/// État du service.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// « ok ».
    pub status: &'static str,
    /// Instant de la réponse.
    pub timestamp: Instant,
    /// Version.
    pub version: &'static str,
}

/// État du service et de ce dont il dépend.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyView {
    /// « ok ».
    pub status: &'static str,
    /// Instant de la réponse.
    pub timestamp: Instant,
    /// Version.
    pub version: &'static str,
    /// Services utilisés.
    pub services: Vec<ServiceView>,
}

/// État d'un service utilisé.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceView {
    /// Nom.
    pub nom: &'static str,
    /// Il fonctionne.
    pub disponible: bool,
    /// Rien ne marche sans lui.
    pub indispensable: bool,
}
