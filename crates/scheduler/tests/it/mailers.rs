//! Mailers that do what no server could be made to do at the right moment.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use domain::ports::{Email, MailError, Mailer};
use tokio::sync::Semaphore;

/// Lets messages through one permission at a time, and says when one has arrived at the gate.
pub struct Gate {
    pub arrived: Semaphore,
    pub open: Semaphore,
}

impl Gate {
    pub fn shut() -> Self {
        Self {
            arrived: Semaphore::new(0),
            open: Semaphore::new(0),
        }
    }
}

#[async_trait]
impl Mailer for Gate {
    async fn send(&self, _: &Email) -> Result<(), MailError> {
        self.arrived.add_permits(1);
        self.open.acquire().await.expect("the gate").forget();
        Ok(())
    }
}

/// Panics for one recipient.
pub struct Poisoned(pub &'static str);

#[async_trait]
impl Mailer for Poisoned {
    async fn send(&self, email: &Email) -> Result<(), MailError> {
        assert_ne!(email.to, self.0, "poison");
        Ok(())
    }
}

/// Sends, and takes the table of notifications away for a moment right after.
pub struct Saboteur {
    connection: Mutex<Option<PgConnection>>,
    pub sabotaged: AtomicBool,
}

impl Saboteur {
    pub fn with(connection: PgConnection) -> Self {
        Self {
            connection: Mutex::new(Some(connection)),
            sabotaged: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl Mailer for Saboteur {
    async fn send(&self, _: &Email) -> Result<(), MailError> {
        let connection = self.connection.lock().expect("the connection").take();
        let Some(mut connection) = connection else {
            return Ok(());
        };
        self.sabotaged.store(true, Ordering::Relaxed);
        connection
            .batch_execute("ALTER TABLE notifications RENAME TO loin")
            .expect("sabotage");
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(700));
            connection
                .batch_execute("ALTER TABLE loin RENAME TO notifications")
                .expect("repair");
        });
        Ok(())
    }
}
