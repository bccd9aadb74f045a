//! Clients, their sites and contacts.

use jiff::civil::Date;

use crate::Id;
use crate::user::User;
use crate::vocab::vocab;

pub mod rules;
pub mod store;

pub use store::{ClientFilter, ClientQueries, ClientSort, ClientStore, NameSort, PortalUser};

vocab! {
    /// Legal kind of a client.
    ClientKind {
        /// Company.
        Company = "entreprise",
        /// Local authority.
        Authority = "collectivite",
        /// Association.
        Association = "association",
        /// Private person.
        Person = "particulier",
    }
}
vocab! {
    /// Level of service that was agreed; gives the default SLA targets.
    ServiceLevel {
        /// Best.
        Premium = "premium",
        /// Usual.
        Standard = "standard",
        /// Least.
        Basic = "basique",
    }
}
vocab! {
    /// Commercial state of a client.
    ClientStatus {
        /// Not yet a client.
        Prospect = "prospect",
        /// Served.
        Active = "actif",
        /// Only urgent requests are taken.
        Suspended = "suspendu",
        /// No longer served.
        Inactive = "inactif",
    }
}

/// A company or person whose equipment is maintained.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Main portal account; further ones are linked through the store.
    pub user: Option<Id<User>>,
    /// Name.
    pub name: String,
    /// Line of business.
    pub sector: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Name of the person to talk to.
    pub main_contact: Option<String>,
    /// Legal kind.
    pub kind: ClientKind,
    /// Level of service.
    pub service_level: ServiceLevel,
    /// Commercial state.
    pub status: ClientStatus,
    /// Identifiant commun de l'entreprise: 15 digits.
    pub ice: Option<String>,
    /// Identifiant fiscal.
    pub tax_id: Option<String>,
    /// Since when a client.
    pub since: Date,
}

/// A place of a client where equipment stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Owner.
    pub client: Id<Client>,
    /// Name, unique for the client without regard to case.
    pub name: String,
    /// Postal address.
    pub address: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Zone, matched to the zones of technicians.
    pub zone: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

/// A person at a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Employer.
    pub client: Id<Client>,
    /// Name.
    pub name: String,
    /// Function in the company.
    pub function: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// The one to talk to first; at most one per client.
    pub principal: bool,
}
