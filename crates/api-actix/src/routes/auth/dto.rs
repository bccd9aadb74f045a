//! Signing in on the wire. The comments of wire types are shown to the users of the API: French.

use application::AppError;
use application::auth::{ChangePassword, Login};
use domain::session::{Session, SessionId, SessionMode};
use domain::text::{FieldIssue, IssueCode, Issues, Lengths};
use domain::user::rules::{MAX_PASSWORD, MIN_PASSWORD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::json::Dto;
use crate::routes::users::dto::UserView;
use crate::security::token::session_text;
use crate::wire::{Instant, Wire};

/// Code d'un mode de session.
pub type ModeCode = Wire<SessionMode>;

/// Connexion.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Nom d'utilisateur ou adresse e-mail ; le champ peut aussi s'appeler « email ».
    pub username: String,
    /// Mot de passe.
    #[schema(format = Password)]
    pub password: String,
    /// Où garder le jeton de renouvellement : « bearer » (réponse, par défaut) ou « cookie ».
    pub mode: Option<ModeCode>,
}

impl Dto for LoginBody {
    const ALIASES: &'static [(&'static str, &'static str)] = &[("username", "email")];
    const VERBATIM: &'static [&'static str] = &["password"];

    fn example() -> Value {
        json!({ "username": "responsable@mif.ma", "password": "Demo-MIF-2026!" })
    }
}

impl From<LoginBody> for Login {
    fn from(body: LoginBody) -> Self {
        Self {
            identifier: body.username,
            password: body.password,
            mode: body.mode.map_or(SessionMode::Bearer, |mode| mode.0),
        }
    }
}

/// Demande de jeton, aussi sous la forme OAuth2 « password ».
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// Adresse e-mail ou nom d'utilisateur ; le champ peut aussi s'appeler « email ».
    pub username: String,
    /// Mot de passe.
    #[schema(format = Password)]
    pub password: String,
    /// OAuth2 : « password ».
    pub grant_type: Option<String>,
    /// OAuth2 : sans effet, les droits suivent le rôle.
    pub scope: Option<String>,
    /// OAuth2 : sans effet.
    pub client_id: Option<String>,
    /// OAuth2 : sans effet.
    pub client_secret: Option<String>,
}

impl Dto for TokenBody {
    const ALIASES: &'static [(&'static str, &'static str)] = &[("username", "email")];
    const VERBATIM: &'static [&'static str] = &["password", "client_secret"];

    fn example() -> Value {
        json!({ "email": "technicien@mif.ma", "password": "Demo-MIF-2026!" })
    }
}

impl TokenBody {
    /// The sign-in that is asked for.
    ///
    /// # Errors
    /// Another grant than the one with a password.
    pub fn into_login(self) -> Result<Login, AppError> {
        if self
            .grant_type
            .is_some_and(|grant| !grant.is_empty() && grant != "password")
        {
            let issue = FieldIssue::expecting("grant_type", IssueCode::UnknownValue, "password");
            return Err(AppError::field(issue));
        }
        Ok(Login {
            identifier: self.username,
            password: self.password,
            mode: SessionMode::Bearer,
        })
    }
}

/// Renouvellement ; sans corps, le jeton du cookie est utilisé.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    /// Jeton de renouvellement reçu à la connexion ou au renouvellement précédent.
    pub refresh_token: String,
    /// OAuth2 : « refresh_token ».
    pub grant_type: Option<String>,
}

impl Dto for RefreshBody {
    fn example() -> Value {
        json!({ "refresh_token": "dGhpcyBpcyBhbiBleGFtcGxlIG9mIGEgdG9rZW4hISE" })
    }
}

/// Déconnexion ; la session est celle du jeton d'accès, et finit avec tous ses jetons.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogoutBody {
    /// Jeton de renouvellement de la session, que certains clients envoient ; il n'est pas nécessaire.
    pub refresh_token: Option<String>,
}

impl Dto for LogoutBody {
    const LENGTHS: &'static [Lengths] = &[LOGOUT];

    fn example() -> Value {
        json!({ "refresh_token": "dGhpcyBpcyBhbiBleGFtcGxlIG9mIGEgdG9rZW4hISE" })
    }
}

const LOGOUT: Lengths = &[("refresh_token", 0, 512)];

impl LogoutBody {
    /// Nothing of it is needed, but nothing else is taken for it either.
    ///
    /// # Errors
    /// It is no token.
    pub fn check(&self) -> Result<(), AppError> {
        let mut issues = Issues::default();
        issues.lengths(LOGOUT, [("refresh_token", self.refresh_token.as_deref())]);
        issues.into_result().map_err(|issues| AppError::Invalid(issues.0))
    }
}

/// Jetons d'une session.
#[derive(Serialize, ToSchema)]
pub struct TokenView {
    /// Jeton d'accès, à envoyer dans « Authorization: Bearer ».
    pub access_token: String,
    /// Jeton de renouvellement, à usage unique ; null quand il est gardé dans un cookie.
    pub refresh_token: Option<String>,
    /// « bearer ».
    pub token_type: &'static str,
    /// Durée de vie du jeton d'accès, en secondes.
    pub expires_in: u32,
    /// Le compte.
    pub user: UserView,
}

/// Changement de mot de passe.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordBody {
    /// Mot de passe actuel ; le champ peut aussi s'appeler « current_password ».
    #[schema(format = Password)]
    pub mot_de_passe_actuel: String,
    /// Nouveau mot de passe ; le champ peut aussi s'appeler « new_password ».
    #[schema(format = Password)]
    pub nouveau_mot_de_passe: String,
}

impl Dto for ChangePasswordBody {
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("mot_de_passe_actuel", "current_password"),
        ("nouveau_mot_de_passe", "new_password"),
    ];
    const VERBATIM: &'static [&'static str] = &[
        "mot_de_passe_actuel",
        "nouveau_mot_de_passe",
        "current_password",
        "new_password",
    ];
    const LENGTHS: &'static [Lengths] = &[&[("nouveau_mot_de_passe", MIN_PASSWORD, MAX_PASSWORD)]];

    fn example() -> Value {
        json!({ "mot_de_passe_actuel": "Demo-MIF-2026!", "nouveau_mot_de_passe": "Atelier-Sud-2027" })
    }
}

impl From<ChangePasswordBody> for ChangePassword {
    fn from(body: ChangePasswordBody) -> Self {
        Self {
            current: body.mot_de_passe_actuel,
            new: body.nouveau_mot_de_passe,
        }
    }
}

/// Déconnexion.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LogoutQuery {
    /// Fermer toutes les sessions du compte.
    pub all: Option<bool>,
}

/// Une session ouverte.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Identifiant.
    pub id: String,
    /// Connexion.
    pub created_at: Instant,
    /// Dernière connexion ou dernier renouvellement.
    pub derniere_activite: Instant,
    /// Fin, faute de renouvellement.
    pub expire_le: Instant,
    /// Adresse.
    pub ip: Option<String>,
    /// Programme.
    pub user_agent: Option<String>,
    /// Où le jeton de renouvellement est gardé.
    pub mode: ModeCode,
    /// C'est la session de cette requête.
    pub courante: bool,
}

impl SessionView {
    /// The session as its owner sees it.
    pub fn of(session: &Session, here: Option<SessionId>) -> Self {
        Self {
            id: session_text(session.id),
            created_at: Instant(session.created_at),
            derniere_activite: Instant(session.last_seen_at),
            expire_le: Instant(session.expires_at),
            ip: session.ip.clone(),
            user_agent: session.user_agent.clone(),
            mode: Wire(session.mode),
            courante: here == Some(session.id),
        }
    }
}
