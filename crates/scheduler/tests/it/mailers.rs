//! Mailers that do what no server could be made to do at the right moment.

use std::sync::Mutex;

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

/// Sends, and has the database refuse the next writes of what became of it.
pub struct Saboteur(Mutex<Option<PgConnection>>);

/// Writes that are refused.
pub const REFUSED: i64 = 2;

impl Saboteur {
    pub fn with(connection: PgConnection) -> Self {
        Self(Mutex::new(Some(connection)))
    }
}

#[async_trait]
impl Mailer for Saboteur {
    async fn send(&self, _: &Email) -> Result<(), MailError> {
        let connection = self.0.lock().expect("the connection").take();
        let Some(mut connection) = connection else {
            return Ok(());
        };
        // A sequence counts on when a transaction is rolled back.
        connection
            .batch_execute(&format!(
                "CREATE SEQUENCE sabotages; \
                 CREATE FUNCTION saboter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     IF nextval('sabotages') <= {REFUSED} THEN RAISE EXCEPTION 'sabotage'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER tg_sabotage BEFORE UPDATE ON notifications FOR EACH ROW EXECUTE FUNCTION saboter()"
            ))
            .expect("sabotage");
        Ok(())
    }
}
