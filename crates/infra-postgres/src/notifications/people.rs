//! Whom an object concerns.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::Id;
use domain::equipment::Equipment;
use domain::error::Repo;
use domain::intervention::Intervention;
use domain::notification::{Concerned, Recipient};
use domain::technician::Technician;

use crate::error::repo;
use crate::tx::PgTx;

/// A person with what ties them to the object.
#[derive(QueryableByName)]
struct TiedRow {
    #[diesel(sql_type = Text)]
    lien: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    full_name: String,
}

fn concerned(rows: Vec<TiedRow>) -> Concerned {
    let mut all = Concerned::default();
    for row in rows {
        let person = Recipient {
            user: Id::new(row.id),
            full_name: row.full_name,
        };
        match row.lien.as_str() {
            "technicien" => all.technician = Some(person),
            "chef" => all.team_lead = Some(person),
            "demandeur" => all.requester = Some(person),
            "client" => all.clients.push(person),
            "responsable" => all.managers.push(person),
            _ => all.admins.push(person),
        }
    }
    all
}

/// Who manages the company, whatever the object.
const MANAGEMENT: &str = "SELECT r.role AS lien, r.user_id FROM ( \
    SELECT role, id AS user_id FROM users UNION SELECT role, user_id FROM users_roles) r \
    WHERE r.role IN ('responsable', 'admin')";

/// The portal accounts of the client `o.client_id`.
const ACCOUNTS: &str = "SELECT c.user_id FROM clients c JOIN o ON c.id = o.client_id WHERE c.user_id IS NOT NULL \
    UNION SELECT cu.user_id FROM clients_utilisateurs cu JOIN o ON cu.client_id = o.client_id";

/// The technician `o.technicien_id` and the lead of their team.
const FIELD: &str = "SELECT 'technicien' AS lien, t.user_id FROM techniciens t JOIN o ON t.id = o.technicien_id \
    UNION ALL SELECT 'chef', e.responsable_id FROM techniciens t JOIN o ON t.id = o.technicien_id \
    JOIN equipes e ON e.id = t.equipe_id";

/// Names of those who are tied by `ties` (columns `lien`, `user_id`) and whose account is active.
fn people(with: &str, ties: &str) -> String {
    format!(
        "WITH {with} SELECT l.lien, u.id, u.full_name FROM ({ties}) l JOIN users u ON u.id = l.user_id \
         WHERE u.is_active ORDER BY l.lien, u.id"
    )
}

/// People tied to a job.
pub fn by_job(tx: &mut PgTx<'_>, id: Id<Intervention>) -> Repo<Concerned> {
    let with = format!(
        "o AS (SELECT technicien_id, client_id, demandeur_id FROM interventions WHERE id = $1), \
         comptes AS ({ACCOUNTS})"
    );
    let ties = format!(
        "{FIELD} UNION ALL SELECT 'client', user_id FROM comptes \
         UNION ALL SELECT 'demandeur', c.user_id FROM comptes c JOIN o ON o.demandeur_id = c.user_id \
         UNION ALL {MANAGEMENT}"
    );
    tied(tx, &with, &ties, id.get())
}

/// People tied to an equipment, and to a job on it.
pub fn by_equipment(tx: &mut PgTx<'_>, id: Id<Equipment>, job: Option<Id<Intervention>>) -> Repo<Concerned> {
    let with = "o AS (SELECT e.client_id, i.technicien_id FROM equipements e \
                LEFT JOIN interventions i ON i.equipement_id = e.id AND i.id = $2 WHERE e.id = $1)";
    let ties =
        format!("{FIELD} UNION ALL SELECT 'client', a.user_id FROM ({ACCOUNTS}) a UNION ALL {MANAGEMENT}");
    let rows: Vec<TiedRow> = diesel::sql_query(people(with, &ties))
        .bind::<BigInt, _>(id.get())
        .bind::<Nullable<BigInt>, _>(job.map(Id::get))
        .get_results(tx.conn)
        .map_err(repo)?;
    Ok(concerned(rows))
}

/// People tied to a technician.
pub fn by_technician(tx: &mut PgTx<'_>, id: Id<Technician>) -> Repo<Concerned> {
    tied(
        tx,
        "o AS (SELECT $1 AS technicien_id)",
        &format!("{FIELD} UNION ALL {MANAGEMENT}"),
        id.get(),
    )
}

fn tied(tx: &mut PgTx<'_>, with: &str, ties: &str, id: i64) -> Repo<Concerned> {
    let rows: Vec<TiedRow> = diesel::sql_query(people(with, ties))
        .bind::<BigInt, _>(id)
        .get_results(tx.conn)
        .map_err(repo)?;
    Ok(concerned(rows))
}
