//! What stands at the root: greeting, health, documentation.

pub mod dto;
mod handlers;
mod pages;

use actix_web::http::Method;

use crate::operation::{Operation, group, public};
use handlers as h;

/// The operations.
pub fn operations() -> Vec<Operation> {
    let rooted = vec![
        public(Method::GET, "/", "Présentation de l'API", h::greeting),
        public(Method::GET, "/health", "Le service répond", h::health),
        public(Method::GET, "/health/live", "Le processus vit", h::health),
        public(
            Method::GET,
            "/health/ready",
            "Le service peut travailler",
            h::ready,
        ),
        public(Method::GET, "/docs", "Documentation (Swagger UI)", pages::swagger),
        public(
            Method::GET,
            "/docs/{*fichier}",
            "Fichiers de Swagger UI",
            pages::swagger_file,
        ),
        public(Method::GET, "/redoc", "Documentation (ReDoc)", pages::redoc),
        public(
            Method::GET,
            "/redoc/{fichier}",
            "Fichiers de ReDoc",
            pages::redoc_file,
        ),
    ];
    let mut operations: Vec<_> = rooted.into_iter().map(Operation::at_root).collect();
    operations.push(public(
        Method::GET,
        "/openapi.json",
        "Description OpenAPI",
        pages::openapi,
    ));
    group("plateforme", operations)
}
