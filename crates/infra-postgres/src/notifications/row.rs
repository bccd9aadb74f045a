//! Notifications as rows.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz};
use domain::Id;
use domain::event::EventId;
use domain::notification::{About, Channel, DeliveryStatus, Notification, NotificationKind, Outgoing};
use domain::policy::Role;

use crate::schema::notifications;
use crate::sql::{PgVocab, Ts, ts, un_ts};

const MODULE: &str = "maintenance";
const EQUIPMENT: &str = "equipements";
const TECHNICIAN: &str = "techniciens";

/// A notification to be written.
#[derive(Debug, Insertable)]
#[diesel(table_name = notifications)]
pub struct NewRow<'a> {
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

/// A notification with its recipient.
#[derive(QueryableByName)]
pub struct OutgoingRow {
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
