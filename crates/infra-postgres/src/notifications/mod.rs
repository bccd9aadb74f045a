//! Notifications, and whom they concern. Rows are written by the system from audited changes, so
//! they leave no audit rows of their own; what an administrator must know of a delivery does.

mod facts;
mod known;
mod people;
mod row;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::Id;
use domain::equipment::Equipment;
use domain::error::Repo;
use domain::event::EventId;
use domain::intervention::Intervention;
use domain::notification::{
    Channel, Concerned, DeliveryStatus, EquipmentFacts, Inserted, JobFacts, Notification, NotificationStore,
    Outgoing, TechnicianFacts,
};
use domain::technician::Technician;
use jiff::Timestamp;

use self::row::{NewRow, OutgoingRow};
use crate::error::repo;
use crate::schema::{interventions, notifications};
use crate::sql::{PgVocab, Ts, ts};
use crate::tx::PgTx;

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

    fn reword(&mut self, id: Id<Notification>, subject: &str, body: &str) -> Repo<()> {
        diesel::update(notifications::table.find(id.get()))
            .set((
                notifications::sujet.eq(subject),
                notifications::contenu.eq(body),
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

    fn knew_theirs(
        &mut self,
        job: Id<Intervention>,
        technician: Id<Technician>,
        event: EventId,
    ) -> Repo<bool> {
        known::theirs(self, job, technician, event)
    }

    fn hold_job(&mut self, id: Id<Intervention>) -> Repo<()> {
        // A statement of its own: one that waited for the lock would show the rows that it joins as they
        // were before.
        interventions::table
            .find(id.get())
            .select(interventions::id)
            .for_share()
            .first::<i64>(self.conn)
            .optional()
            .map_err(repo)?;
        Ok(())
    }

    fn concerned_by_job(&mut self, id: Id<Intervention>) -> Repo<Concerned> {
        people::by_job(self, id)
    }

    fn concerned_by_equipment(
        &mut self,
        id: Id<Equipment>,
        job: Option<Id<Intervention>>,
    ) -> Repo<Concerned> {
        people::by_equipment(self, id, job)
    }

    fn concerned_by_technician(&mut self, id: Id<Technician>) -> Repo<Concerned> {
        people::by_technician(self, id)
    }

    fn job_facts(&mut self, id: Id<Intervention>) -> Repo<Option<JobFacts>> {
        facts::of_job(self, id)
    }

    fn equipment_facts(&mut self, id: Id<Equipment>) -> Repo<Option<EquipmentFacts>> {
        facts::of_equipment(self, id)
    }

    fn technician_facts(&mut self, id: Id<Technician>) -> Repo<Option<TechnicianFacts>> {
        facts::of_technician(self, id)
    }
}
