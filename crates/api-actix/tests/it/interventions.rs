//! Interventions over HTTP, on PostgreSQL: the life of a job and what it does to everything around it.

mod data;
mod effects;
mod life;
mod races;
mod refusals;
mod views;

use domain::policy::Role;
use serde_json::{Value, json};

use crate::stored::{MANAGER, Stored, stored};
use crate::support::Reply;

const JOBS: &str = "/api/v1/interventions";

/// A client with its portal account, another one; an equipment each; two technicians, the first one with an
/// account that can sign in.
struct Shop {
    s: Stored,
    client: i64,
    pump: i64,
    /// Of the other client.
    press: i64,
    tech: i64,
    other_tech: i64,
}

impl Shop {
    async fn open() -> Self {
        let s = stored().await;
        let client = s
            .made(
                "/api/v1/clients",
                &json!({ "nom_entreprise": "Atlas", "user_id": 4 }),
            )
            .await;
        let other = s
            .made("/api/v1/clients", &json!({ "nom_entreprise": "Rif" }))
            .await;
        let machine = |client: i64, name: &str| {
            json!({
                "client_id": client, "nom_equipement": name, "numero_serie": format!("NS-{name}"),
                "type_equipement": "hydraulique"
            })
        };
        let pump = s.made("/api/v1/equipements", &machine(client, "Pompe")).await;
        let press = s.made("/api/v1/equipements", &machine(other, "Presse")).await;
        let tech = s.made("/api/v1/techniciens", &json!({ "user_id": 3 })).await;
        let account = s.account("autre", Role::Technician).await;
        let other_tech = s
            .made("/api/v1/techniciens", &json!({ "user_id": account }))
            .await;
        s.refresh().await;
        Self {
            s,
            client,
            pump,
            press,
            tech,
            other_tech,
        }
    }

    /// A corrective job on an equipment.
    async fn job_on(&self, equipment: i64, technician: Option<i64>) -> i64 {
        let body = json!({
            "equipement_id": equipment, "type": "corrective", "description": "Bruit anormal au démarrage",
            "technicien_id": technician
        });
        self.s.made(JOBS, &body).await
    }

    /// A corrective job on the pump.
    async fn job(&self, technician: Option<i64>) -> i64 {
        self.job_on(self.pump, technician).await
    }

    async fn status(&self, who: u128, job: i64, body: Value) -> Reply {
        self.s.patch(who, &format!("{JOBS}/{job}/status"), &body).await
    }

    /// The same by the manager, when nothing may refuse.
    async fn moved(&self, job: i64, body: Value) -> Value {
        let reply = self.status(MANAGER, job, body.clone()).await;
        assert_eq!(reply.status, 200, "{body}: {:?}", reply.body);
        reply.json()
    }

    async fn seen(&self, who: u128, job: i64) -> Value {
        let reply = self.s.get(who, &one(job)).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.json()
    }

    /// How many rows a condition leaves.
    fn count(&self, table_and_condition: &str) -> i64 {
        self.s
            .db
            .number(&format!("SELECT count(*) FROM {table_and_condition}"))
    }

    /// States of the pump and of the first technician.
    #[track_caller]
    fn assert_states(&self, equipment: &str, technician: &str) {
        let is = |table: &str, id: i64, state: String| {
            self.count(&format!("{table} WHERE id = {id} AND {state}")) == 1
        };
        assert!(
            is("equipements", self.pump, format!("statut = '{equipment}'")),
            "the pump is not {equipment}"
        );
        let state = format!("disponibilite = '{technician}'");
        assert!(
            is("techniciens", self.tech, state),
            "the technician is not {technician}"
        );
    }

    /// Kinds of the entries of a job's history, oldest first.
    async fn history(&self, job: i64) -> Vec<String> {
        let reply = self.s.get(MANAGER, &format!("{JOBS}/{job}/historique")).await;
        let json = reply.json();
        let entries = json["items"].as_array().expect("items").iter().rev();
        entries
            .map(|e| e["action_type"].as_str().expect("code").to_owned())
            .collect()
    }
}

fn one(job: i64) -> String {
    format!("{JOBS}/{job}")
}

fn issue(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}
