//! People and things: two of each kind, one tied to the work and one a stranger to it.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::client::Client;
use crate::stack::{ADMIN, Stack};

/// The password of everybody.
pub const PASSWORD: &str = "Carrefour-Atlas-88!";

/// Somebody who has signed in.
#[derive(Clone)]
pub struct Person {
    /// Account.
    pub user: i64,
    /// Name to sign in with.
    pub username: String,
    /// Address.
    pub email: String,
    /// The caller.
    pub caller: Client,
    /// The refresh token of the same session.
    pub refresh: String,
}

/// A client with what belongs to it.
#[derive(Clone)]
pub struct Customer {
    /// The client.
    pub id: i64,
    /// Its portal account.
    pub person: Person,
    /// A site.
    pub site: i64,
    /// A contact.
    pub contact: i64,
    /// An equipment on that site.
    pub equipment: i64,
}

/// A technician.
#[derive(Clone)]
pub struct Worker {
    /// The technician.
    pub id: i64,
    /// The account.
    pub person: Person,
}

/// Everybody and everything.
pub struct World {
    /// The first account.
    pub admin: Client,
    /// Its id.
    pub admin_user: i64,
    /// Leads the team of the first technician.
    pub manager: Person,
    /// Does the job.
    pub technician: Worker,
    /// Does other jobs.
    pub other_technician: Worker,
    /// Owns the equipment of the job.
    pub client: Customer,
    /// Owns other equipment.
    pub other_client: Customer,
    /// A team.
    pub team: i64,
    /// A skill.
    pub skill: i64,
    /// A job on the first client's equipment, assigned to the first technician.
    pub job: i64,
    /// A job on the other client's equipment, assigned to the other technician.
    pub other_job: i64,
}

/// A number that no other caller in this process gets.
pub fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The id in a body.
#[track_caller]
pub fn id(body: &Value) -> i64 {
    body["id"].as_i64().unwrap_or_else(|| panic!("no id in {body}"))
}

/// A new account and its id.
pub async fn account(admin: &Client, role: &str) -> (i64, String, String) {
    let n = unique();
    let (username, email) = (format!("{role}.{n}"), format!("{role}.{n}@essai.ma"));
    let body = json!({
        "username": username, "email": email, "full_name": format!("Personne {n}"), "role": role, "password": PASSWORD,
    });
    (id(&admin.post("/users", body).await.expect(201)), username, email)
}

/// A new account, signed in.
pub async fn person(admin: &Client, role: &str) -> Person {
    let (user, username, email) = account(admin, role).await;
    sign_in(admin, user, username, email).await
}

async fn sign_in(admin: &Client, user: i64, username: String, email: String) -> Person {
    let (caller, answer) = admin.login(&username, PASSWORD).await;
    let refresh = answer["refresh_token"]
        .as_str()
        .expect("refresh_token")
        .to_owned();
    Person {
        user,
        username,
        email,
        caller,
        refresh,
    }
}

/// A new technician, signed in.
pub async fn worker(admin: &Client, team: Option<i64>) -> Worker {
    let (user, username, email) = account(admin, "technicien").await;
    let n = unique();
    let body = json!({
        "user_id": user, "equipe_id": team, "specialite": format!("Spécialité {n}"), "zone_intervention": "Casablanca",
        "taux_horaire": "120.00", "telephone": "+212 522 000 000",
    });
    let technician = id(&admin.post("/techniciens", body).await.expect(201));
    Worker {
        id: technician,
        person: sign_in(admin, user, username, email).await,
    }
}

/// A new equipment.
pub async fn equipment(admin: &Client, client: i64, site: Option<i64>) -> i64 {
    let n = unique();
    let body = json!({
        "client_id": client, "site_id": site, "nom_equipement": format!("Compresseur {n}"),
        "numero_serie": format!("NS-{n}"), "type_equipement": "mecanique",
    });
    id(&admin.post("/equipements", body).await.expect(201))
}

/// A new job.
pub async fn job(admin: &Client, equipment: i64, technician: Option<i64>) -> i64 {
    let mut body = json!({
        "equipement_id": equipment, "type": "corrective", "titre": format!("Travail {}", unique()),
        "description": "Bruit anormal au démarrage du moteur",
    });
    if let Some(technician) = technician {
        body["technicien_id"] = technician.into();
    }
    id(&admin.post("/interventions", body).await.expect(201))
}

/// A new client with its portal account, a site, a contact and an equipment.
pub async fn customer(admin: &Client) -> Customer {
    let (user, username, email) = account(admin, "client").await;
    let n = unique();
    let body = json!({
        "nom_entreprise": format!("Entreprise {n}"), "user_id": user, "ville": "Casablanca",
        "email": format!("contact.{n}@entreprise.ma"), "telephone": "+212 522 111 111",
    });
    let client = id(&admin.post("/clients", body).await.expect(201));
    let body = json!({"nom": format!("Site {n}"), "ville": "Casablanca", "zone": "Casablanca"});
    let site = id(&admin
        .post(&format!("/clients/{client}/sites"), body)
        .await
        .expect(201));
    let body =
        json!({"nom": format!("Contact {n}"), "email": format!("pers.{n}@entreprise.ma"), "principal": true});
    let contact = id(&admin
        .post(&format!("/clients/{client}/contacts"), body)
        .await
        .expect(201));
    let equipment = equipment(admin, client, Some(site)).await;
    Customer {
        id: client,
        person: sign_in(admin, user, username, email).await,
        site,
        contact,
        equipment,
    }
}

impl World {
    /// Makes everybody and everything through the API.
    pub async fn of(stack: &Stack) -> Self {
        let (admin, answer) = stack.anonymous().login(ADMIN.0, ADMIN.1).await;
        let manager = person(&admin, "responsable").await;
        let n = unique();
        let body = json!({"nom": format!("Équipe {n}"), "responsable_id": manager.user});
        let team = id(&admin.post("/equipes", body).await.expect(201));
        let body = json!({"nom": format!("Compétence {n}"), "domaine": "Électricité"});
        let skill = id(&admin.post("/techniciens/competences", body).await.expect(201));
        let technician = worker(&admin, Some(team)).await;
        let other_technician = worker(&admin, None).await;
        let client = customer(&admin).await;
        let other_client = customer(&admin).await;
        let first = job(&admin, client.equipment, Some(technician.id)).await;
        let other = job(&admin, other_client.equipment, Some(other_technician.id)).await;
        Self {
            admin_user: id(&answer["user"]),
            admin,
            manager,
            technician,
            other_technician,
            client,
            other_client,
            team,
            skill,
            job: first,
            other_job: other,
        }
    }
}
