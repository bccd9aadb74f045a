//! Clients on the wire. The comments of wire types are shown to the users of the API: French.

use domain::client::rules::TEXTS;
use domain::client::{Client, ClientFilter, ClientKind, ClientSort, ClientStatus, ServiceLevel};
use domain::page::Sort;
use domain::text::Lengths;
use domain::{Id, Record};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{ListFilter, View, ascending};
use crate::json::Dto;
use crate::wire::{Day, Field, Instant, Set, Wire, filled};

/// Code d'un type de client.
pub type ClientKindCode = Wire<ClientKind>;
/// Code d'un niveau de service.
pub type ServiceLevelCode = Wire<ServiceLevel>;
/// Code d'un statut de client.
pub type ClientStatusCode = Wire<ClientStatus>;

/// Un client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClientView {
    /// Identifiant.
    pub id: i64,
    /// Compte principal du portail.
    pub user_id: Option<i64>,
    /// Raison sociale ou nom.
    pub nom_entreprise: String,
    /// Secteur d'activité.
    pub secteur_activite: Option<String>,
    /// Adresse.
    pub adresse: Option<String>,
    /// Ville.
    pub ville: Option<String>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Adresse e-mail.
    pub email: Option<String>,
    /// Nom de la personne à contacter.
    pub contact_principal: Option<String>,
    /// Type de client.
    pub type_client: ClientKindCode,
    /// Niveau de service convenu.
    pub niveau_service: ServiceLevelCode,
    /// Statut commercial.
    pub statut_client: ClientStatusCode,
    /// Identifiant commun de l'entreprise (ICE).
    pub ice: Option<String>,
    /// Identifiant fiscal.
    pub identifiant_fiscal: Option<String>,
    /// Client depuis cette date.
    pub date_creation: Day,
    /// Création de la fiche.
    pub created_at: Instant,
    /// Dernière modification de la fiche.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for ClientView {}

impl ClientView {
    /// The whole client.
    pub fn of(client: &Record<Client>) -> Self {
        Self {
            id: client.id.get(),
            user_id: client.user.map(Id::get),
            nom_entreprise: client.name.clone(),
            secteur_activite: client.sector.clone(),
            adresse: client.address.clone(),
            ville: client.city.clone(),
            telephone: client.phone.clone(),
            email: client.email.clone(),
            contact_principal: client.main_contact.clone(),
            type_client: Wire(client.kind),
            niveau_service: Wire(client.service_level),
            statut_client: Wire(client.status),
            ice: client.ice.clone(),
            identifiant_fiscal: client.tax_id.clone(),
            date_creation: Day(client.since),
            created_at: Instant(client.created_at),
            updated_at: Instant(client.updated_at),
            version: client.version,
        }
    }
}

/// Un client à créer, ou à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientWrite {
    /// Compte principal du portail : un compte existant de rôle client.
    pub user_id: Option<i64>,
    /// Raison sociale ou nom ; 255 caractères au plus.
    pub nom_entreprise: String,
    /// Secteur d'activité.
    pub secteur_activite: Option<String>,
    /// Adresse.
    pub adresse: Option<String>,
    /// Ville.
    pub ville: Option<String>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Adresse e-mail.
    pub email: Option<String>,
    /// Nom de la personne à contacter.
    pub contact_principal: Option<String>,
    /// Type de client ; entreprise par défaut.
    pub type_client: Option<ClientKindCode>,
    /// Niveau de service ; standard par défaut.
    pub niveau_service: Option<ServiceLevelCode>,
    /// Statut commercial ; actif à la création, inchangé par défaut ensuite.
    pub statut_client: Option<ClientStatusCode>,
    /// Identifiant commun de l'entreprise (ICE) : 15 chiffres.
    pub ice: Option<String>,
    /// Identifiant fiscal.
    pub identifiant_fiscal: Option<String>,
    /// Client depuis cette date ; aujourd'hui à la création, inchangée par défaut ensuite.
    pub date_creation: Option<Day>,
}

impl Dto for ClientWrite {
    const MULTILINE: &'static [&'static str] = &["adresse"];
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "nom_entreprise": "Conserverie du Détroit", "secteur_activite": "Agroalimentaire",
            "adresse": "Zone industrielle Gzenaya, lot 112", "ville": "Tanger", "telephone": "+212 539 39 40 41",
            "email": "maintenance@conserverie-detroit.ma", "contact_principal": "Nadia Berrada",
            "type_client": "entreprise", "niveau_service": "premium", "ice": "001524879000063",
            "date_creation": "2024-01-15"
        })
    }
}

impl ClientWrite {
    /// A new client; `today` is the company's day.
    pub fn create(self, today: Date) -> Client {
        self.with(ClientStatus::Active, today)
    }

    /// The client as it shall be.
    pub fn onto(self, before: &Client) -> Client {
        self.with(before.status, before.since)
    }

    fn with(self, status: ClientStatus, since: Date) -> Client {
        Client {
            user: self.user_id.map(Id::new),
            name: self.nom_entreprise,
            sector: filled(self.secteur_activite),
            address: filled(self.adresse),
            city: filled(self.ville),
            phone: filled(self.telephone),
            email: filled(self.email),
            main_contact: filled(self.contact_principal),
            kind: self.type_client.map_or(ClientKind::Company, |c| c.0),
            service_level: self.niveau_service.map_or(ServiceLevel::Standard, |c| c.0),
            status: self.statut_client.map_or(status, |c| c.0),
            ice: filled(self.ice),
            tax_id: filled(self.identifiant_fiscal),
            since: self.date_creation.map_or(since, Date::from),
        }
    }
}

/// Champs d'un client à modifier ; les autres ne changent pas. Un client ne modifie que ses
/// coordonnées : adresse, ville, telephone, email, contact_principal.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientPatch {
    /// Compte principal du portail.
    #[serde(default)]
    pub user_id: Field<i64>,
    /// Raison sociale ou nom.
    #[serde(default)]
    pub nom_entreprise: Set<String>,
    /// Secteur d'activité.
    #[serde(default)]
    pub secteur_activite: Field<String>,
    /// Adresse.
    #[serde(default)]
    pub adresse: Field<String>,
    /// Ville.
    #[serde(default)]
    pub ville: Field<String>,
    /// Téléphone.
    #[serde(default)]
    pub telephone: Field<String>,
    /// Adresse e-mail.
    #[serde(default)]
    pub email: Field<String>,
    /// Nom de la personne à contacter.
    #[serde(default)]
    pub contact_principal: Field<String>,
    /// Type de client.
    #[serde(default)]
    pub type_client: Set<ClientKindCode>,
    /// Niveau de service.
    #[serde(default)]
    pub niveau_service: Set<ServiceLevelCode>,
    /// Statut commercial.
    #[serde(default)]
    pub statut_client: Set<ClientStatusCode>,
    /// Identifiant commun de l'entreprise (ICE).
    #[serde(default)]
    pub ice: Field<String>,
    /// Identifiant fiscal.
    #[serde(default)]
    pub identifiant_fiscal: Field<String>,
    /// Client depuis cette date.
    #[serde(default)]
    pub date_creation: Set<Day>,
}

impl Dto for ClientPatch {
    const MULTILINE: &'static [&'static str] = &["adresse"];
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "telephone": "+212 539 39 40 42", "contact_principal": "Omar Tazi" })
    }
}

impl ClientPatch {
    /// The client as it shall be.
    pub fn onto(self, before: &Client) -> Client {
        let mut after = before.clone();
        self.user_id.apply_id(&mut after.user);
        self.nom_entreprise.apply(&mut after.name);
        self.secteur_activite.apply_text(&mut after.sector);
        self.adresse.apply_text(&mut after.address);
        self.ville.apply_text(&mut after.city);
        self.telephone.apply_text(&mut after.phone);
        self.email.apply_text(&mut after.email);
        self.contact_principal.apply_text(&mut after.main_contact);
        self.type_client.apply_code(&mut after.kind);
        self.niveau_service.apply_code(&mut after.service_level);
        self.statut_client.apply_code(&mut after.status);
        self.ice.apply_text(&mut after.ice);
        self.identifiant_fiscal.apply_text(&mut after.tax_id);
        self.date_creation.apply(&mut after.since);
        after
    }
}

/// Critères d'une liste de clients.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClientQuery {
    /// Clients de cette ville.
    pub ville: Option<String>,
    /// Clients de ce secteur d'activité.
    pub secteur_activite: Option<String>,
    /// Clients qui ont ce statut.
    pub statut_client: Option<ClientStatusCode>,
    /// Clients qui ont ce niveau de service.
    pub niveau_service: Option<ServiceLevelCode>,
}

impl ListFilter for ClientQuery {
    type Key = ClientSort;
    const DEFAULT: Sort<ClientSort> = ascending(ClientSort::Id);
}

impl From<ClientQuery> for ClientFilter {
    fn from(query: ClientQuery) -> Self {
        Self {
            city: query.ville,
            sector: query.secteur_activite,
            status: query.statut_client.map(|c| c.0),
            service_level: query.niveau_service.map(|c| c.0),
        }
    }
}
