//! The OpenAPI 3.1 document, made from the list of operations.

pub mod doc;

use std::collections::BTreeSet;

use actix_web::http::Method;
use domain::Vocab;
use serde::Serialize;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ComponentsBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, ContentBuilder, Deprecated, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    Required,
};
use utoipa::{PartialSchema, ToSchema};

use crate::extract::BodyKind;
use crate::operation::{Access, Operation};
use crate::security::cookie;
use crate::state::HttpConfig;
use crate::wire::reference;
use doc::{Doc, PathKind};

/// What the product says about itself.
pub const DESCRIPTION: &str = "Backend ERP pour la gestion des interventions industrielles";
/// Version of the build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";

/// Refus d'une requête.
#[derive(Debug, Serialize, ToSchema)]
pub struct Probleme {
    /// Famille du problème.
    #[schema(example = "/problems/validation")]
    pub r#type: String,
    /// Résumé.
    pub title: String,
    /// Code HTTP.
    pub status: u16,
    /// Explication.
    pub detail: String,
    /// Code stable, à comparer par les programmes.
    #[schema(example = "VALIDATION_ERROR")]
    pub code: String,
    /// Champs en cause.
    pub errors: Vec<ErreurDeChamp>,
    /// Instant du refus.
    pub timestamp: String,
    /// Chemin demandé.
    pub path: String,
    /// Identifiant à communiquer au support.
    pub correlation_id: String,
}

/// Ce qui ne va pas dans un champ.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErreurDeChamp {
    /// Nom du champ, avec son chemin.
    pub field: String,
    /// Explication.
    pub message: String,
    /// Code stable.
    pub code: String,
}

/// The schema of one page of a list.
pub fn page_of(item: &str) -> RefOr<Schema> {
    let number = |what: &str| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some(what))
    };
    let items = ArrayBuilder::new()
        .items(reference(item))
        .description(Some("Éléments de la page"));
    let cursor = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::Array(vec![
            Type::String,
            Type::Null,
        ]))
        .description(Some(
            "À passer dans « cursor » pour la page suivante ; null à la dernière",
        ));
    let capped = ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .description(Some("Vrai quand « total » s'est arrêté à 10 000"));
    let properties = ObjectBuilder::new()
        .property("items", items)
        .property("total", number("Nombre d'éléments en tout, exact jusqu'à 10 000"))
        .property("total_capped", capped)
        .property("limit", number("Taille de page demandée"))
        .property("offset", number("Éléments sautés"))
        .property("next_cursor", cursor);
    ["items", "total", "total_capped", "limit", "offset", "next_cursor"]
        .into_iter()
        .fold(properties, ObjectBuilder::required)
        .into()
}

/// The document.
pub fn document(operations: &[Operation], config: &HttpConfig) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new()
        .schema(Probleme::name(), Probleme::schema())
        .schema(ErreurDeChamp::name(), ErreurDeChamp::schema());
    for (name, _, what) in REFUSALS {
        let content = ContentBuilder::new()
            .schema(Some(reference(&Probleme::name())))
            .build();
        let response = ResponseBuilder::new()
            .description(*what)
            .content("application/problem+json", content);
        components = components.response(*name, response.build());
    }
    let mut components = components
        .security_scheme(
            COOKIE,
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                cookie::names(config).0,
                "Jeton de renouvellement d'un navigateur, donné par /auth/login avec « mode: cookie » et lu par \
                 /auth/refresh, avec l'en-tête X-CSRF-Token."
                    .to_owned(),
            ))),
        )
        .security_scheme(
            BEARER,
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some("Jeton d'accès donné par /auth/login ou /auth/token"))
                    .build(),
            ),
        );
    let mut tags = BTreeSet::new();
    for operation in operations {
        tags.insert(operation.tag);
        for (name, schema) in &operation.doc.schemas {
            components = components.schema(name, schema.clone());
        }
        let item = PathItem::new(method(&operation.method), describe(operation));
        let path = full_path(operation, config);
        match paths.paths.get_mut(&path) {
            Some(present) => present.merge_operations(item),
            None => {
                paths.paths.insert(path, item);
            }
        }
    }
    let contact = ContactBuilder::new().email(Some(config.contact.clone())).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title(config.title.clone())
                .version(VERSION)
                .description(Some(DESCRIPTION))
                .contact(Some(contact))
                .build(),
        )
        .tags(Some(
            tags.into_iter().map(|tag| TagBuilder::new().name(tag).build()),
        ))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

/// The path as clients write it.
pub fn full_path(operation: &Operation, config: &HttpConfig) -> String {
    let path = operation.path.replace("{*", "{");
    if operation.at_root {
        path
    } else {
        format!("{}{path}", config.prefix)
    }
}

fn method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn describe(operation: &Operation) -> OperationBuilder {
    let doc = &operation.doc;
    let mut built = OperationBuilder::new()
        .tag(operation.tag)
        .summary(Some(operation.summary))
        .operation_id(Some(identifier(operation)));
    if let Some(path) = operation.alias_of {
        built = built
            .deprecated(Some(Deprecated::True))
            .description(Some(format!("Ancien chemin de {path}, à utiliser à la place.")));
    }
    let permission: serde_json::Value = match operation.access {
        Access::Public => "public".into(),
        Access::Signed(needs) => match needs.permissions() {
            [] => "authentifie".into(),
            [one] => one.code().into(),
            many => many.iter().map(|p| p.code()).collect(),
        },
    };
    built = built.extensions(Some(
        ExtensionsBuilder::new().add("x-permission", permission).build(),
    ));
    built = match operation.access {
        // With the cookie, or with the token in the body.
        Access::Public if doc.cookie => built
            .security(SecurityRequirement::new(COOKIE, Vec::<String>::new()))
            .security(SecurityRequirement::default()),
        Access::Public => built.securities(Some(Vec::new())),
        Access::Signed(_) => built.security(SecurityRequirement::new(BEARER, Vec::<String>::new())),
    };
    built = parameters(operation, built);
    if let Some(body) = &doc.body {
        let content = || {
            ContentBuilder::new()
                .schema(Some(reference(&body.schema)))
                .example(Some(body.example.clone()))
                .build()
        };
        let required = if body.required {
            Required::True
        } else {
            Required::False
        };
        let mut request = RequestBodyBuilder::new()
            .required(Some(required))
            .content("application/json", content());
        if body.form {
            request = request.content("application/x-www-form-urlencoded", content());
        }
        built = built.request_body(Some(request.build()));
    }
    responses(operation, built)
}

fn identifier(operation: &Operation) -> String {
    let mut id = operation.method.as_str().to_lowercase();
    for word in operation
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        id.push('_');
        id.push_str(word);
    }
    id
}

fn parameters(operation: &Operation, mut built: OperationBuilder) -> OperationBuilder {
    let names = operation
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next());
    for (name, kind) in names.zip(&operation.doc.path_kinds) {
        let schema = match kind {
            PathKind::Id => ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)),
            PathKind::Text => ObjectBuilder::new().schema_type(Type::String),
        };
        let what = if *kind == PathKind::Id {
            "Identifiant"
        } else {
            "Nom"
        };
        built = built.parameter(
            ParameterBuilder::new()
                .name(name.trim_start_matches('*'))
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(what))
                .schema(Some(schema)),
        );
    }
    for parameter in &operation.doc.parameters {
        built = built.parameter(parameter.clone());
    }
    if operation.repeatable() {
        built = built.parameter(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .description(Some(
                    "Une requête répétée sous la même clé n'a d'effet qu'une fois ; même réponse 7 jours.",
                ))
                .schema(Some(
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .max_length(Some(255)),
                )),
        );
    }
    built
}

fn responses(operation: &Operation, mut built: OperationBuilder) -> OperationBuilder {
    let success = &operation.doc.response;
    let mut response = ResponseBuilder::new().description(success.description);
    if let Some((kind, schema)) = &success.content {
        response = response.content(*kind, ContentBuilder::new().schema(Some(schema.clone())).build());
    }
    for header in success.headers {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        response = response.header(*header, HeaderBuilder::new().schema(Some(schema)).build());
    }
    built = built.response(success.status.to_string(), response.build());
    for (name, status) in refusals(operation, &operation.doc) {
        built = built.response(status.to_string(), Ref::from_response_name(name));
    }
    built
}

/// The refusals: name of the component, status, what it means.
const REFUSALS: &[(&str, u16, &str)] = &[
    ("RequeteIllisible", 400, "Requête illisible"),
    ("AuthentificationRequise", 401, "Authentification requise"),
    ("NonAutorise", 403, "Action non autorisée"),
    ("Introuvable", 404, "Ressource introuvable"),
    ("TropTard", 408, "Corps arrivé trop tard"),
    ("Conflit", 409, "Conflit ou règle de gestion"),
    ("VersionDepassee", 412, "La version n'est plus la dernière"),
    ("TropVolumineux", 413, "Corps trop volumineux"),
    ("TypeNonPrisEnCharge", 415, "Type de contenu non pris en charge"),
    ("DonneesInvalides", 422, "Données invalides"),
    ("VersionRequise", 428, "Version requise"),
    ("TropDeTentatives", 429, "Trop de tentatives"),
    ("ErreurInterne", 500, "Erreur interne"),
    ("Indisponible", 503, "Service momentanément indisponible"),
];

/// Which refusals an operation can answer with, by what it reads.
fn refusals(operation: &Operation, doc: &Doc) -> Vec<(&'static str, u16)> {
    let signed = matches!(operation.access, Access::Signed(_));
    let body = operation.body != BodyKind::None;
    let writes = operation.method != Method::GET;
    let applies = |status: u16| match status {
        401 => signed || operation.secret,
        403 => signed || operation.doc.cookie,
        404 => !doc.path_kinds.is_empty(),
        415 => body || writes,
        409 => signed && writes,
        412 => doc.versioned,
        428 => doc.versioned && operation.method == Method::PUT,
        429 => operation.secret,
        _ => true,
    };
    REFUSALS
        .iter()
        .filter(|(_, status, _)| applies(*status))
        .map(|(name, status, _)| (*name, *status))
        .collect()
}
