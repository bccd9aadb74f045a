//! Notifications, and whom they concern. Rows are written by the system from audited changes, so
//! they leave no audit rows of their own; what an administrator must know of a delivery does.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz};
use domain::equipment::Equipment;
use domain::error::Repo;
use domain::event::EventId;
use domain::intervention::{Intervention, Priority};
use domain::notification::{
    About, Channel, Concerned, DeliveryStatus, EquipmentFacts, Inserted, JobFacts, Notification,
    NotificationKind, NotificationStore, Outgoing, Recipient, TechnicianFacts,
};
use domain::policy::Role;
use domain::technician::Technician;
use domain::{Id, Vocab};
use jiff::Timestamp;

use crate::error::repo;
use crate::schema::notifications;
use crate::sql::{PgVocab, Ts, ts, un_ts};
use crate::tx::PgTx;

const MODULE: &str = "maintenance";
const EQUIPMENT: &str = "equipements";
const TECHNICIAN: &str = "techniciens";

#[derive(Debug, Insertable)]
#[diesel(table_name = notifications)]
struct NewRow<'a> {
    user_id: i64,
    intervention_id: Option<i64>,
    module: &'a str,
    ref_type: Option<&'static str>,
    ref_id: Option<i64>,
    type_: PgVocab<NotificationKind>,
    canal: PgVocab<Channel>,
    sujet: &'a str,
    contenu: &'a str,
    statut: PgVocab<DeliveryStatus>,
    tentatives: i32,
    date_envoi: Option<Ts>,
    evenement_id: Option<i64>,
}

impl<'a> From<&'a Notification> for NewRow<'a> {
    fn from(n: &'a Notification) -> Self {
        let (intervention_id, reference) = match n.about {
            None => (None, None),
            Some(About::Intervention(id)) => (Some(id.get()), None),
            Some(About::Equipment(id)) => (None, Some((EQUIPMENT, id.get()))),
            Some(About::Technician(id)) => (None, Some((TECHNICIAN, id.get()))),
        };
        Self {
            user_id: n.user.get(),
            intervention_id,
            module: MODULE,
            ref_type: reference.map(|(table, _)| table),
            ref_id: reference.map(|(_, id)| id),
            type_: PgVocab(n.kind),
            canal: PgVocab(n.channel),
            sujet: &n.subject,
            contenu: &n.body,
            statut: PgVocab(n.status),
            tentatives: n.attempts,
            date_envoi: ts(n.sent_at),
            evenement_id: n.event.map(|e| e.0),
        }
    }
}

#[derive(QueryableByName)]
struct OutgoingRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: Ts,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    intervention_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    ref_type: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    ref_id: Option<i64>,
    #[diesel(sql_type = Text)]
    type_: PgVocab<NotificationKind>,
    #[diesel(sql_type = Text)]
    canal: PgVocab<Channel>,
    #[diesel(sql_type = Text)]
    sujet: String,
    #[diesel(sql_type = Text)]
    contenu: String,
    #[diesel(sql_type = Text)]
    statut: PgVocab<DeliveryStatus>,
    #[diesel(sql_type = Integer)]
    tentatives: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    date_envoi: Option<Ts>,
    #[diesel(sql_type = Nullable<BigInt>)]
    evenement_id: Option<i64>,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    full_name: String,
    #[diesel(sql_type = Text)]
    role: PgVocab<Role>,
    #[diesel(sql_type = Bool)]
    is_active: bool,
}

fn about(intervention: Option<i64>, table: Option<&str>, id: Option<i64>) -> Option<About> {
    match (intervention, table, id) {
        (Some(id), ..) => Some(About::Intervention(Id::new(id))),
        (None, Some(EQUIPMENT), Some(id)) => Some(About::Equipment(Id::new(id))),
        (None, Some(TECHNICIAN), Some(id)) => Some(About::Technician(Id::new(id))),
        _ => None,
    }
}

impl From<OutgoingRow> for Outgoing {
    fn from(r: OutgoingRow) -> Self {
        Self {
            id: Id::new(r.id),
            created_at: r.created_at.0,
            notification: Notification {
                user: Id::new(r.user_id),
                event: r.evenement_id.map(EventId),
                about: about(r.intervention_id, r.ref_type.as_deref(), r.ref_id),
                kind: r.type_.0,
                channel: r.canal.0,
                subject: r.sujet,
                body: r.contenu,
                status: r.statut.0,
                attempts: r.tentatives,
                sent_at: un_ts(r.date_envoi),
            },
            email: r.email,
            full_name: r.full_name,
            role: r.role.0,
            is_active: r.is_active,
        }
    }
}

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

#[derive(QueryableByName)]
struct JobRow {
    #[diesel(sql_type = Text)]
    numero: String,
    #[diesel(sql_type = Text)]
    titre: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    priorite: PgVocab<Priority>,
    #[diesel(sql_type = Text)]
    nom_equipement: String,
    #[diesel(sql_type = Text)]
    numero_serie: String,
    #[diesel(sql_type = Nullable<Text>)]
    localisation: Option<String>,
    #[diesel(sql_type = Text)]
    nom_entreprise: String,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    date_prevue: Option<Ts>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    date_fin: Option<Ts>,
    #[diesel(sql_type = Nullable<BigInt>)]
    technicien_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    technicien: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    compte_rendu: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    motif_annulation: Option<String>,
}

#[derive(QueryableByName)]
struct EquipmentRow {
    #[diesel(sql_type = Text)]
    nom_equipement: String,
    #[diesel(sql_type = Text)]
    numero_serie: String,
    #[diesel(sql_type = Nullable<Text>)]
    localisation: Option<String>,
    #[diesel(sql_type = Text)]
    nom_entreprise: String,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ouverte_le: Option<Ts>,
    #[diesel(sql_type = Nullable<Text>)]
    panne: Option<String>,
}

/// Name and town of the site `s`; null without one.
const SITE: &str = "nullif(concat_ws(', ', s.nom, s.ville), '') AS site";

impl NotificationStore for PgTx<'_> {
    fn insert_new(&mut self, rows: &[Notification]) -> Repo<Vec<Inserted>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<NewRow<'_>> = rows.iter().map(NewRow::from).collect();
        let new: Vec<(i64, i64, PgVocab<Channel>)> = diesel::insert_into(notifications::table)
            .values(rows)
            .on_conflict((
                notifications::evenement_id,
                notifications::user_id,
                notifications::canal,
            ))
            .do_nothing()
            .returning((notifications::id, notifications::user_id, notifications::canal))
            .get_results(self.conn)
            .map_err(repo)?;
        let inserted = |(id, user, channel): (i64, i64, PgVocab<_>)| Inserted {
            id: Id::new(id),
            user: Id::new(user),
            channel: channel.0,
        };
        Ok(new.into_iter().map(inserted).collect())
    }

    fn outgoing(&mut self, id: Id<Notification>) -> Repo<Option<Outgoing>> {
        let row: Option<OutgoingRow> = diesel::sql_query(
            "SELECT n.id, n.created_at, n.user_id, n.intervention_id, n.ref_type, n.ref_id, n.type AS type_, \
             n.canal, n.sujet, n.contenu, n.statut, n.tentatives, n.date_envoi, n.evenement_id, \
             u.email, u.full_name, u.role, u.is_active \
             FROM notifications n JOIN users u ON u.id = n.user_id WHERE n.id = $1 FOR NO KEY UPDATE OF n",
        )
        .bind::<BigInt, _>(id.get())
        .get_result(self.conn)
        .optional()
        .map_err(repo)?;
        Ok(row.map(Outgoing::from))
    }

    fn begin_attempt(&mut self, id: Id<Notification>, at: Timestamp) -> Repo<()> {
        diesel::update(notifications::table.find(id.get()))
            .set((
                notifications::statut.eq(PgVocab(DeliveryStatus::Pending)),
                notifications::tentatives.eq(notifications::tentatives + 1),
                notifications::updated_at.eq(Ts(at)),
                notifications::version.eq(notifications::version + 1),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }

    fn record_attempt(
        &mut self,
        id: Id<Notification>,
        status: DeliveryStatus,
        at: Timestamp,
        error: Option<String>,
    ) -> Repo<()> {
        let error = error.map(|e| e.chars().filter(|c| *c != '\0').take(4000).collect::<String>());
        diesel::update(notifications::table.find(id.get()))
            .set((
                notifications::statut.eq(PgVocab(status)),
                notifications::date_envoi.eq(ts((status == DeliveryStatus::Sent).then_some(at))),
                notifications::derniere_erreur.eq(error),
                notifications::updated_at.eq(Ts(at)),
                notifications::version.eq(notifications::version + 1),
            ))
            .execute(self.conn)
            .map_err(repo)?;
        Ok(())
    }

    fn concerned_by_job(&mut self, id: Id<Intervention>) -> Repo<Concerned> {
        let with = format!(
            "o AS (SELECT technicien_id, client_id, demandeur_id FROM interventions WHERE id = $1), \
             comptes AS ({ACCOUNTS})"
        );
        let ties = format!(
            "{FIELD} UNION ALL SELECT 'client', user_id FROM comptes \
             UNION ALL SELECT 'demandeur', c.user_id FROM comptes c JOIN o ON o.demandeur_id = c.user_id \
             UNION ALL {MANAGEMENT}"
        );
        self.tied(&with, &ties, id.get())
    }

    fn concerned_by_equipment(
        &mut self,
        id: Id<Equipment>,
        job: Option<Id<Intervention>>,
    ) -> Repo<Concerned> {
        let with = "o AS (SELECT e.client_id, i.technicien_id FROM equipements e \
                    LEFT JOIN interventions i ON i.equipement_id = e.id AND i.id = $2 WHERE e.id = $1)";
        let ties = format!(
            "{FIELD} UNION ALL SELECT 'client', a.user_id FROM ({ACCOUNTS}) a UNION ALL {MANAGEMENT}"
        );
        let rows: Vec<TiedRow> = diesel::sql_query(people(with, &ties))
            .bind::<BigInt, _>(id.get())
            .bind::<Nullable<BigInt>, _>(job.map(Id::get))
            .get_results(self.conn)
            .map_err(repo)?;
        Ok(concerned(rows))
    }

    fn concerned_by_technician(&mut self, id: Id<Technician>) -> Repo<Concerned> {
        self.tied(
            "o AS (SELECT $1 AS technicien_id)",
            &format!("{FIELD} UNION ALL {MANAGEMENT}"),
            id.get(),
        )
    }

    fn job_facts(&mut self, id: Id<Intervention>) -> Repo<Option<JobFacts>> {
        let row: Option<JobRow> = diesel::sql_query(format!(
            "SELECT i.numero, i.titre, i.description, i.priorite, e.nom_equipement, e.numero_serie, e.localisation, \
             c.nom_entreprise, {SITE}, i.date_prevue, i.date_fin, i.technicien_id, u.full_name AS technicien, \
             f.compte_rendu, f.motif_annulation \
             FROM interventions i JOIN equipements e ON e.id = i.equipement_id JOIN clients c ON c.id = i.client_id \
             LEFT JOIN sites s ON s.id = coalesce(i.site_id, e.site_id) \
             LEFT JOIN techniciens t ON t.id = i.technicien_id LEFT JOIN users u ON u.id = t.user_id \
             LEFT JOIN interventions_cloture f ON f.intervention_id = i.id WHERE i.id = $1"
        ))
        .bind::<BigInt, _>(id.get())
        .get_result(self.conn)
        .optional()
        .map_err(repo)?;
        Ok(row.map(|r| JobFacts {
            number: r.numero,
            title: r.titre,
            description: r.description,
            critical: r.priorite.0 == Priority::Critical,
            equipment: r.nom_equipement,
            serial_number: r.numero_serie,
            location: r.localisation,
            client: r.nom_entreprise,
            site: r.site,
            planned_at: un_ts(r.date_prevue),
            finished_at: un_ts(r.date_fin),
            technician: r.technicien_id.map(Id::new),
            technician_name: r.technicien,
            report: r.compte_rendu,
            cancel_reason: r.motif_annulation,
        }))
    }

    fn equipment_facts(&mut self, id: Id<Equipment>) -> Repo<Option<EquipmentFacts>> {
        let row: Option<EquipmentRow> = diesel::sql_query(format!(
            "SELECT e.nom_equipement, e.numero_serie, e.localisation, c.nom_entreprise, {SITE}, \
             p.ouverte_le, p.description AS panne \
             FROM equipements e JOIN clients c ON c.id = e.client_id LEFT JOIN sites s ON s.id = e.site_id \
             LEFT JOIN pannes p ON p.equipement_id = e.id AND p.fermee_le IS NULL WHERE e.id = $1"
        ))
        .bind::<BigInt, _>(id.get())
        .get_result(self.conn)
        .optional()
        .map_err(repo)?;
        Ok(row.map(|r| EquipmentFacts {
            name: r.nom_equipement,
            serial_number: r.numero_serie,
            location: r.localisation,
            client: r.nom_entreprise,
            site: r.site,
            failed_at: un_ts(r.ouverte_le),
            failure: r.panne,
        }))
    }

    fn technician_facts(&mut self, id: Id<Technician>) -> Repo<Option<TechnicianFacts>> {
        use crate::schema::{interventions, techniciens, users};
        use domain::intervention::Status;
        let name: Option<String> = techniciens::table
            .inner_join(users::table.on(users::id.eq(techniciens::user_id)))
            .filter(techniciens::id.eq(id.get()))
            .select(users::full_name)
            .first(self.conn)
            .optional()
            .map_err(repo)?;
        let Some(full_name) = name else { return Ok(None) };
        let open = [Status::Open, Status::InProgress, Status::OnHold].map(Vocab::code);
        let open_jobs: Vec<(String, String)> = interventions::table
            .filter(interventions::technicien_id.eq(id.get()))
            .filter(interventions::statut.eq_any(open))
            .order((interventions::date_creation, interventions::id))
            .select((interventions::numero, interventions::titre))
            .load(self.conn)
            .map_err(repo)?;
        Ok(Some(TechnicianFacts { full_name, open_jobs }))
    }
}

impl PgTx<'_> {
    fn tied(&mut self, with: &str, ties: &str, id: i64) -> Repo<Concerned> {
        let rows: Vec<TiedRow> = diesel::sql_query(people(with, ties))
            .bind::<BigInt, _>(id)
            .get_results(self.conn)
            .map_err(repo)?;
        Ok(concerned(rows))
    }
}
