//! Interventions: rows with all that belongs to them, lists, history, suggestions.

mod history;
mod lists;
mod plans;
mod rows;
mod suggestions;

use domain::client::{Client, Site};
use domain::equipment::Equipment;
use domain::intervention::Intervention;
use domain::policy::Role;
use domain::samples;
use domain::team::Team;
use domain::technician::Technician;
use domain::user::User;
use domain::{Id, Record};
use jiff::Timestamp;
use test_support::TestDb;

use crate::clients::client;
use crate::support::{must, new_user_id, user};
use crate::workplace::{factory, named_team, technician};

/// Two clients, one with a site in the zone Nord; an equipment each; two technicians, one of a team.
struct World {
    db: TestDb,
    manager: Id<User>,
    atlas: Id<Client>,
    rif: Id<Client>,
    site: Id<Site>,
    /// Of Atlas, on the site.
    pump: Id<Equipment>,
    /// Of Rif, without site.
    press: Id<Equipment>,
    team: Id<Team>,
    /// Of the team; zone Nord.
    samir: Id<Technician>,
    samir_user: Id<User>,
    /// Zone Sud.
    yassine: Id<Technician>,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let manager = new_user_id(&db, "salma", Role::Manager).await;
        let (atlas, rif, site) = must(&db, |tx| {
            let atlas = tx.clients().insert(&client("Atlas"), None)?.id;
            let site = tx.clients().insert_site(&factory(atlas, "nord"), None)?.id;
            Ok((atlas, tx.clients().insert(&client("Rif"), None)?.id, site))
        })
        .await;
        db.execute(&format!(
            "INSERT INTO equipements (client_id, site_id, nom_equipement, numero_serie, type_equipement, code_public) \
             VALUES ({atlas}, {site}, 'Pompe', 'P-1', 'hydraulique', 'code-public-de-pompe'), \
             ({rif}, NULL, 'Presse', 'P-2', 'mecanique', 'code-public-de-presse')"
        ));
        let equipment = |name: &str| {
            Id::new(db.number(&format!(
                "SELECT id FROM equipements WHERE nom_equipement = '{name}'"
            )))
        };
        let (pump, press) = (equipment("Pompe"), equipment("Presse"));
        let (team, samir, samir_user, yassine) = must(&db, |tx| {
            let team = tx.teams().insert(&named_team("Nord"), None)?.id;
            let first = tx.users().insert(&user("samir", Role::Technician), None)?.id;
            let second = tx.users().insert(&user("yassine", Role::Technician), None)?.id;
            let samir = Technician {
                team: Some(team),
                zone: Some("Nord".into()),
                ..technician(first)
            };
            let samir = tx.technicians().insert(&samir, None)?.id;
            let yassine = Technician {
                zone: Some("Sud".into()),
                ..technician(second)
            };
            Ok((team, samir, first, tx.technicians().insert(&yassine, None)?.id))
        })
        .await;
        Self {
            db,
            manager,
            atlas,
            rif,
            site,
            pump,
            press,
            team,
            samir,
            samir_user,
            yassine,
        }
    }

    /// An open corrective job on the pump of Atlas.
    fn job(&self, number: u32) -> Intervention {
        Intervention {
            number: format!("INT-2026-{number:05}"),
            site: Some(self.site),
            ..samples::intervention(self.pump, self.atlas, at("2026-03-01T08:00:00Z"))
        }
    }

    async fn insert(&self, job: Intervention) -> Record<Intervention> {
        let by = Some(self.manager);
        must(&self.db, move |tx| tx.interventions().insert(&job, by)).await
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
