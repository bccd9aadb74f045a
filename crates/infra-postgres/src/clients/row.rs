//! Clients, sites and contacts as rows.

use diesel::prelude::*;
use domain::Id;
use domain::client::{Client, ClientKind, ClientStatus, Contact, ServiceLevel, Site};
use serde::Serialize;

use crate::schema::{clients, clients_contacts, sites};
use crate::sql::{Day, PgVocab};

/// The columns of a client but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub struct ClientData {
    user_id: Option<i64>,
    pub(super) nom_entreprise: String,
    secteur_activite: Option<String>,
    adresse: Option<String>,
    pub(super) ville: Option<String>,
    telephone: Option<String>,
    email: Option<String>,
    contact_principal: Option<String>,
    type_client: PgVocab<ClientKind>,
    niveau_service: PgVocab<ServiceLevel>,
    statut_client: PgVocab<ClientStatus>,
    ice: Option<String>,
    identifiant_fiscal: Option<String>,
    date_creation: Day,
}

impl From<&Client> for ClientData {
    fn from(c: &Client) -> Self {
        Self {
            user_id: c.user.map(Id::get),
            nom_entreprise: c.name.clone(),
            secteur_activite: c.sector.clone(),
            adresse: c.address.clone(),
            ville: c.city.clone(),
            telephone: c.phone.clone(),
            email: c.email.clone(),
            contact_principal: c.main_contact.clone(),
            type_client: PgVocab(c.kind),
            niveau_service: PgVocab(c.service_level),
            statut_client: PgVocab(c.status),
            ice: c.ice.clone(),
            identifiant_fiscal: c.tax_id.clone(),
            date_creation: Day(c.since),
        }
    }
}

impl From<ClientData> for Client {
    fn from(d: ClientData) -> Self {
        Self {
            user: d.user_id.map(Id::new),
            name: d.nom_entreprise,
            sector: d.secteur_activite,
            address: d.adresse,
            city: d.ville,
            phone: d.telephone,
            email: d.email,
            main_contact: d.contact_principal,
            kind: d.type_client.0,
            service_level: d.niveau_service.0,
            status: d.statut_client.0,
            ice: d.ice,
            tax_id: d.identifiant_fiscal,
            since: d.date_creation.0,
        }
    }
}

/// The columns of a site but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = sites, treat_none_as_null = true)]
pub struct SiteData {
    client_id: i64,
    pub(super) nom: String,
    adresse: Option<String>,
    ville: Option<String>,
    zone: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl From<&Site> for SiteData {
    fn from(s: &Site) -> Self {
        Self {
            client_id: s.client.get(),
            nom: s.name.clone(),
            adresse: s.address.clone(),
            ville: s.city.clone(),
            zone: s.zone.clone(),
            latitude: s.latitude,
            longitude: s.longitude,
        }
    }
}

impl From<SiteData> for Site {
    fn from(d: SiteData) -> Self {
        Self {
            client: Id::new(d.client_id),
            name: d.nom,
            address: d.adresse,
            city: d.ville,
            zone: d.zone,
            latitude: d.latitude,
            longitude: d.longitude,
        }
    }
}

/// The columns of a contact but the common ones.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = clients_contacts, treat_none_as_null = true)]
pub struct ContactData {
    client_id: i64,
    pub(super) nom: String,
    fonction: Option<String>,
    email: Option<String>,
    telephone: Option<String>,
    principal: bool,
}

impl From<&Contact> for ContactData {
    fn from(c: &Contact) -> Self {
        Self {
            client_id: c.client.get(),
            nom: c.name.clone(),
            fonction: c.function.clone(),
            email: c.email.clone(),
            telephone: c.phone.clone(),
            principal: c.principal,
        }
    }
}

impl From<ContactData> for Contact {
    fn from(d: ContactData) -> Self {
        Self {
            client: Id::new(d.client_id),
            name: d.nom,
            function: d.fonction,
            email: d.email,
            phone: d.telephone,
            principal: d.principal,
        }
    }
}
