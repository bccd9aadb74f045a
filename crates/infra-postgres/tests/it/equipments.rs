//! Equipment: its row, its tree, the facts behind its state, its history.

mod history;
mod lists;
mod rows;
mod state;
mod tree;

use domain::client::Client;
use domain::equipment::Equipment;
use domain::policy::Role;
use domain::samples;
use domain::technician::Technician;
use domain::user::User;
use domain::{Id, Record};
use jiff::civil::Date;
use test_support::TestDb;

use crate::support::{must, new_user_id};

/// Two clients, an account, and a technician of a team: what equipment needs around it.
struct World {
    db: TestDb,
    atlas: Id<Client>,
    rif: Id<Client>,
    account: Id<User>,
    technician: Id<Technician>,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let account = new_user_id(&db, "karim", Role::Technician).await;
        db.execute(
            "INSERT INTO clients (nom_entreprise) VALUES ('Atlas'), ('Rif'); \
             INSERT INTO equipes (nom) VALUES ('Nord'); \
             INSERT INTO techniciens (user_id, equipe_id) SELECT u.id, e.id FROM users u, equipes e",
        );
        let id = |sql: &str| db.number(sql);
        let atlas = Id::new(id("SELECT id FROM clients WHERE nom_entreprise = 'Atlas'"));
        let rif = Id::new(id("SELECT id FROM clients WHERE nom_entreprise = 'Rif'"));
        let technician = Id::new(id("SELECT id FROM techniciens"));
        Self {
            db,
            atlas,
            rif,
            account,
            technician,
        }
    }

    async fn insert(&self, equipment: Equipment) -> Record<Equipment> {
        must(&self.db, move |tx| tx.equipments().insert(&equipment, None)).await
    }

    /// An equipment of Atlas.
    async fn equipment(&self, serial: &str) -> Record<Equipment> {
        self.insert(equipment(self.atlas, serial)).await
    }

    /// A job on an equipment, in the state that the rest of the columns allow.
    fn job(&self, on: Id<Equipment>, statut: &str, assigned: bool) -> i64 {
        self.job_at(on, statut, assigned, "2026-03-01T08:00:00Z")
    }

    fn job_at(&self, on: Id<Equipment>, statut: &str, assigned: bool, at: &str) -> i64 {
        let technician = if assigned {
            self.technician.to_string()
        } else {
            "NULL".to_owned()
        };
        let begun = if statut == "ouverte" {
            "NULL".to_owned()
        } else {
            format!("'{at}'")
        };
        let ended = if statut == "cloturee" {
            format!("'{at}'")
        } else {
            "NULL".to_owned()
        };
        let waits = if statut == "en_attente" {
            "'pieces'"
        } else {
            "NULL"
        };
        let number = self.db.number("SELECT count(*) + 1 FROM interventions");
        self.db.execute(&format!(
            "INSERT INTO interventions (numero, equipement_id, client_id, titre, description, type, statut, origine, \
             technicien_id, date_creation, date_debut, date_fin, motif_attente) \
             SELECT 'INT-2026-{number:05}', id, client_id, 'Titre', 'Une description', 'preventive', '{statut}', \
             'interne', {technician}, '{at}', {begun}, {ended}, {waits} FROM equipements WHERE id = {on}"
        ));
        self.db.number("SELECT max(id) FROM interventions")
    }
}

fn equipment(client: Id<Client>, serial: &str) -> Equipment {
    Equipment {
        name: format!("Machine {serial}"),
        serial_number: serial.into(),
        kind: "mecanique".into(),
        public_code: format!("code-public-{client}-{serial:-<16}"),
        ..samples::equipment(client)
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}
