//! A small company: two clients, one of them with a site, an equipment and a job of a technician.

use domain::Id;
use domain::client::{Client, ClientStatus, ServiceLevel, Site};
use domain::intervention::Intervention;
use domain::policy::Role;
use domain::samples;
use domain::team::Team;
use domain::technician::Technician;
use domain::user::User;
use test_support::TestDb;

use crate::clients::client;
use crate::support::{must, user};

pub struct Workplace {
    pub db: TestDb,
    /// Premium, in Tanger; the one with the job.
    pub client: Id<Client>,
    pub site: Id<Site>,
    /// Suspended, textile, in Safi; without job.
    pub other_client: Id<Client>,
    pub team: Id<Team>,
    pub other_team: Id<Team>,
    /// Assigned to the job; of the team.
    pub technician: Id<Technician>,
    pub technician_user: Id<User>,
    /// Without job and team.
    pub idle_technician: Id<Technician>,
    /// Open.
    pub job: Id<Intervention>,
}

pub fn technician(user: Id<User>) -> Technician {
    Technician {
        ..samples::technician(user)
    }
}

/// A team without lead.
pub fn named_team(name: &str) -> Team {
    Team {
        name: name.into(),
        lead: None,
    }
}

/// A site of which only the zone is known.
pub fn factory(client: Id<Client>, zone: &str) -> Site {
    Site {
        client,
        name: "Usine".into(),
        address: None,
        city: None,
        zone: Some(zone.into()),
        latitude: None,
        longitude: None,
    }
}

pub async fn workplace() -> Workplace {
    let db = TestDb::new().await;
    let (client_id, site, other_client) = must(&db, |tx| {
        let tanger = tx.clients().insert(&client("Conserverie"), None)?.id;
        let site = tx.clients().insert_site(&factory(tanger, "Nord"), None)?.id;
        let other = Client {
            city: Some("Safi".into()),
            sector: Some("textile".into()),
            status: ClientStatus::Suspended,
            service_level: ServiceLevel::Basic,
            ..client("Filature")
        };
        Ok((tanger, site, tx.clients().insert(&other, None)?.id))
    })
    .await;
    let (team, other_team, busy, user_id, idle) = must(&db, |tx| {
        let team = tx.teams().insert(&named_team("Nord"), None)?.id;
        let other_team = tx.teams().insert(&named_team("Sud"), None)?.id;
        let first = tx.users().insert(&user("samir", Role::Technician), None)?.id;
        let second = tx.users().insert(&user("yassine", Role::Technician), None)?.id;
        let busy = Technician {
            team: Some(team),
            ..technician(first)
        };
        let busy = tx.technicians().insert(&busy, None)?.id;
        let idle = tx.technicians().insert(&technician(second), None)?.id;
        Ok((team, other_team, busy, first, idle))
    })
    .await;
    db.execute(&format!(
        "INSERT INTO equipements (id, client_id, site_id, nom_equipement, numero_serie, type_equipement, code_public) \
         VALUES (1, {client_id}, {site}, 'Pompe', 'P-1', 'hydraulique', '0123456789abcdef'); \
         INSERT INTO interventions (id, numero, equipement_id, client_id, technicien_id, titre, description, type, origine) \
         VALUES (1, 'INT-2026-00001', 1, {client_id}, {busy}, 'Fuite', 'Fuite sur la pompe', 'corrective', 'interne')"
    ));
    Workplace {
        db,
        client: client_id,
        site,
        other_client,
        team,
        other_team,
        technician: busy,
        technician_user: user_id,
        idle_technician: idle,
        job: Id::new(1),
    }
}
