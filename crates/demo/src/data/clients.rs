//! For whom: companies, a local authority, an association and a private person, all invented.

use domain::client::{ClientKind, ClientStatus, ServiceLevel};
use jiff::civil::{Date, date};

use super::people::{Person, VISITING_CLIENT};

/// Clients, in the order of [`CLIENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// The company of `client@mif.ma`.
    Biscuits,
    Cables,
    Stamping,
    Cannery,
    Fertiliser,
    Plastics,
    Packing,
    Tannery,
    Water,
    School,
    House,
}

/// A client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    pub(crate) who: Who,
    pub(crate) name: &'static str,
    pub(crate) sector: &'static str,
    pub(crate) kind: ClientKind,
    pub(crate) level: ServiceLevel,
    pub(crate) status: ClientStatus,
    pub(crate) city: &'static str,
    pub(crate) address: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) email: &'static str,
    pub(crate) ice: Option<&'static str>,
    pub(crate) tax_id: Option<&'static str>,
    pub(crate) since: Date,
    /// Account of the portal.
    pub(crate) portal: Option<Person>,
    pub(crate) sites: &'static [Site],
    /// The first one is the one to talk to.
    pub(crate) contacts: &'static [Contact],
}

/// A place where equipment stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) city: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) at: (f64, f64),
}

/// A person at a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contact {
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
}

const fn site(
    name: &'static str,
    address: &'static str,
    city: &'static str,
    zone: &'static str,
    at: (f64, f64),
) -> Site {
    Site {
        name,
        address,
        city,
        zone,
        at,
    }
}

const fn contact(
    name: &'static str,
    function: &'static str,
    email: &'static str,
    phone: &'static str,
) -> Contact {
    Contact {
        name,
        function,
        email,
        phone,
    }
}

const fn portal(username: &'static str, email: &'static str, full_name: &'static str) -> Option<Person> {
    Some(Person {
        username,
        email,
        full_name,
    })
}

use ClientKind::{Association, Authority, Company, Person as Private};
use ClientStatus::{Active, Prospect};
use ServiceLevel::{Basic, Premium, Standard};

#[rustfmt::skip]
pub(crate) const CLIENTS: &[Client] = &[
    Client {
        who: Who::Biscuits, name: "Biscuiterie Sahel Doré", sector: "Agroalimentaire", kind: Company, level: Premium,
        status: Active, city: "Casablanca", address: "Zone industrielle Aïn Sebaâ, rue des Minotiers",
        phone: "+212 5 22 00 20 10", email: "maintenance@saheldore.example",
        ice: Some("002418763000051"), tax_id: Some("40118265"), since: date(2018, 2, 5), portal: Some(VISITING_CLIENT),
        sites: &[
            site("Usine Aïn Sebaâ", "Rue des Minotiers, Aïn Sebaâ", "Casablanca", "Casablanca", (33.6079, -7.5326)),
            site("Dépôt frigorifique Mohammedia", "Parc logistique Sud, lot 14", "Mohammedia", "Casablanca", (33.6742, -7.3961)),
        ],
        contacts: &[
            contact("Othmane Chraibati", "Chef de maintenance", "o.chraibati@saheldore.example", "+212 6 00 20 10 01"),
            contact("Hind Lemrabti", "Responsable production", "h.lemrabti@saheldore.example", "+212 6 00 20 10 02"),
        ],
    },
    Client {
        who: Who::Cables, name: "Nordfaisceaux Détroit", sector: "Câblage automobile", kind: Company, level: Premium,
        status: Active, city: "Tanger", address: "Zone franche automobile, îlot 32",
        phone: "+212 5 39 00 21 10", email: "travaux.neufs@nordfaisceaux.example",
        ice: Some("001975340000028"), tax_id: Some("40227913"), since: date(2019, 6, 17),
        portal: portal("l.fertani", "l.fertani@nordfaisceaux.example", "Laila Fertani"),
        sites: &[
            site("Atelier câblage", "Îlot 32, bâtiment A", "Tanger", "Tanger", (35.6668, -5.7629)),
            site("Plateforme d'expédition", "Îlot 40", "Tanger", "Tanger", (35.6701, -5.7588)),
        ],
        contacts: &[contact("Laila Fertani", "Ingénieure méthodes", "l.fertani@nordfaisceaux.example", "+212 6 00 21 10 01")],
    },
    Client {
        who: Who::Stamping, name: "Emboutis du Gharb", sector: "Emboutissage automobile", kind: Company, level: Standard,
        status: Active, city: "Kénitra", address: "Zone franche atlantique, lot 118",
        phone: "+212 5 37 00 22 10", email: "maintenance@emboutisgharb.example",
        ice: Some("002730118000093"), tax_id: Some("40336471"), since: date(2020, 10, 1), portal: None,
        sites: &[site("Usine de Kénitra", "Lot 118, allée des Presses", "Kénitra", "Kénitra", (34.3462, -6.4473))],
        contacts: &[
            contact("Abdelaziz Serghoui", "Responsable maintenance", "a.serghoui@emboutisgharb.example", "+212 6 00 22 10 01"),
            contact("Ghita Mansoubi", "Sécurité et environnement", "g.mansoubi@emboutisgharb.example", "+212 6 00 22 10 02"),
        ],
    },
    Client {
        who: Who::Cannery, name: "Conserverie Rade Bleue", sector: "Conserves de poisson", kind: Company, level: Standard,
        status: Active, city: "Safi", address: "Route du Port, quartier industriel",
        phone: "+212 5 24 00 23 10", email: "technique@radebleue.example",
        ice: Some("001628459000037"), tax_id: Some("40445108"), since: date(2017, 4, 10),
        portal: portal("d.maskouri", "d.maskouri@radebleue.example", "Driss Maskouri"),
        sites: &[
            site("Conserverie de Safi", "Route du Port", "Safi", "Safi", (32.3138, -9.2441)),
            site("Prise d'eau de mer", "Digue nord", "Safi", "Safi", (32.3189, -9.2507)),
        ],
        contacts: &[contact("Driss Maskouri", "Directeur technique", "d.maskouri@radebleue.example", "+212 6 00 23 10 01")],
    },
    Client {
        who: Who::Fertiliser, name: "Doukkala Granulés", sector: "Chimie et engrais", kind: Company, level: Premium,
        status: Active, city: "Jorf Lasfar", address: "Plateforme industrielle, zone 3",
        phone: "+212 5 23 00 24 10", email: "fiabilite@doukkalagranules.example",
        ice: Some("002093671000084"), tax_id: Some("40551236"), since: date(2016, 1, 18),
        portal: portal("z.harroudi", "z.harroudi@doukkalagranules.example", "Zineb Harroudi"),
        sites: &[
            site("Atelier de granulation", "Plateforme industrielle, zone 3", "Jorf Lasfar", "Safi", (33.1059, -8.6178)),
            site("Hangar de stockage vrac", "Plateforme industrielle, zone 5", "Jorf Lasfar", "Safi", (33.1122, -8.6243)),
            site("Bureau d'El Jadida", "Boulevard de la Corniche", "El Jadida", "Safi", (33.2523, -8.5071)),
        ],
        contacts: &[
            contact("Zineb Harroudi", "Ingénieure fiabilité", "z.harroudi@doukkalagranules.example", "+212 6 00 24 10 01"),
            contact("Mustapha Elayouni", "Chef de quart", "m.elayouni@doukkalagranules.example", "+212 6 00 24 10 02"),
        ],
    },
    Client {
        who: Who::Plastics, name: "Plastigrain Injection", sector: "Plasturgie", kind: Company, level: Standard,
        status: Active, city: "Mohammedia", address: "Zone industrielle El Alia, lot 27",
        phone: "+212 5 23 00 25 10", email: "atelier@plastigrain.example",
        ice: Some("002561904000016"), tax_id: Some("40667842"), since: date(2021, 3, 22), portal: None,
        sites: &[site("Atelier d'injection", "Lot 27, El Alia", "Mohammedia", "Casablanca", (33.6895, -7.3702))],
        contacts: &[contact("Siham Ouaddi", "Chef d'atelier", "s.ouaddi@plastigrain.example", "+212 6 00 25 10 01")],
    },
    Client {
        who: Who::Packing, name: "Station Souss Primeurs", sector: "Conditionnement de fruits et légumes", kind: Company,
        level: Basic, status: Active, city: "Agadir", address: "Route de Biougra, Aït Melloul",
        phone: "+212 5 28 00 26 10", email: "station@soussprimeurs.example",
        ice: Some("001840226000072"), tax_id: Some("40778390"), since: date(2022, 9, 5), portal: None,
        sites: &[site("Station d'Aït Melloul", "Route de Biougra", "Agadir", "Safi", (30.3352, -9.4938))],
        contacts: &[contact("Lahoucine Idbrahmi", "Chef de station", "l.idbrahmi@soussprimeurs.example", "+212 6 00 26 10 01")],
    },
    Client {
        who: Who::Tannery, name: "Tannerie Bab El Ward", sector: "Cuir", kind: Company, level: Basic,
        status: Active, city: "Fès", address: "Quartier industriel Aïn Nokbi",
        phone: "+212 5 35 00 27 10", email: "contact@babelward.example",
        ice: Some("001317582000045"), tax_id: Some("40889014"), since: date(2019, 11, 11), portal: None,
        sites: &[site("Tannerie d'Aïn Nokbi", "Aïn Nokbi, lot 9", "Fès", "Kénitra", (34.0489, -4.9466))],
        contacts: &[contact("Mounir Skallaoui", "Gérant", "m.skallaoui@babelward.example", "+212 6 00 27 10 01")],
    },
    Client {
        who: Who::Water, name: "Syndicat des eaux de l'Oued Lahmar", sector: "Eau potable", kind: Authority, level: Standard,
        status: Active, city: "Kénitra", address: "Avenue de la Station, bureau 4",
        phone: "+212 5 37 00 28 10", email: "exploitation@eaux-ouedlahmar.example",
        ice: Some("001102938000069"), tax_id: None, since: date(2015, 5, 4), portal: None,
        sites: &[
            site("Station de pompage principale", "Piste de l'Oued, km 6", "Kénitra", "Kénitra", (34.2427, -6.5231)),
            site("Réservoir des Dunes", "Colline des Dunes", "Kénitra", "Kénitra", (34.2718, -6.6109)),
        ],
        contacts: &[contact("Fatiha Benomari", "Exploitation", "f.benomari@eaux-ouedlahmar.example", "+212 6 00 28 10 01")],
    },
    Client {
        who: Who::School, name: "Association Atelier-École Al Mihwar", sector: "Formation professionnelle", kind: Association,
        level: Basic, status: Prospect, city: "Casablanca", address: "Hay Mohammadi, rue 12",
        phone: "+212 5 22 00 29 10", email: "direction@almihwar.example",
        ice: Some("002984017000022"), tax_id: None, since: date(2026, 1, 12), portal: None,
        sites: &[site("Ateliers pédagogiques", "Hay Mohammadi, rue 12", "Casablanca", "Casablanca", (33.5903, -7.5671))],
        contacts: &[contact("Karima Elbazzi", "Directrice", "k.elbazzi@almihwar.example", "+212 6 00 29 10 01")],
    },
    Client {
        who: Who::House, name: "Domaine Aïn Zitouna", sector: "Résidence privée", kind: Private, level: Basic,
        status: Active, city: "Tanger", address: "Route de Cap Spartel",
        phone: "+212 5 39 00 30 10", email: "intendance@ainzitouna.example",
        ice: None, tax_id: None, since: date(2023, 7, 3), portal: None,
        sites: &[site("Résidence", "Route de Cap Spartel", "Tanger", "Tanger", (35.7813, -5.9026))],
        contacts: &[contact("Amine Tahouri", "Intendant", "a.tahouri@ainzitouna.example", "+212 6 00 30 10 01")],
    },
];

impl Who {
    /// The row of this client.
    pub(crate) fn row(self) -> Option<&'static Client> {
        CLIENTS.iter().find(|row| row.who == self)
    }
}
