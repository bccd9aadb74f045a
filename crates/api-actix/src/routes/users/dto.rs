//! Accounts on the wire. The comments of wire types are shown to the users of the API: French.

use application::AppError;
use application::user::CreateUser;
use domain::page::{DEFAULT_LIMIT, MAX_LIMIT, Sort};
use domain::policy::{Actor, Permission, Role};
use domain::text::{FieldIssue, IssueCode, Lengths};
use domain::user::rules::TEXTS;
use domain::user::{Locale, User, UserFilter, UserSort};
use domain::{
    Record,
    intervention::history::{HistoryAction, HistoryEntry},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{ListFilter, View, ascending};
use crate::json::Dto;
use crate::wire::{Instant, Set, Wire};

/// Code d'un rôle.
pub type RoleCode = Wire<Role>;
/// Code d'une langue.
pub type LocaleCode = Wire<Locale>;
/// Code d'un droit.
pub type PermissionCode = Wire<Permission>;
/// Code d'une entrée d'historique.
pub type HistoryCode = Wire<HistoryAction>;

/// Un compte.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// Identifiant.
    pub id: i64,
    /// Nom d'utilisateur.
    pub username: String,
    /// Adresse e-mail.
    pub email: String,
    /// Nom à afficher.
    pub full_name: String,
    /// Rôle principal.
    pub role: RoleCode,
    /// Tous les rôles, le principal en premier.
    pub roles: Vec<RoleCode>,
    /// Le compte peut se connecter.
    pub is_active: bool,
    /// Dernière connexion.
    pub last_login: Option<Instant>,
    /// Langue des messages.
    pub locale: LocaleCode,
    /// Un second facteur est demandé à la connexion.
    pub mfa_enabled: bool,
    /// Création.
    pub created_at: Instant,
    /// Dernière modification.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for UserView {
    const DERIVED: &'static [&'static str] = &["last_login"];
}

impl UserView {
    /// The account without its secrets.
    pub fn of(user: &Record<User>) -> Self {
        Self {
            id: user.id.get(),
            username: user.username.clone(),
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            role: Wire(user.role),
            roles: user.roles().into_iter().map(Wire).collect(),
            is_active: user.is_active,
            last_login: user.last_login.map(Instant),
            locale: Wire(user.locale),
            mfa_enabled: user.mfa_enabled,
            created_at: Instant(user.created_at),
            updated_at: Instant(user.updated_at),
            version: user.version,
        }
    }
}

/// Le compte de l'appelant et ses droits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeView {
    /// Le compte.
    #[serde(flatten)]
    pub user: UserView,
    /// Droits de l'appelant, quelle que soit leur portée.
    pub permissions: Vec<PermissionCode>,
    /// Sa fiche de technicien.
    pub technicien_id: Option<i64>,
    /// Clients dont il a le portail.
    pub client_ids: Vec<i64>,
    /// Équipes qu'il dirige.
    pub equipe_ids: Vec<i64>,
}

impl View for MeView {
    const DERIVED: &'static [&'static str] = &[
        "last_login",
        "technicien_id",
        "client_ids",
        "equipe_ids",
        "permissions",
    ];
}

impl MeView {
    /// The account with the rights of its owner.
    pub fn of(user: &Record<User>, actor: &Actor) -> Self {
        Self {
            user: UserView::of(user),
            permissions: actor.permissions().into_iter().map(Wire).collect(),
            technicien_id: actor.technician.map(domain::Id::get),
            client_ids: actor.clients.iter().map(|c| c.get()).collect(),
            equipe_ids: actor.teams.iter().map(|t| t.get()).collect(),
        }
    }
}

/// Un nouveau compte.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Nom d'utilisateur : lettres, chiffres, point, tiret, souligné ; 100 caractères au plus.
    pub username: String,
    /// Adresse e-mail, unique.
    pub email: String,
    /// Nom à afficher.
    pub full_name: String,
    /// Mot de passe : 8 caractères au moins.
    pub password: String,
    /// Rôle principal.
    pub role: RoleCode,
    /// Autres rôles.
    #[serde(default)]
    pub roles: Vec<RoleCode>,
    /// Langue des messages ; français par défaut.
    pub locale: Option<LocaleCode>,
    /// Le compte peut se connecter ; vrai par défaut.
    pub is_active: Option<bool>,
}

impl Dto for NewUser {
    const VERBATIM: &'static [&'static str] = &["password"];
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "username": "s.amrani", "email": "s.amrani@mif-maroc.com", "full_name": "Salma Amrani",
            "password": "Atelier-Nord-2026", "role": "technicien", "locale": "fr"
        })
    }
}

impl From<NewUser> for CreateUser {
    fn from(new: NewUser) -> Self {
        Self {
            username: new.username,
            email: new.email,
            full_name: new.full_name,
            password: new.password,
            role: new.role.0,
            other_roles: others(new.roles, new.role.0),
            locale: new.locale.map_or(Locale::French, |l| l.0),
            is_active: new.is_active.unwrap_or(true),
        }
    }
}

/// All roles but the primary one, each once.
fn others(roles: Vec<RoleCode>, primary: Role) -> Vec<Role> {
    let mut others = Vec::new();
    for Wire(role) in roles {
        if role != primary && !others.contains(&role) {
            others.push(role);
        }
    }
    others
}

/// Un compte à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPut {
    /// Nom d'utilisateur.
    pub username: String,
    /// Adresse e-mail ; la changer ferme les autres sessions du compte.
    pub email: String,
    /// Nom à afficher.
    pub full_name: String,
    /// Rôle principal.
    pub role: RoleCode,
    /// Tous les rôles ; le principal seul par défaut.
    #[serde(default)]
    pub roles: Vec<RoleCode>,
    /// Langue des messages ; français par défaut.
    pub locale: Option<LocaleCode>,
    /// Le compte peut se connecter ; inchangé par défaut.
    pub is_active: Option<bool>,
}

impl Dto for UserPut {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "username": "s.amrani", "email": "s.amrani@mif-maroc.com", "full_name": "Salma Amrani",
            "role": "technicien", "roles": ["technicien"], "locale": "fr", "is_active": true, "version": 1
        })
    }
}

impl UserPut {
    /// The account as it shall be.
    pub fn onto(self, before: &User) -> User {
        User {
            username: self.username,
            email: self.email,
            full_name: self.full_name,
            role: self.role.0,
            other_roles: others(self.roles, self.role.0),
            locale: self.locale.map_or(Locale::French, |l| l.0),
            is_active: self.is_active.unwrap_or(before.is_active),
            ..before.clone()
        }
    }
}

/// Le profil de l'appelant à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfilePut {
    /// Adresse e-mail ; la changer ferme les autres sessions.
    pub email: String,
    /// Nom à afficher.
    pub full_name: String,
    /// Langue des messages ; français par défaut.
    pub locale: Option<LocaleCode>,
}

impl Dto for ProfilePut {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "email": "s.amrani@mif-maroc.com", "full_name": "Salma Amrani", "locale": "fr", "version": 1 })
    }
}

impl ProfilePut {
    /// The account as it shall be.
    pub fn onto(self, before: &User) -> User {
        User {
            email: self.email,
            full_name: self.full_name,
            locale: self.locale.map_or(Locale::French, |l| l.0),
            ..before.clone()
        }
    }
}

/// Champs d'un compte à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// Nom d'utilisateur.
    #[serde(default)]
    pub username: Set<String>,
    /// Adresse e-mail ; la changer ferme les autres sessions du compte.
    #[serde(default)]
    pub email: Set<String>,
    /// Nom à afficher.
    #[serde(default)]
    pub full_name: Set<String>,
    /// Rôle principal.
    #[serde(default)]
    pub role: Set<RoleCode>,
    /// Tous les rôles.
    #[serde(default)]
    pub roles: Set<Vec<RoleCode>>,
    /// Langue des messages.
    #[serde(default)]
    pub locale: Set<LocaleCode>,
    /// Le compte peut se connecter.
    #[serde(default)]
    pub is_active: Set<bool>,
}

impl Dto for UserPatch {
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "full_name": "Salma Amrani El Idrissi", "locale": "fr" })
    }
}

impl UserPatch {
    /// The account as it shall be.
    pub fn onto(self, before: &User) -> User {
        let mut after = before.clone();
        self.username.apply(&mut after.username);
        self.email.apply(&mut after.email);
        self.full_name.apply(&mut after.full_name);
        self.is_active.apply(&mut after.is_active);
        self.role.apply_code(&mut after.role);
        self.locale.apply_code(&mut after.locale);
        if let Set::Value(roles) = self.roles {
            after.other_roles = others(roles, after.role);
        }
        after.other_roles.retain(|role| *role != after.role);
        after
    }
}

/// Critères d'une liste de comptes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UserQuery {
    /// Comptes qui ont ce rôle.
    pub role: Option<RoleCode>,
    /// Comptes actifs, ou inactifs.
    pub is_active: Option<bool>,
    /// Le compte qui a cette adresse e-mail.
    pub email: Option<String>,
}

impl ListFilter for UserQuery {
    type Key = UserSort;
    const DEFAULT: Sort<UserSort> = ascending(UserSort::Id);
}

impl From<UserQuery> for UserFilter {
    fn from(query: UserQuery) -> Self {
        Self {
            role: query.role.map(|r| r.0),
            is_active: query.is_active,
            email: query.email,
        }
    }
}

/// Page d'une activité.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ActivityQuery {
    /// Nombre d'éléments par page (50 par défaut, 200 au plus).
    pub limit: Option<u32>,
    /// Suite de la page précédente : sa valeur « next_cursor ».
    pub cursor: Option<String>,
}

impl ActivityQuery {
    /// The size of the page.
    ///
    /// # Errors
    /// Out of range.
    pub fn limit(&self) -> Result<u32, AppError> {
        match self.limit {
            None => Ok(DEFAULT_LIMIT),
            Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
            Some(_) => {
                let range = format!("de 1 à {MAX_LIMIT}");
                Err(AppError::field(FieldIssue::expecting(
                    "limit",
                    IssueCode::OutOfRange,
                    range,
                )))
            }
        }
    }
}

/// Une action d'un compte sur une intervention.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActivityView {
    /// Identifiant.
    pub id: i64,
    /// Intervention.
    pub intervention_id: i64,
    /// Numéro de l'intervention.
    pub numero: String,
    /// Nature de l'action.
    pub action_type: HistoryCode,
    /// Explication.
    pub details: String,
    /// Instant de l'action.
    pub date_action: Instant,
}

impl ActivityView {
    /// The entry without what it changed.
    pub fn of(entry: HistoryEntry) -> Self {
        Self {
            id: entry.id,
            intervention_id: entry.intervention.get(),
            numero: entry.number,
            action_type: Wire(entry.action),
            details: entry.details,
            date_action: Instant(entry.at),
        }
    }
}
