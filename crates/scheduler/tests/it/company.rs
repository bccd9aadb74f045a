//! A job with a technician and a client, and engines that work for it.

use std::sync::Arc;
use std::time::Duration;

use application::jobs::{Backoff, Jobs, Waits};
use domain::Id;
use domain::audit::Origin;
use domain::event::Event;
use domain::ports::{Erased, Mailer, UnitOfWork};
use infra_postgres::{PgConfig, PgTaskQueue, PgUnitOfWork, WritePool};
use infra_smtp::{Sender, SmtpConfig, SmtpMailer};
use scheduler::engine::{Engine, Pace};
use test_support::{FixedClock, SmtpSink, TestDb};

pub const ADMIN: i64 = 1;
pub const LEAD: i64 = 2;
pub const TECHNICIAN: i64 = 3;
pub const CLIENT: i64 = 4;
/// E-mails that an assignment gives: to the technician and to the client.
pub const MAILS: usize = 2;

pub struct Company {
    pub db: TestDb,
}

impl Company {
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        db.execute(
            "INSERT INTO users (id, username, email, hashed_password, full_name, role) VALUES \
             (1, 'admin', 'admin@exemple.ma', 'x', 'Amal Admin', 'admin'), \
             (2, 'lead', 'lead@exemple.ma', 'x', 'Leïla Chef', 'responsable'), \
             (3, 'tech', 'tech@exemple.ma', 'x', 'Youssef Amrani', 'technicien'), \
             (4, 'client', 'client@exemple.ma', 'x', 'Karim Client', 'client'); \
             INSERT INTO equipes (id, nom, responsable_id) VALUES (1, 'Nord', 2); \
             INSERT INTO techniciens (id, user_id, equipe_id) VALUES (1, 3, 1); \
             INSERT INTO clients (id, user_id, nom_entreprise) VALUES (1, 4, 'Atlas Textile'); \
             INSERT INTO equipements (id, client_id, nom_equipement, numero_serie, type_equipement, code_public) \
             VALUES (1, 1, 'Compresseur GA37', 'AT-0042', 'pneumatique', '0123456789abcdef'); \
             INSERT INTO interventions (id, numero, equipement_id, client_id, technicien_id, titre, description, type, \
             origine, date_prevue) SELECT g, 'INT-2026-' || lpad(g::text, 5, '0'), 1, 1, 1, 'Fuite d''huile', \
             'Huile au sol sous le compresseur.', 'corrective', 'interne', '2026-12-01 09:05+00' \
             FROM generate_series(1, 100) g",
        );
        Self { db }
    }

    /// Commits an event that the lead caused.
    pub async fn happens(&self, event: Event) {
        let origin = Origin {
            actor: Some(Id::new(LEAD)),
            ip: None,
            correlation_id: "essai".into(),
        };
        let work = move |tx: &mut dyn domain::ports::Tx| {
            tx.outbox()
                .push(&event, "2026-11-20T10:00:00Z".parse().expect("instant"))?;
            Ok(Box::new(()) as Erased)
        };
        self.db
            .uow()
            .run_erased("essai", &origin, Box::new(work))
            .await
            .expect("an event");
    }

    /// A job is assigned to the technician.
    pub async fn assignment(&self, job: i64) {
        self.happens(Event::InterventionAssigned {
            id: Id::new(job),
            technician: Some(Id::new(1)),
            previous: None,
        })
        .await;
    }

    /// An engine with connections of its own, as another process would have.
    pub fn engine(&self, owner: &str, mailer: Arc<dyn Mailer>) -> Engine {
        Engine::new(self.jobs(mailer), &[], PACE, owner)
    }

    pub fn jobs(&self, mailer: Arc<dyn Mailer>) -> Jobs {
        self.jobs_on(self.db.config().clone(), mailer)
    }

    /// The same by a way of the test's own to the database.
    pub fn jobs_on(&self, mut config: PgConfig, mailer: Arc<dyn Mailer>) -> Jobs {
        config.write_pool = 10;
        let pool = WritePool::new(&config);
        Jobs {
            uow: Arc::new(PgUnitOfWork::new(pool.clone())),
            tasks: Arc::new(PgTaskQueue::new(pool)),
            mailer,
            clock: Arc::new(FixedClock::at("2026-11-20T10:00:00Z")),
            base_url: "https://erp.exemple.ma".into(),
            signature: "ERP Essai".into(),
            // Only a test's own statement makes a failed task due again.
            waits: Waits {
                delivery: NEVER,
                other: NEVER,
            },
        }
    }

    /// Makes every waiting task due, as if time had passed.
    pub fn time_passes(&self) {
        self.db
            .execute("UPDATE taches SET run_at = now() WHERE done_at IS NULL AND dead_at IS NULL");
    }

    /// Ends every lease, as if time had passed.
    pub fn leases_end(&self) {
        self.db.execute(
            "UPDATE taches SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL",
        );
    }

    pub fn count(&self, table: &str, condition: &str) -> i64 {
        self.db
            .number(&format!("SELECT count(*) FROM {table} WHERE {condition}"))
    }

    /// E-mails in this state.
    pub fn mails(&self, status: &str) -> i64 {
        self.count(
            "notifications",
            &format!("canal = 'email' AND statut = '{status}'"),
        )
    }

    pub fn audited(&self, action: &str) -> i64 {
        self.count("audit_log", &format!("action = '{action}'"))
    }
}

const NEVER: Backoff = Backoff {
    first: Duration::from_secs(3600),
    longest: Duration::from_secs(3600),
};

pub const PACE: Pace = Pace {
    slots: 4,
    deliveries: 3,
    lease: Duration::from_secs(60),
    poll: Duration::from_millis(20),
    tick: Duration::from_secs(60),
    farewell: Duration::from_secs(20),
};

/// A mailer that speaks to the test's mail server.
pub fn smtp(sink: &SmtpSink) -> Arc<dyn Mailer> {
    let sender = Sender::parse("ERP MIF Maroc <ne-pas-repondre@mif-maroc.com>").expect("sender");
    Arc::new(SmtpMailer::new(
        SmtpConfig::from_url(&sink.url()).expect("url"),
        sender,
    ))
}
