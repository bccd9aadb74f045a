//! A resource of its own for the platform's rules: it shows what handlers get.

use actix_web::http::Method;
use api_actix::call::{Call, Guest};
use api_actix::extract::{Body, Change, Form, IfMatch, List, ListFilter, PathId, Query, Replace, View};
use api_actix::json::Dto;
use api_actix::operation::{self as op, Needs, Operation, group, public};
use api_actix::reply::{Answered, Many, Nothing, One, Plain};
use api_actix::wire::{Amount, Day, Field, Instant, Set, Wire};
use domain::page::{Page, Sort};
use domain::policy::{Permission, Role};
use domain::user::{User, UserSort};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Un essai.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct Trial {
    /// Nom.
    pub nom: String,
    /// Description.
    pub description: Option<String>,
    /// Secret.
    pub mot_de_passe: Option<String>,
    /// Rôle.
    pub role: Option<TrialRole>,
    /// Montant.
    pub montant: Option<Amount>,
    /// Jour.
    pub jour: Option<Day>,
    /// Instant.
    pub instant: Option<Instant>,
    /// Nombre.
    pub nombre: Option<i32>,
    /// Étiquettes.
    #[serde(default)]
    pub etiquettes: Vec<String>,
    /// Adresses.
    #[serde(default)]
    pub adresses: Vec<Address>,
}

pub type TrialRole = Wire<Role>;

/// Une adresse.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct Address {
    /// Ville.
    pub ville: String,
}

impl Dto for Trial {
    const ALIASES: &'static [(&'static str, &'static str)] = &[("nom", "nom_essai")];
    const MULTILINE: &'static [&'static str] = &["description"];
    const VERBATIM: &'static [&'static str] = &["mot_de_passe"];

    fn example() -> Value {
        json!({ "nom": "Essai", "montant": "12.50" })
    }
}

/// Un essai, vu.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialView {
    /// Contenu.
    pub vu: String,
}

/// Un essai modifié.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct TrialPatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Ville.
    #[serde(default)]
    pub ville: Field<String>,
}

impl Dto for TrialPatch {
    fn example() -> Value {
        json!({ "ville": null })
    }
}

/// Un essai remplacé.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialPut {
    /// Nom.
    pub nom: String,
}

impl Dto for TrialPut {
    fn example() -> Value {
        json!({ "nom": "Essai", "version": 3 })
    }
}

/// L'essai tel qu'il est.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialState {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
    /// Auteur.
    pub auteur: Option<String>,
    /// Propriétaire.
    #[schema(value_type = Object)]
    pub client: Value,
    /// Dernière modification.
    pub updated_at: &'static str,
    /// Version.
    pub version: i64,
}

impl View for TrialState {
    const DERIVED: &'static [&'static str] = &["client"];
}

/// Critères.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct TrialQuery {
    /// Rôle.
    pub role: Option<TrialRole>,
    /// Actif.
    pub actif: Option<bool>,
    /// Client.
    pub client_id: Option<i64>,
    /// Rôles.
    pub roles: Option<Vec<TrialRole>>,
    /// À partir de ce jour.
    pub depuis: Option<Day>,
}

impl ListFilter for TrialQuery {
    type Key = UserSort;
    const DEFAULT: Sort<UserSort> = Sort {
        key: UserSort::CreatedAt,
        descending: true,
    };
}

fn seen(value: impl std::fmt::Debug) -> TrialView {
    TrialView {
        vu: format!("{value:?}"),
    }
}

async fn create(_: Call, body: Body<Trial>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(body.0)))
}

async fn form(_: Guest, body: Form<Trial>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(body.0)))
}

async fn change(call: Call, id: PathId<User>, patch: Change<TrialPatch>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen((
        id.0,
        patch.body,
        patch.version,
        call.ctx.idempotency,
    ))))
}

async fn replace(_: Call, id: PathId<User>, put: Replace<TrialPut, TrialState>) -> Answered<One<TrialState>> {
    let present = TrialState {
        id: id.0.get(),
        nom: "Ancien".to_owned(),
        auteur: None,
        client: json!({ "id": 2, "nom": "Atlas" }),
        updated_at: "2026-03-02T09:00:00Z",
        version: 3,
    };
    put.check(&present)?;
    application::ctx::check_version(present.version, put.expected())?;
    Ok(One {
        version: 4,
        view: TrialState {
            nom: put.body.nom,
            version: 4,
            ..present
        },
    })
}

async fn remove(_: Call, _: PathId<User>, version: IfMatch) -> Answered<Nothing> {
    application::ctx::check_version(3, version.expected())?;
    Ok(Nothing)
}

async fn list(_: Call, list: List<TrialQuery>) -> Answered<Many<TrialView>> {
    let items = vec![seen(&list.filter), seen(&list.page)];
    let page = Page {
        items,
        total: 2,
        total_capped: false,
        next_cursor: None,
    };
    Ok(Many::of(&list.page, page, |item| item))
}

async fn filtered(_: Call, query: Query<TrialQuery>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(query.0)))
}

async fn large(_: Guest) -> Answered<Plain<TrialView>> {
    Ok(Plain(TrialView {
        vu: "une longue réponse ".repeat(500),
    }))
}

#[allow(clippy::diverging_sub_expression)]
async fn panics(_: Guest) -> Answered<Nothing> {
    panic!("canary of a panic")
}

async fn origin(call: Call) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(call.ctx.origin)))
}

/// A resource that shows what handlers get.
pub fn trials() -> Vec<Operation> {
    const BOTH: Needs = Needs::AnyOf(&[Permission::UserManage, Permission::InterventionRate]);
    group(
        "essais",
        vec![
            op::get("/essais", Permission::InterventionCreate, "Lister", list),
            op::post("/essais", Permission::InterventionCreate, "Créer", create),
            public(Method::POST, "/essais/formulaire", "Formulaire", form),
            op::get("/essais/filtres", Needs::SignedIn, "Filtrer", filtered),
            op::get("/essais/origine", BOTH, "D'où vient la requête", origin),
            op::patch("/essais/{id}", Needs::SignedIn, "Modifier", change),
            op::put("/essais/{id}", Needs::SignedIn, "Remplacer", replace),
            op::put("/essais/{id}/remplacer", Needs::SignedIn, "Remplacer", replace).alias_of("/essais/{id}"),
            op::delete("/essais/{id}", Needs::SignedIn, "Supprimer", remove),
            public(Method::GET, "/essais/grand", "Grande réponse", large),
            public(Method::GET, "/essais/panique", "Défaut", panics),
        ],
    )
}
