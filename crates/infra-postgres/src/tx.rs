//! The stores of one transaction. Each aggregate implements its store for [`PgTx`] in its own module.

use diesel::PgConnection;
use domain::audit::{AuditLog, Origin};
use domain::client::ClientStore;
use domain::equipment::EquipmentStore;
use domain::idempotency::IdempotencyStore;
use domain::intervention::InterventionStore;
use domain::job::TaskStore;
use domain::notification::NotificationStore;
use domain::ports::Tx;
use domain::ports::unit_of_work::Outbox;
use domain::session::SessionStore;
use domain::skill::SkillStore;
use domain::team::TeamStore;
use domain::technician::TechnicianStore;
use domain::user::UserStore;

use crate::audit::AuditTrail;

/// One open transaction and the audit rows that it will write.
pub struct PgTx<'c> {
    /// The connection, inside the transaction.
    pub conn: &'c mut PgConnection,
    /// What the stores noted.
    pub audit: AuditTrail,
}

impl<'c> PgTx<'c> {
    /// The stores of the transaction that is open on `conn`.
    pub fn new(conn: &'c mut PgConnection, origin: Origin) -> Self {
        Self {
            conn,
            audit: AuditTrail::new(origin),
        }
    }
}

macro_rules! implement_tx {
    ($($name:ident: $port:ident / $fake:ident),+ $(,)?) => {
        impl Tx for PgTx<'_> {
            $(fn $name(&mut self) -> &mut dyn $port {
                self
            })+
        }
    };
}
domain::tx_ports!(implement_tx);
