//! Good requests for the operations of the document, from ids of things that exist.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::openapi::Operation;
use crate::wait::within;
use crate::world::{self, World, unique};

/// Things to act on, tied to the first client and the first technician of a [`World`].
#[derive(Debug, Clone)]
pub struct Targets {
    /// An account.
    pub user: i64,
    /// A client.
    pub client: i64,
    /// A site of that client.
    pub site: i64,
    /// A contact of that client.
    pub contact: i64,
    /// A portal account of that client.
    pub portal_user: i64,
    /// An account that is tied to nothing, of the role that the operation links.
    pub free_user: i64,
    /// An equipment of that client.
    pub equipment: i64,
    /// A technician.
    pub technician: i64,
    /// A team.
    pub team: i64,
    /// A skill.
    pub skill: i64,
    /// A job on that equipment.
    pub job: i64,
    /// An account that may lead a team.
    pub manager: i64,
    /// A session.
    pub session: String,
}

impl Targets {
    /// The things of the world itself.
    pub fn of(world: &World) -> Self {
        Self {
            user: world.technician.person.user,
            client: world.client.id,
            site: world.client.site,
            contact: world.client.contact,
            portal_user: world.client.person.user,
            free_user: world.other_client.person.user,
            equipment: world.client.equipment,
            technician: world.technician.id,
            team: world.team,
            skill: world.skill,
            job: world.job,
            manager: world.manager.user,
            session: "0".repeat(32),
        }
    }

    /// The same of the second client and technician.
    pub fn of_the_other(world: &World) -> Self {
        Self {
            user: world.other_technician.person.user,
            client: world.other_client.id,
            site: world.other_client.site,
            contact: world.other_client.contact,
            portal_user: world.other_client.person.user,
            free_user: world.client.person.user,
            equipment: world.other_client.equipment,
            technician: world.other_technician.id,
            job: world.other_job,
            ..Self::of(world)
        }
    }

    /// Things that do not exist.
    pub fn none() -> Self {
        let id = 9_000_000_001;
        Self {
            user: id,
            client: id,
            site: id,
            contact: id,
            portal_user: id,
            free_user: id,
            equipment: id,
            technician: id,
            team: id,
            skill: id,
            job: id,
            manager: id,
            session: "f".repeat(32),
        }
    }

    /// The id behind a `{parameter}` of a path, by the word before it.
    fn behind(&self, word: &str) -> String {
        let id = match word {
            "users" => self.user,
            "clients" => self.client,
            "sites" => self.site,
            "contacts" => self.contact,
            "utilisateurs" => self.portal_user,
            "equipes" => self.team,
            "competences" => self.skill,
            "techniciens" => self.technician,
            "equipements" => self.equipment,
            "interventions" => self.job,
            "sessions" => return self.session.clone(),
            "docs" => return "swagger-ui.css".to_owned(),
            "redoc" => return "redoc.standalone.js".to_owned(),
            _ => panic!("no id is known for what stands behind `{word}` in a path"),
        };
        id.to_string()
    }

    /// The path of an operation, from the root.
    pub fn path(&self, operation: &Operation) -> String {
        let mut before = "";
        let mut path = String::new();
        for part in operation.path.split('/').skip(1) {
            path.push('/');
            if part.starts_with('{') {
                path.push_str(&self.behind(before));
            } else {
                path.push_str(part);
            }
            before = part;
        }
        path
    }

    /// A documented body with ids of things that exist in place of those of the example.
    pub fn body(&self, example: &Value) -> Value {
        let mut body = example.clone();
        self.fill(&mut body);
        body
    }

    fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    let id = match name.as_str() {
                        _ if value.is_null() => continue,
                        "client_id" => self.client,
                        "site_id" => self.site,
                        "equipement_id" => self.equipment,
                        "technicien_id" => self.technician,
                        "equipe_id" => self.team,
                        "competence_id" => self.skill,
                        "user_id" => self.free_user,
                        "responsable_id" => self.manager,
                        "suite_de_id" => self.job,
                        _ => {
                            if name.starts_with("competences")
                                && value
                                    .as_array()
                                    .and_then(|v| v.first())
                                    .is_some_and(Value::is_i64)
                            {
                                *value = json!([self.skill]);
                            }
                            self.fill(value);
                            continue;
                        }
                    };
                    *value = id.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            _ => {}
        }
    }
}

/// Makes what must be unique unlike everything before.
pub fn renew(body: &mut Value) {
    let Some(map) = body.as_object_mut() else { return };
    for (name, value) in map {
        match (name.as_str(), value) {
            ("username" | "numero_serie" | "nom", Value::String(text)) => {
                *text = format!("{text}-{}", unique())
            }
            ("email", Value::String(text)) => *text = format!("n{}.{text}", unique()),
            (_, inner @ Value::Object(_)) => renew(inner),
            _ => {}
        }
    }
}

/// Things that an operation can act on with success, made for it: nobody else uses them up. They are
/// tied to the first client and the first technician of the world as far as things of their kind are.
pub async fn fresh(world: &World, operation: &Operation) -> Targets {
    let (admin, client) = (&world.admin, world.client.id);
    let mut targets = Targets::of(world);
    let (method, path) = (&operation.method, operation.short());
    let new = async |path: String, body: Value| world::id(&admin.post(&path, body).await.expect(201));
    if !operation.writes() {
        return targets;
    }
    match path {
        "/users/{id}" | "/users/{id}/activate" => targets.user = world::account(admin, "technicien").await.0,
        "/clients/{id}" => {
            // A client without anything but the first client's account among those of its portal.
            targets.client = new(
                "/clients".into(),
                json!({"nom_entreprise": format!("Filiale {}", unique())}),
            )
            .await;
            let link = json!({"user_id": world.client.person.user});
            admin
                .post(&format!("/clients/{}/utilisateurs", targets.client), link)
                .await
                .expect(201);
            // What an account gains may take as long to be known everywhere as what it loses.
            let owner = &world.client.person.caller;
            within("the account's new client", Duration::from_secs(1), || async {
                owner.get(&format!("/clients/{}", targets.client)).await.status == 200
            })
            .await;
        }
        "/clients/{id}/sites/{site_id}" => {
            targets.site = new(
                format!("/clients/{client}/sites"),
                json!({"nom": format!("Site {}", unique())}),
            )
            .await;
        }
        "/clients/{id}/contacts/{contact_id}" => {
            targets.contact = new(
                format!("/clients/{client}/contacts"),
                json!({"nom": format!("Contact {}", unique())}),
            )
            .await;
        }
        "/clients/{id}/utilisateurs" => targets.free_user = world::account(admin, "client").await.0,
        "/clients/{id}/utilisateurs/{user_id}" => {
            targets.portal_user = world::account(admin, "client").await.0;
            let link = json!({"user_id": targets.portal_user});
            admin
                .post(&format!("/clients/{client}/utilisateurs"), link)
                .await
                .expect(201);
        }
        "/equipes/{id}" => {
            targets.team = new("/equipes".into(), json!({"nom": format!("Équipe {}", unique())})).await
        }
        "/competences/{id}" | "/techniciens/competences/{id}" => {
            targets.skill = new(
                "/techniciens/competences".into(),
                json!({"nom": format!("Compétence {}", unique())}),
            )
            .await;
        }
        "/techniciens" => targets.free_user = world::account(admin, "technicien").await.0,
        "/techniciens/{id}" | "/techniciens/{id}/disponibilite" => {
            targets.technician = world::worker(admin, None).await.id
        }
        "/equipements" => {}
        path if path.starts_with("/equipements/{id}") => {
            targets.equipment = world::equipment(admin, client, None).await;
            if *method != Method::DELETE {
                targets.job = world::job(admin, targets.equipment, Some(world.technician.id)).await;
            }
        }
        path if path.starts_with("/interventions") => {
            targets.equipment = world::equipment(admin, client, None).await;
            targets.job = world::job(admin, targets.equipment, Some(world.technician.id)).await;
        }
        _ => {}
    }
    targets
}

/// The present state of a thing and its entity tag, as a caller who may see it gets them.
pub async fn present(caller: &Client, path: &str) -> Option<(Value, String)> {
    let answer = caller.call_root(Method::GET, path).send().await;
    (answer.status == 200).then(|| (answer.json(), answer.header("etag").to_owned()))
}
