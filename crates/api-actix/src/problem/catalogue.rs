//! Every code that the API can answer with: status, title, text and family, in one table.
//!
//! A new member of [`Code`] or [`HttpCode`] does not compile before it has its line here.

use application::Code;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Codes of the adapter itself: what is refused before a use case is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum HttpCode {
    /// The body is not JSON.
    MalformedJson,
    /// The body or the query is not UTF-8.
    InvalidEncoding,
    /// A JSON object names a key twice.
    DuplicateKey,
    /// A query parameter is given twice.
    DuplicateParameter,
    /// The body is of a type that the operation does not take.
    UnsupportedMediaType,
    /// The body is larger than the operation takes.
    PayloadTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// There is no such path.
    RouteNotFound,
    /// The path does not know this method.
    MethodNotAllowed,
    /// `If-Match` is not an entity tag.
    InvalidIfMatch,
    /// `Idempotency-Key` is not one.
    InvalidIdempotencyKey,
    /// A request with a cookie does not prove that it comes from the product's own pages.
    CsrfRefused,
}

/// A code of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnyCode {
    /// Of a use case.
    App(Code),
    /// Of the adapter.
    Http(HttpCode),
}

impl AnyCode {
    /// The code as it goes over the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App(code) => code.as_str(),
            Self::Http(code) => code.into(),
        }
    }

    /// All codes of both sides.
    pub fn all() -> impl Iterator<Item = Self> {
        Code::VARIANTS
            .iter()
            .map(|c| Self::App(*c))
            .chain(HttpCode::VARIANTS.iter().map(|c| Self::Http(*c)))
    }
}

/// What the wire says about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// HTTP status.
    pub status: u16,
    /// Last part of the problem's `type`.
    pub family: &'static str,
    /// Short text.
    pub title: &'static str,
    /// Text for people who have nothing else to read.
    pub detail: &'static str,
}

const fn e(status: u16, family: &'static str, title: &'static str, detail: &'static str) -> Entry {
    Entry {
        status,
        family,
        title,
        detail,
    }
}

/// The table. The texts of the validation and permission families are those that older clients
/// compare with.
pub const fn entry(code: AnyCode) -> Entry {
    match code {
        AnyCode::App(code) => app(code),
        AnyCode::Http(code) => http(code),
    }
}

#[rustfmt::skip]
const fn app(code: Code) -> Entry {
    use Code as C;
    match code {
        C::ValidationError => e(422, "validation", "Données invalides", "Validation error"),
        C::InvalidCredentials => e(401, "authentification", "Identifiants incorrects", "Le nom d'utilisateur ou le mot de passe est incorrect."),
        C::Unauthenticated => e(401, "authentification", "Authentification requise", "Un jeton d'accès valide est nécessaire."),
        C::SessionEnded => e(401, "authentification", "Session terminée", "La session est terminée : reconnectez-vous."),
        C::InvalidRefreshToken => e(401, "authentification", "Jeton de renouvellement invalide", "Le jeton de renouvellement est inconnu ou expiré : reconnectez-vous."),
        C::RefreshTokenReused => e(401, "authentification", "Jeton de renouvellement déjà utilisé", "Ce jeton a déjà servi ; la session a été fermée par sécurité."),
        C::Forbidden => e(403, "droits", "Action non autorisée", "Insufficient permissions"),
        C::FieldsForbidden => e(403, "droits", "Champs non autorisés", "Vous ne pouvez pas modifier les champs listés dans « champs »."),
        C::NotFound => e(404, "introuvable", "Ressource introuvable", "La ressource demandée n'existe pas."),
        C::AlreadyExists => e(409, "conflit", "Valeur déjà utilisée", "Une autre fiche porte déjà la valeur du champ « champ »."),
        C::InUse => e(409, "conflit", "Ressource utilisée", "D'autres fiches dépendent de celle-ci : elle ne peut pas être supprimée."),
        C::UnknownReference => e(422, "validation", "Référence inconnue", "Une référence désigne une fiche qui n'existe pas."),
        C::InvalidTransition => e(409, "regle", "Action impossible dans cet état", "L'état actuel n'autorise pas cette action ; les actions possibles sont listées."),
        C::NoTechnician => e(409, "regle", "Aucun technicien affecté", "Affectez un technicien avant de démarrer l'intervention."),
        C::TechnicianBusy => e(409, "regle", "Technicien occupé", "Le technicien a une autre intervention en cours."),
        C::TechnicianUnavailable => e(409, "regle", "Technicien indisponible", "Le technicien n'est pas disponible."),
        C::TechnicianInactive => e(409, "regle", "Technicien inactif", "Le compte du technicien est désactivé."),
        C::SkillMissing => e(409, "regle", "Compétence manquante", "Le technicien n'a pas les compétences requises, ou leur validité est dépassée."),
        C::EquipmentOutOfService => e(409, "regle", "Équipement hors service", "L'équipement est hors service."),
        C::EquipmentInUse => e(409, "regle", "Équipement retenu", "L'équipement est retenu par une intervention ou a des interventions ouvertes."),
        C::ClientSuspended => e(409, "regle", "Client suspendu", "Le client est suspendu : seules les demandes urgentes sont acceptées."),
        C::ReadOnlyState => e(409, "regle", "Modification impossible", "Dans son état actuel, la fiche ne peut plus être modifiée."),
        C::AboutFailure => e(409, "regle", "Intervention liée à une panne", "L'intervention porte sur une panne de son équipement : annulez-la et créez-en une autre sur le bon équipement."),
        C::EquipmentCycle => e(409, "regle", "Arborescence impossible", "Un équipement ne peut pas faire partie de lui-même."),
        C::LastAdmin => e(409, "regle", "Dernier administrateur", "Le dernier administrateur actif ne peut être ni désactivé ni rétrogradé."),
        C::RoleAboveOwn => e(403, "droits", "Rôle supérieur au vôtre", "Vous ne pouvez pas accorder un rôle supérieur au vôtre."),
        C::RoleInUse => e(409, "regle", "Rôle utilisé", "Le compte a encore une fiche de technicien, un accès client ou une équipe à sa charge, qui demandent ce rôle ; gardez-le, au besoin parmi « roles »."),
        C::AlreadyAssigned => e(409, "regle", "Technicien déjà affecté", "Ce technicien est déjà affecté à l'intervention."),
        C::AlreadyArchived => e(409, "regle", "Déjà archivée", "Cette intervention est déjà archivée."),
        C::NotClosed => e(409, "regle", "Intervention non close", "Seule une intervention close peut être évaluée."),
        C::AlreadyRated => e(409, "regle", "Déjà évaluée", "Cette intervention a déjà été évaluée."),
        C::WrongPassword => e(422, "validation", "Mot de passe actuel incorrect", "Le mot de passe actuel est incorrect."),
        C::StaleVersion => e(412, "version", "Fiche modifiée entre-temps", "La fiche a changé depuis votre lecture : relisez-la puis recommencez."),
        C::VersionRequired => e(428, "version", "Version requise", "Indiquez la version à remplacer par l'en-tête If-Match ou le champ « version »."),
        C::IdempotencyMismatch => e(422, "idempotence", "Clé déjà utilisée", "Cette clé d'idempotence a servi pour une autre requête."),
        C::IdempotencyRunning => e(409, "idempotence", "Requête en cours", "Une requête portant cette clé d'idempotence est en cours."),
        C::Locked => e(503, "indisponible", "Ressource momentanément occupée", "Une autre opération occupe cette ressource : réessayez."),
        C::RateLimited => e(429, "debit", "Trop de tentatives", "Trop de tentatives : patientez avant de réessayer."),
        C::SignInBusy => e(503, "indisponible", "Connexions trop nombreuses", "Trop de connexions simultanées : réessayez dans un instant."),
        C::Unavailable => e(503, "indisponible", "Service momentanément indisponible", "Un service nécessaire est indisponible : réessayez dans un instant."),
        C::Internal => e(500, "interne", "Erreur interne", "Une erreur inattendue s'est produite ; communiquez l'identifiant de corrélation au support."),
    }
}

#[rustfmt::skip]
const fn http(code: HttpCode) -> Entry {
    use HttpCode as H;
    match code {
        H::MalformedJson => e(400, "requete", "Corps illisible", "Le corps de la requête n'est pas du JSON valide."),
        H::InvalidEncoding => e(400, "requete", "Encodage invalide", "La requête n'est pas encodée en UTF-8."),
        H::DuplicateKey => e(400, "requete", "Clé en double", "Un objet JSON contient deux fois la même clé."),
        H::DuplicateParameter => e(400, "requete", "Paramètre en double", "Un paramètre de requête est donné deux fois."),
        H::UnsupportedMediaType => e(415, "requete", "Type de contenu non pris en charge", "Envoyez le corps dans un type de contenu que l'opération accepte, sans compression."),
        H::PayloadTooLarge => e(413, "requete", "Corps trop volumineux", "Le corps de la requête dépasse la taille autorisée."),
        H::RequestTimeout => e(408, "requete", "Délai dépassé", "Le corps de la requête n'est pas arrivé à temps."),
        H::RouteNotFound => e(404, "introuvable", "Adresse inconnue", "Aucune ressource ne correspond à cette adresse."),
        H::MethodNotAllowed => e(405, "requete", "Méthode non autorisée", "Cette adresse n'accepte pas cette méthode ; voir l'en-tête Allow."),
        H::InvalidIfMatch => e(400, "requete", "En-tête If-Match invalide", "If-Match doit porter une seule étiquette, telle que \"v3\"."),
        H::InvalidIdempotencyKey => e(400, "requete", "Clé d'idempotence invalide", "Idempotency-Key doit compter de 1 à 255 caractères ASCII visibles."),
        H::CsrfRefused => e(403, "droits", "Requête refusée", "La requête ne prouve pas qu'elle vient de l'application (en-tête X-CSRF-Token ou origine)."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_sides_are_unique() {
        let mut codes: Vec<_> = AnyCode::all().map(AnyCode::as_str).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn every_code_says_something() {
        for code in AnyCode::all() {
            let entry = entry(code);
            assert!((400..600).contains(&entry.status), "{code:?}");
            assert!(!entry.title.is_empty() && !entry.detail.is_empty(), "{code:?}");
            assert!(entry.family.bytes().all(|b| b.is_ascii_lowercase()), "{code:?}");
        }
    }
}
