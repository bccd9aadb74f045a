//! The unit of work: one closure, one transaction, all stores.
//!
//! The closure is synchronous, so nothing slow or remote fits inside it: effects go to the outbox
//! by construction. It is `Fn`, so the adapter may run it again after a transient conflict.

use std::any::Any;

use async_trait::async_trait;

use crate::audit::{AuditLog, Origin};
use crate::client::ClientStore;
use crate::equipment::EquipmentStore;
use crate::error::{Repo, RepoError};
use crate::event::Event;
use crate::idempotency::IdempotencyStore;
use crate::intervention::InterventionStore;
use crate::job::TaskStore;
use crate::notification::NotificationStore;
use crate::session::SessionStore;
use crate::skill::SkillStore;
use crate::team::TeamStore;
use crate::technician::TechnicianStore;
use crate::user::UserStore;

/// Events of a unit of work: each becomes a row of the outbox, with the task that dispatches it.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Outbox {
    /// Adds an event to those that commit with the unit of work.
    fn push(&mut self, event: &Event, at: jiff::Timestamp) -> Repo<()>;
}

/// Calls `$then!` with the one list of stores: accessor, trait, fake.
#[macro_export]
macro_rules! tx_ports {
    ($then:path) => {
        $then! {
            users: UserStore / MockUserStore,
            sessions: SessionStore / MockSessionStore,
            clients: ClientStore / MockClientStore,
            teams: TeamStore / MockTeamStore,
            skills: SkillStore / MockSkillStore,
            technicians: TechnicianStore / MockTechnicianStore,
            equipments: EquipmentStore / MockEquipmentStore,
            interventions: InterventionStore / MockInterventionStore,
            notifications: NotificationStore / MockNotificationStore,
            tasks: TaskStore / MockTaskStore,
            outbox: Outbox / MockOutbox,
            idempotency: IdempotencyStore / MockIdempotencyStore,
            audit: AuditLog / MockAuditLog,
        }
    };
}

macro_rules! declare_tx {
    ($($name:ident: $port:ident / $fake:ident),+ $(,)?) => {
        /// The stores of one transaction.
        pub trait Tx {
            $(#[doc = concat!("The [`", stringify!($port), "`] of this transaction.")]
              fn $name(&mut self) -> &mut dyn $port;)+
        }

        /// A [`Tx`] of fakes: every call must have been expected.
        #[cfg(feature = "mocks")]
        #[derive(Default)]
        pub struct FakeTx {
            $(#[doc = concat!("Fake [`", stringify!($port), "`].")]
              pub $name: fakes::$fake,)+
        }

        #[cfg(feature = "mocks")]
        impl Tx for FakeTx {
            $(fn $name(&mut self) -> &mut dyn $port {
                &mut self.$name
            })+
        }
    };
}
tx_ports!(declare_tx);

/// The fakes of all stores.
#[cfg(feature = "mocks")]
pub mod fakes {
    pub use super::MockOutbox;
    pub use crate::audit::MockAuditLog;
    pub use crate::client::store::MockClientStore;
    pub use crate::equipment::store::MockEquipmentStore;
    pub use crate::idempotency::MockIdempotencyStore;
    pub use crate::intervention::store::MockInterventionStore;
    pub use crate::job::MockTaskStore;
    pub use crate::notification::MockNotificationStore;
    pub use crate::session::MockSessionStore;
    pub use crate::skill::MockSkillStore;
    pub use crate::team::MockTeamStore;
    pub use crate::technician::store::MockTechnicianStore;
    pub use crate::user::store::MockUserStore;
}

/// A result whose type only the caller knows.
pub type Erased = Box<dyn Any + Send>;

/// What a unit of work does; may be called more than once, in a fresh transaction each time.
pub type Work = Box<dyn Fn(&mut dyn Tx) -> Result<Erased, TxError> + Send + Sync>;

/// Why a unit of work did not commit.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// A store failed. `Stale` and `Retryable` make the adapter run the work again, a few times.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The work refused; the value is the caller's own error. Nothing was written.
    #[error("refused")]
    Refused(Erased),
}

/// Runs units of work. A refusal or failure leaves nothing behind; success is durable.
#[async_trait]
pub trait UnitOfWork: Send + Sync {
    /// Runs `work` in one transaction. `name` labels spans, metrics and log lines.
    async fn run_erased(&self, name: &'static str, origin: &Origin, work: Work) -> Result<Erased, TxError>;
}

/// A [`UnitOfWork`] that runs everything on one [`FakeTx`], without a transaction.
#[cfg(feature = "mocks")]
pub struct FakeUnitOfWork(std::sync::Mutex<FakeTx>);

#[cfg(feature = "mocks")]
impl FakeUnitOfWork {
    /// Runs on these fakes.
    pub fn new(tx: FakeTx) -> Self {
        Self(std::sync::Mutex::new(tx))
    }
}

#[cfg(feature = "mocks")]
#[async_trait]
impl UnitOfWork for FakeUnitOfWork {
    async fn run_erased(&self, _name: &'static str, _origin: &Origin, work: Work) -> Result<Erased, TxError> {
        let mut tx = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&mut *tx)
    }
}
