//! A process on a real database of its own, with one account per role.

use std::sync::Arc;

use domain::audit::Origin;
use domain::policy::Role;
use domain::ports::{Erased, TxError, UnitOfWork};
use domain::session::SessionId;
use domain::{Id, Vocab};
use infra_postgres::clients::PgClientQueries;
use infra_postgres::equipments::PgEquipmentQueries;
use infra_postgres::interventions::PgInterventionQueries;
use infra_postgres::skills::PgSkillQueries;
use infra_postgres::teams::PgTeamQueries;
use infra_postgres::technicians::PgTechnicianQueries;
use infra_postgres::users::PgUserQueries;
use jiff::SignedDuration;
use serde_json::Value;
use test_support::TestDb;

use crate::support::{Reply, Setup, World, ask, user};

pub const ADMIN: u128 = 1;
pub const MANAGER: u128 = 2;
pub const TECHNICIAN: u128 = 3;
pub const CLIENT: u128 = 4;

/// The process and its database. The accounts 1 to 4 are those of the sessions.
pub struct Stored {
    pub db: TestDb,
    pub world: World,
}

/// Everything but the sessions on PostgreSQL.
pub async fn stored() -> Stored {
    let mut setup = Setup::default();
    setup
        .hasher
        .expect_hash()
        .returning(|_| Ok("$2b$04$0123456789012345678901".to_owned()));
    let db = TestDb::new().await;
    let (uow, reader) = (db.uow(), db.reader());
    setup.ports = Some(Box::new(move |app| {
        app.uow = Arc::new(uow);
        app.users = Arc::new(PgUserQueries::new(reader.clone()));
        app.clients = Arc::new(PgClientQueries::new(reader.clone()));
        app.teams = Arc::new(PgTeamQueries::new(reader.clone()));
        app.skills = Arc::new(PgSkillQueries::new(reader.clone()));
        app.technicians = Arc::new(PgTechnicianQueries::new(reader.clone()));
        app.equipments = Arc::new(PgEquipmentQueries::new(reader.clone()));
        app.interventions = Arc::new(PgInterventionQueries::new(reader));
    }));
    let stored = Stored {
        db,
        world: setup.world(),
    };
    for role in [Role::Admin, Role::Manager, Role::Technician, Role::Client] {
        stored.account(role.code(), role).await;
    }
    stored
}

impl Stored {
    /// A new account.
    pub async fn account(&self, name: &str, role: Role) -> i64 {
        let mut account = user(0, role).data;
        account.username = name.to_owned();
        account.email = format!("{name}@mif.ma");
        account.full_name = format!("Personne {name}");
        let work = Box::new(move |tx: &mut dyn domain::ports::Tx| -> Result<Erased, TxError> {
            Ok(Box::new(tx.users().insert(&account, None)?.id.get()))
        });
        let id = self
            .db
            .uow()
            .run_erased("test", &Origin::system("essai"), work)
            .await
            .expect("an account");
        *id.downcast::<i64>().expect("its identifier")
    }

    /// Makes the sessions see what is stored about their accounts now, and forget what they saw.
    pub async fn refresh(&self) {
        for id in [ADMIN, MANAGER, TECHNICIAN, CLIENT] {
            let account = Id::new(i64::try_from(id).expect("id"));
            let work = Box::new(move |tx: &mut dyn domain::ports::Tx| -> Result<Erased, TxError> {
                Ok(Box::new(tx.users().actor(account)?))
            });
            let found = self
                .db
                .uow()
                .run_erased("test", &Origin::system("essai"), work)
                .await
                .expect("an actor");
            let actor = found
                .downcast::<Option<domain::policy::Actor>>()
                .expect("an actor")
                .expect("an account");
            self.world.truth.change(id, |session| session.actor = actor);
            self.world.state.sessions.forget(&[SessionId(id)]);
        }
        self.world.clock.advance(SignedDuration::from_secs(1));
    }

    pub async fn get(&self, who: u128, path: &str) -> Reply {
        ask("GET", path).by(&self.world, who).send(&self.world).await
    }

    pub async fn delete(&self, who: u128, path: &str) -> Reply {
        ask("DELETE", path).by(&self.world, who).send(&self.world).await
    }

    pub async fn send(&self, who: u128, method: &str, path: &str, body: &Value) -> Reply {
        ask(method, path)
            .by(&self.world, who)
            .json(body)
            .send(&self.world)
            .await
    }

    pub async fn post(&self, who: u128, path: &str, body: &Value) -> Reply {
        self.send(who, "POST", path, body).await
    }

    pub async fn patch(&self, who: u128, path: &str, body: &Value) -> Reply {
        self.send(who, "PATCH", path, body).await
    }

    pub async fn put(&self, who: u128, path: &str, body: &Value) -> Reply {
        self.send(who, "PUT", path, body).await
    }

    /// Creates as the manager; answers the identifier.
    pub async fn made(&self, path: &str, body: &Value) -> i64 {
        let reply = self.post(MANAGER, path, body).await;
        assert_eq!(reply.status, 201, "{path}: {:?}", reply.body);
        reply.json()["id"].as_i64().expect("id")
    }

    /// A pump of the client, and a job on it that a technician may have.
    pub fn job(&self, id: i64, client: i64, technician: Option<i64>, status: &str) {
        let technician = technician.map_or("NULL".to_owned(), |t| t.to_string());
        let started = if status == "ouverte" {
            "NULL"
        } else {
            "'2026-03-02T08:00:00Z'"
        };
        self.db.execute(&format!(
            "INSERT INTO equipements (id, client_id, nom_equipement, numero_serie, type_equipement, code_public) \
             VALUES ({id}, {client}, 'Pompe {id}', 'P-{id}', 'hydraulique', '0123456789abcdef{id}'); \
             INSERT INTO interventions (id, numero, equipement_id, client_id, technicien_id, titre, description, type, \
             origine, statut, date_creation, date_debut) VALUES ({id}, 'INT-2026-{id:05}', {id}, {client}, {technician}, \
             'Fuite', 'Fuite sur la pompe', 'corrective', 'interne', '{status}', '2026-03-01T08:00:00Z', {started}); \
             INSERT INTO equipements_detentions (equipement_id, intervention_id, depuis) \
             SELECT {id}, {id}, '2026-03-02T08:00:00Z' WHERE '{status}' = 'en_cours'; \
             UPDATE equipements SET statut = 'maintenance' WHERE id = {id} AND '{status}' = 'en_cours'"
        ));
    }
}
