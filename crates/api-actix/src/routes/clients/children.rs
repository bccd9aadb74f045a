//! What belongs to a client, on the wire: sites, contacts, portal accounts.

use domain::client::rules::{CONTACT_TEXTS, SITE_TEXTS};
use domain::client::{Client, Contact, NameSort, PortalUser, Site};
use domain::equipment::{EquipmentFilter, EquipmentSort};
use domain::page::Sort;
use domain::text::Lengths;
use domain::{Id, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{ListFilter, View, ascending};
use crate::json::Dto;
use crate::reply::Versioned;
use crate::routes::equipements::dto::{CriticalityCode, EquipementQuery, StatusCode};
use crate::wire::{Day, Field, Instant, Set, filled};

/// Un site d'un client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SiteView {
    /// Identifiant.
    pub id: i64,
    /// Client.
    pub client_id: i64,
    /// Nom.
    pub nom: String,
    /// Adresse.
    pub adresse: Option<String>,
    /// Ville.
    pub ville: Option<String>,
    /// Zone, rapprochée de celle des techniciens.
    pub zone: Option<String>,
    /// Latitude, en degrés.
    pub latitude: Option<f64>,
    /// Longitude, en degrés.
    pub longitude: Option<f64>,
    /// Création de la fiche.
    pub created_at: Instant,
    /// Dernière modification de la fiche.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for SiteView {}

impl SiteView {
    /// The whole site.
    pub fn of(site: &Record<Site>) -> Self {
        Self {
            id: site.id.get(),
            client_id: site.client.get(),
            nom: site.name.clone(),
            adresse: site.address.clone(),
            ville: site.city.clone(),
            zone: site.zone.clone(),
            latitude: site.latitude,
            longitude: site.longitude,
            created_at: Instant(site.created_at),
            updated_at: Instant(site.updated_at),
            version: site.version,
        }
    }
}

/// Un site à créer, ou à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteWrite {
    /// Nom ; 255 caractères au plus.
    pub nom: String,
    /// Adresse.
    pub adresse: Option<String>,
    /// Ville.
    pub ville: Option<String>,
    /// Zone, rapprochée de celle des techniciens.
    pub zone: Option<String>,
    /// Latitude, de -90 à 90 ; avec la longitude ou pas du tout.
    pub latitude: Option<f64>,
    /// Longitude, de -180 à 180.
    pub longitude: Option<f64>,
}

impl Dto for SiteWrite {
    const MULTILINE: &'static [&'static str] = &["adresse"];
    const LENGTHS: &'static [Lengths] = &[SITE_TEXTS];

    fn example() -> Value {
        json!({
            "nom": "Usine de Gzenaya", "adresse": "Zone industrielle Gzenaya, lot 112", "ville": "Tanger",
            "zone": "Tanger", "latitude": 35.7061, "longitude": -5.9173
        })
    }
}

impl SiteWrite {
    /// The site of a client.
    pub fn of(self, client: Id<Client>) -> Site {
        Site {
            client,
            name: self.nom,
            address: filled(self.adresse),
            city: filled(self.ville),
            zone: filled(self.zone),
            latitude: self.latitude,
            longitude: self.longitude,
        }
    }
}

/// Champs d'un site à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitePatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Adresse.
    #[serde(default)]
    pub adresse: Field<String>,
    /// Ville.
    #[serde(default)]
    pub ville: Field<String>,
    /// Zone.
    #[serde(default)]
    pub zone: Field<String>,
    /// Latitude.
    #[serde(default)]
    pub latitude: Field<f64>,
    /// Longitude.
    #[serde(default)]
    pub longitude: Field<f64>,
}

impl Dto for SitePatch {
    const MULTILINE: &'static [&'static str] = &["adresse"];
    const LENGTHS: &'static [Lengths] = &[SITE_TEXTS];

    fn example() -> Value {
        json!({ "zone": "Tanger-Tétouan" })
    }
}

impl SitePatch {
    /// The site as it shall be.
    pub fn onto(self, before: &Site) -> Site {
        let mut after = before.clone();
        self.nom.apply(&mut after.name);
        self.adresse.apply_text(&mut after.address);
        self.ville.apply_text(&mut after.city);
        self.zone.apply_text(&mut after.zone);
        self.latitude.apply(&mut after.latitude);
        self.longitude.apply(&mut after.longitude);
        after
    }
}

/// Un contact chez un client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactView {
    /// Identifiant.
    pub id: i64,
    /// Client.
    pub client_id: i64,
    /// Nom.
    pub nom: String,
    /// Fonction.
    pub fonction: Option<String>,
    /// Adresse e-mail.
    pub email: Option<String>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Premier interlocuteur ; un seul par client.
    pub principal: bool,
    /// Création de la fiche.
    pub created_at: Instant,
    /// Dernière modification de la fiche.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for ContactView {}

impl ContactView {
    /// The whole contact.
    pub fn of(contact: &Record<Contact>) -> Self {
        Self {
            id: contact.id.get(),
            client_id: contact.client.get(),
            nom: contact.name.clone(),
            fonction: contact.function.clone(),
            email: contact.email.clone(),
            telephone: contact.phone.clone(),
            principal: contact.principal,
            created_at: Instant(contact.created_at),
            updated_at: Instant(contact.updated_at),
            version: contact.version,
        }
    }
}

/// Un contact à créer, ou à remplacer en entier.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactWrite {
    /// Nom ; 255 caractères au plus.
    pub nom: String,
    /// Fonction.
    pub fonction: Option<String>,
    /// Adresse e-mail.
    pub email: Option<String>,
    /// Téléphone.
    pub telephone: Option<String>,
    /// Premier interlocuteur : prend la place du précédent ; faux par défaut.
    #[serde(default)]
    pub principal: bool,
}

impl Dto for ContactWrite {
    const LENGTHS: &'static [Lengths] = &[CONTACT_TEXTS];

    fn example() -> Value {
        json!({
            "nom": "Nadia Berrada", "fonction": "Responsable maintenance",
            "email": "n.berrada@conserverie-detroit.ma", "telephone": "+212 661 20 30 40", "principal": true
        })
    }
}

impl ContactWrite {
    /// The contact at a client.
    pub fn of(self, client: Id<Client>) -> Contact {
        Contact {
            client,
            name: self.nom,
            function: filled(self.fonction),
            email: filled(self.email),
            phone: filled(self.telephone),
            principal: self.principal,
        }
    }
}

/// Champs d'un contact à modifier ; les autres ne changent pas.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Fonction.
    #[serde(default)]
    pub fonction: Field<String>,
    /// Adresse e-mail.
    #[serde(default)]
    pub email: Field<String>,
    /// Téléphone.
    #[serde(default)]
    pub telephone: Field<String>,
    /// Premier interlocuteur : prend la place du précédent.
    #[serde(default)]
    pub principal: Set<bool>,
}

impl Dto for ContactPatch {
    const LENGTHS: &'static [Lengths] = &[CONTACT_TEXTS];

    fn example() -> Value {
        json!({ "telephone": "+212 661 20 30 41", "principal": true })
    }
}

impl ContactPatch {
    /// The contact as it shall be.
    pub fn onto(self, before: &Contact) -> Contact {
        let mut after = before.clone();
        self.nom.apply(&mut after.name);
        self.fonction.apply_text(&mut after.function);
        self.email.apply_text(&mut after.email);
        self.telephone.apply_text(&mut after.phone);
        self.principal.apply(&mut after.principal);
        after
    }
}

/// Un compte du portail d'un client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PortalUserView {
    /// Compte.
    pub user_id: i64,
    /// Nom à afficher.
    pub full_name: String,
    /// Adresse e-mail.
    pub email: String,
    /// Le compte peut se connecter.
    pub is_active: bool,
    /// Compte principal du client.
    pub principal: bool,
}

impl PortalUserView {
    /// The account as its client's manager sees it.
    pub fn of(user: &PortalUser) -> Self {
        Self {
            user_id: user.user.get(),
            full_name: user.full_name.clone(),
            email: user.email.clone(),
            is_active: user.is_active,
            principal: user.main,
        }
    }
}

impl Versioned for PortalUser {
    fn key(&self) -> i64 {
        self.user.get()
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// Un compte à rattacher au portail d'un client.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalUserWrite {
    /// Compte existant de rôle client.
    pub user_id: i64,
}

impl Dto for PortalUserWrite {
    fn example() -> Value {
        json!({ "user_id": 4 })
    }
}

/// Une liste de ce qui appartient à un client ; sans critère.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChildrenQuery {}

impl ListFilter for ChildrenQuery {
    type Key = NameSort;
    const DEFAULT: Sort<NameSort> = ascending(NameSort::Id);
}

/// Critères de la liste des équipements d'un client.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClientEquipmentQuery {
    /// Équipements de ce site.
    pub site_id: Option<i64>,
    /// Équipements dans cet état.
    pub statut: Option<StatusCode>,
    /// Équipements de cette criticité.
    pub criticite: Option<CriticalityCode>,
    /// Équipements de ce type (code de la liste « type_equipement »).
    pub type_equipement: Option<String>,
    /// Équipements dont la prochaine maintenance est due au plus tard ce jour.
    pub echeance_avant: Option<Day>,
}

impl ListFilter for ClientEquipmentQuery {
    type Key = EquipmentSort;
    const DEFAULT: Sort<EquipmentSort> = ascending(EquipmentSort::Id);
}

impl From<ClientEquipmentQuery> for EquipmentFilter {
    fn from(query: ClientEquipmentQuery) -> Self {
        let ClientEquipmentQuery {
            site_id,
            statut,
            criticite,
            type_equipement,
            echeance_avant,
        } = query;
        EquipementQuery {
            client_id: None,
            site_id,
            statut,
            criticite,
            type_equipement,
            echeance_avant,
        }
        .into()
    }
}
