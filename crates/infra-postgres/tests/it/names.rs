//! Lists sort names as French people expect, whatever the locale of the server, and cursors follow.

use domain::Id;
use domain::client::{Client, ClientFilter, ClientQueries, ClientSort, NameSort};
use domain::equipment::{EquipmentFilter, EquipmentQueries, EquipmentSort};
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::skill::{SkillQueries, SkillSort};
use domain::team::{TeamQueries, TeamSort};
use domain::technician::{TechnicianFilter, TechnicianQueries, TechnicianSort};
use domain::user::{UserFilter, UserQueries, UserSort};
use infra_postgres::clients::PgClientQueries;
use infra_postgres::equipments::PgEquipmentQueries;
use infra_postgres::skills::PgSkillQueries;
use infra_postgres::teams::PgTeamQueries;
use infra_postgres::technicians::PgTechnicianQueries;
use infra_postgres::users::PgUserQueries;
use jiff::civil::date;
use test_support::TestDb;

use crate::support::walk;

/// In their order: the letters decide, then accents, then case. By their bytes capitals would come first and
/// what has an accent last.
const NAMES: [&str; 11] = [
    "abattoir", "Atlas", "école", "École", "ecolier", "élan", "Œuvre", "ombre", "Zagora", "zellige",
    "Zemmour",
];

/// Once each in an order that is neither this one nor its reverse, as the values of a statement.
fn values() -> String {
    let shuffled = (0..NAMES.len()).map(|at| NAMES[at * 7 % NAMES.len()]);
    let rows: Vec<_> = shuffled.map(|name| format!("('{name}')")).collect();
    format!("(VALUES {}) AS noms (nom)", rows.join(", "))
}

/// Both directions, two rows at a time.
async fn sorts<K: Copy, T>(
    what: &str,
    key: K,
    name: impl Fn(&T) -> String,
    list: impl AsyncFn(PageRequest<K>) -> Repo<Page<T>>,
) {
    for descending in [false, true] {
        let all = walk(key, descending, &list).await;
        let mut seen: Vec<String> = all.iter().map(&name).collect();
        if descending {
            seen.reverse();
        }
        assert_eq!(seen, NAMES, "{what}, descending: {descending}");
    }
}

const ALL: &Visibility = &Visibility::All;

#[tokio::test]
async fn clients_and_what_belongs_to_them_sort_by_name_and_town() {
    let db = TestDb::new().await;
    db.execute(&format!(
        "INSERT INTO clients (nom_entreprise, ville) SELECT nom, nom FROM {values}",
        values = values()
    ));
    let client = db.number("SELECT min(id) FROM clients");
    // Two sites of one client must differ by more than case, which the order of this list does not ask.
    db.execute(&format!(
        "DROP INDEX uq_sites_nom; INSERT INTO sites (client_id, nom) SELECT {client}, nom FROM {values}; \
         INSERT INTO clients_contacts (client_id, nom) SELECT {client}, nom FROM {values}; \
         INSERT INTO users (username, email, hashed_password, full_name, role) \
             SELECT md5(nom), md5(nom) || '@exemple.ma', 'x', nom, 'client' FROM {values}; \
         INSERT INTO clients_utilisateurs (client_id, user_id) SELECT {client}, id FROM users",
        values = values()
    ));
    let client: Id<Client> = Id::new(client);
    let queries = &PgClientQueries::new(db.reader());
    let filter = &ClientFilter::default();
    let clients = async |request: PageRequest<ClientSort>| queries.list(filter, ALL, &request).await;
    sorts("clients", ClientSort::Name, |c| c.name.clone(), clients).await;
    sorts("towns", ClientSort::City, |c| c.city.clone().unwrap(), clients).await;
    let contacts = async |request: PageRequest<NameSort>| queries.list_contacts(client, ALL, &request).await;
    sorts("contacts", NameSort::Name, |c| c.name.clone(), contacts).await;
    let accounts =
        async |request: PageRequest<NameSort>| queries.list_portal_users(client, ALL, &request).await;
    sorts("portal", NameSort::Name, |u| u.full_name.clone(), accounts).await;
    let sites = async |request: PageRequest<NameSort>| queries.list_sites(client, ALL, &request).await;
    sorts("sites", NameSort::Name, |s| s.name.clone(), sites).await;
}

#[tokio::test]
async fn people_and_what_they_work_with_sort_by_name() {
    let db = TestDb::new().await;
    db.execute(&format!(
        "INSERT INTO users (username, email, hashed_password, full_name, role) \
             SELECT md5(nom), md5(nom) || '@exemple.ma', 'x', nom, 'technicien' FROM {values}; \
         INSERT INTO techniciens (user_id, zone_intervention) SELECT id, full_name FROM users; \
         INSERT INTO equipes (nom) SELECT nom FROM {values}; \
         INSERT INTO competences (nom) SELECT nom FROM {values}; \
         INSERT INTO clients (nom_entreprise) VALUES ('Atlas'); \
         INSERT INTO equipements (client_id, nom_equipement, numero_serie, type_equipement, code_public) \
             SELECT c.id, nom, nom, 'mecanique', md5(nom) FROM clients c, {values}",
        values = values()
    ));
    let users = &PgUserQueries::new(db.reader());
    let list = async |request: PageRequest<UserSort>| users.list(&UserFilter::default(), ALL, &request).await;
    sorts("accounts", UserSort::FullName, |u| u.full_name.clone(), list).await;

    let technicians = &PgTechnicianQueries::new(db.reader());
    let filter = &TechnicianFilter::default();
    let today = date(2026, 3, 2);
    let list =
        async |request: PageRequest<TechnicianSort>| technicians.list(filter, ALL, today, &request).await;
    sorts(
        "technicians",
        TechnicianSort::FullName,
        |t| t.full_name.clone(),
        list,
    )
    .await;
    sorts(
        "zones",
        TechnicianSort::Zone,
        |t| t.record.zone.clone().unwrap(),
        list,
    )
    .await;

    let teams = &PgTeamQueries::new(db.reader());
    let list = async |request: PageRequest<TeamSort>| teams.list(&request).await;
    sorts("teams", TeamSort::Name, |t| t.name.clone(), list).await;
    let skills = &PgSkillQueries::new(db.reader());
    let list = async |request: PageRequest<SkillSort>| skills.list(&request).await;
    sorts("skills", SkillSort::Name, |s| s.name.clone(), list).await;

    let equipment = &PgEquipmentQueries::new(db.reader());
    let filter = &EquipmentFilter::default();
    let list = async |request: PageRequest<EquipmentSort>| equipment.list(filter, ALL, &request).await;
    sorts("equipment", EquipmentSort::Name, |e| e.record.name.clone(), list).await;
}

#[tokio::test]
async fn names_that_are_the_same_but_for_accents_or_case_are_different_names() {
    let db = TestDb::new().await;
    db.execute(
        "INSERT INTO competences (nom) VALUES ('forge'), ('Forge'), ('forgé'); \
         INSERT INTO equipes (nom) VALUES ('forge'), ('Forge'), ('forgé')",
    );
    assert_eq!(
        db.number("SELECT count(*) FROM competences WHERE nom = 'forge'"),
        1
    );
}

#[tokio::test]
async fn towns_and_zones_are_found_whatever_the_case_of_any_letter() {
    let db = TestDb::new().await;
    // Locales do not agree on the small form of a capital I with a dot.
    db.execute(
        "INSERT INTO clients (nom_entreprise, ville) VALUES ('A', 'İzmir'), ('B', 'FÈS'); \
         INSERT INTO users (username, email, hashed_password, full_name, role) VALUES ('t', 't@exemple.ma', 'x', 'T', 'technicien'); \
         INSERT INTO techniciens (user_id, zone_intervention) SELECT id, 'Été İ' FROM users",
    );
    let clients = PgClientQueries::new(db.reader());
    for (city, found) in [("İzmir", "A"), ("fès", "B"), ("Fès", "B"), ("FÈS", "B")] {
        let filter = ClientFilter {
            city: Some(city.to_owned()),
            ..ClientFilter::default()
        };
        let names = walk(ClientSort::Id, false, async |request| {
            clients.list(&filter, ALL, &request).await
        })
        .await;
        let names: Vec<_> = names.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, [found], "{city}");
    }
    let technicians = PgTechnicianQueries::new(db.reader());
    for zone in ["Été İ", "ÉTÉ İ"] {
        let filter = TechnicianFilter {
            zone: Some(zone.to_owned()),
            ..TechnicianFilter::default()
        };
        let today = date(2026, 3, 2);
        let found = walk(TechnicianSort::Id, false, async |request| {
            technicians.list(&filter, ALL, today, &request).await
        })
        .await;
        assert_eq!(found.len(), 1, "{zone}");
    }
}
