//! Equipment over HTTP, on PostgreSQL.

mod data;
mod life;
mod rights;

use serde_json::{Value, json};

use crate::stored::{MANAGER, Stored, TECHNICIAN, stored};
use crate::support::Reply;

const ALL: &str = "/api/v1/equipements";

fn one(id: i64) -> String {
    format!("{ALL}/{id}")
}

/// The database with two clients: the first is the one of account 4; and the technician of account 3.
struct Plant {
    s: Stored,
    atlas: i64,
    rif: i64,
    technician: i64,
}

async fn plant() -> Plant {
    let s = stored().await;
    s.db.execute(
        "INSERT INTO clients (nom_entreprise, user_id) VALUES ('Atlas', 4), ('Rif', NULL); \
         INSERT INTO techniciens (user_id) VALUES (3)",
    );
    let id = |sql: &str| s.db.number(sql);
    let atlas = id("SELECT id FROM clients WHERE nom_entreprise = 'Atlas'");
    let rif = id("SELECT id FROM clients WHERE nom_entreprise = 'Rif'");
    let technician = id("SELECT id FROM techniciens");
    s.refresh().await;
    Plant {
        s,
        atlas,
        rif,
        technician,
    }
}

fn pump(client: i64, serial: &str) -> Value {
    json!({
        "client_id": client, "nom_equipement": format!("Pompe {serial}"), "numero_serie": serial,
        "type_equipement": "hydraulique"
    })
}

impl Plant {
    /// An equipment of Atlas.
    async fn pump(&self, serial: &str) -> i64 {
        self.s.made(ALL, &pump(self.atlas, serial)).await
    }

    /// An action on the state, as this person.
    async fn act(&self, who: u128, id: i64, body: Value) -> Reply {
        self.s.patch(who, &format!("{}/statut", one(id)), &body).await
    }

    /// The same when it is possible; answers the state.
    async fn done(&self, id: i64, action: &str) -> String {
        let reply = self
            .act(MANAGER, id, json!({ "action": action, "motif": "Essai" }))
            .await;
        assert_eq!(reply.status, 200, "{action}: {:?}", reply.body);
        text(&reply.json()["statut"])
    }

    async fn status(&self, id: i64) -> String {
        text(&self.s.get(MANAGER, &one(id)).await.json()["statut"])
    }

    /// A corrective job on the equipment, assigned to the technician.
    async fn job(&self, equipment: i64) -> i64 {
        let body = json!({
            "equipement_id": equipment, "type": "corrective", "description": "Fuite au presse-étoupe",
            "technicien_id": self.technician
        });
        self.s.made("/api/v1/interventions", &body).await
    }

    /// An action on a job, as its technician.
    async fn work(&self, job: i64, body: Value) {
        let reply = self
            .s
            .patch(TECHNICIAN, &format!("/api/v1/interventions/{job}/status"), &body)
            .await;
        assert_eq!(reply.status, 200, "{body}: {:?}", reply.body);
    }

    /// State, end, plan and job of each stop, oldest first.
    async fn stops(&self, id: i64) -> Vec<(String, bool, bool, Option<i64>)> {
        let shown = self
            .s
            .get(MANAGER, &format!("{}/maintenance", one(id)))
            .await
            .json();
        let mut stops: Vec<_> = shown["arrets"]
            .as_array()
            .expect("stops")
            .iter()
            .map(|a| {
                (
                    text(&a["etat"]),
                    a["fin"].is_null(),
                    a["planifie"] == true,
                    a["intervention_id"].as_i64(),
                )
            })
            .collect();
        stops.reverse();
        stops
    }

    fn count(&self, sql: &str) -> i64 {
        self.s.db.number(&format!("SELECT count(*) FROM {sql}"))
    }

    /// A moment later, so that intervals have a length.
    fn later(&self) {
        self.s.world.clock.advance(jiff::SignedDuration::from_secs(10));
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
