//! Units of work: one closure, one blocking thread, one transaction, run again after a transient
//! conflict.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::connection::{AnsiTransactionManager, InstrumentationEvent, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{Connection, PgConnection};
use domain::audit::Origin;
use domain::error::RepoError;
use domain::ports::{Erased, TxError, UnitOfWork, Work};

use crate::error::repo;
use crate::pool::WritePool;
use crate::tx::PgTx;

/// Most runs of one unit of work.
const MAX_RUNS: u32 = 5;
/// Longest time within which a run may begin anew: somebody waits for the answer.
const RUNS_WITHIN: Duration = Duration::from_secs(3);

/// Longest wait for a unit of work, once it has begun. The limits of its statements (waits for locks among
/// them) end nearly every one before; a server that hangs without dying acknowledges packets and ends no
/// statement, and only this keeps callers from waiting for as long as it does. What nobody waits for any
/// more is not committed, see [`GivenUp`].
const WHOLE: Duration = Duration::from_secs(8);

/// Whether the caller has been told that the work failed, because it took too long. Its thread looks at this
/// before it commits: else a server that wakes up would do what somebody has repeated since. What is left is
/// a COMMIT under way at that moment: whether it took place nobody knows.
#[derive(Clone, Default)]
struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn check(&self) -> Result<(), TxError> {
        if self.get() { Err(late()) } else { Ok(()) }
    }
}

fn late() -> TxError {
    TxError::Repo(RepoError::Unavailable(
        "the database did not answer in time".into(),
    ))
}

/// Runs units of work on a pool.
pub struct PgUnitOfWork {
    pool: WritePool,
}

impl PgUnitOfWork {
    /// On this pool.
    pub fn new(pool: WritePool) -> Self {
        Self { pool }
    }

    /// The same for adapters of this crate that are ports of their own but need a transaction.
    pub(crate) async fn transact<R, F>(
        &self,
        name: &'static str,
        origin: &Origin,
        work: F,
    ) -> Result<R, TxError>
    where
        R: Send + 'static,
        F: Fn(&mut PgTx<'_>) -> Result<R, TxError> + Send + 'static,
    {
        let permit = self.pool.permit().await?;
        let (pool, origin, span) = (self.pool.clone(), origin.clone(), tracing::Span::current());
        let given_up = GivenUp::default();
        let seen = given_up.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _guard = span.enter();
            let _permit = permit;
            run(&pool, name, &origin, &seen, &work)
        });
        match tokio::time::timeout(WHOLE, task).await {
            Ok(Ok(result)) => result,
            // A panic inside the work: the transaction was rolled back with its connection.
            Ok(Err(e)) => Err(TxError::Repo(RepoError::Backend(e.into()))),
            // Its thread goes on waiting, with its permit: the pool hands out no more than there is.
            Err(_) => {
                given_up.set();
                Err(late())
            }
        }
    }
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    async fn run_erased(&self, name: &'static str, origin: &Origin, work: Work) -> Result<Erased, TxError> {
        self.transact(name, origin, move |tx| work(tx)).await
    }
}

fn run<R>(
    pool: &WritePool,
    name: &'static str,
    origin: &Origin,
    given_up: &GivenUp,
    work: &impl Fn(&mut PgTx<'_>) -> Result<R, TxError>,
) -> Result<R, TxError> {
    let (mut runs, begun) = (0, Instant::now());
    loop {
        runs += 1;
        match attempt(pool, origin, given_up, work) {
            Err(TxError::Repo(error @ (RepoError::Retryable(_) | RepoError::Stale)))
                if runs < MAX_RUNS && begun.elapsed() < RUNS_WITHIN =>
            {
                tracing::debug!(work = name, runs, error = %error, "unit of work runs again");
                std::thread::sleep(backoff(runs));
            }
            other => return other,
        }
    }
}

/// A few milliseconds, different for each thread, so that those who collided do not collide again.
fn backoff(runs: u32) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let noise = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
        % 8;
    Duration::from_millis(u64::from(runs) * (2 + noise))
}

/// Failure of the transaction as such, as Diesel wants it.
enum Failed {
    Work(TxError),
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

/// What the server refused while a unit of work ran.
///
/// A store's error that the work passes over must not become a commit: the server answers that COMMIT
/// with a rollback, and Diesel takes it for a success.
#[derive(Clone, Default)]
struct Refusals(Arc<Mutex<Option<Refused>>>);

struct Refused {
    what: String,
    /// The server does not take writes: a standby, since the last look at it.
    read_only: bool,
}

impl Refusals {
    fn note(&self, event: &InstrumentationEvent<'_>) {
        let InstrumentationEvent::FinishQuery {
            error: Some(Error::DatabaseError(kind, info)),
            ..
        } = event
        else {
            return;
        };
        let refused = Refused {
            what: info.message().to_owned(),
            read_only: matches!(kind, DatabaseErrorKind::ReadOnlyTransaction),
        };
        self.lock().get_or_insert(refused);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Refused>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The refusal that the work passed over, if it did.
    fn passed_over(&self) -> Result<(), Failed> {
        match &*self.lock() {
            None => Ok(()),
            Some(refused) => Err(Failed::Work(TxError::Repo(RepoError::Backend(
                format!(
                    "a unit of work went on after the database had refused: {}",
                    refused.what
                )
                .into(),
            )))),
        }
    }

    fn read_only(&self) -> bool {
        self.lock().as_ref().is_some_and(|refused| refused.read_only)
    }
}

fn attempt<R>(
    pool: &WritePool,
    origin: &Origin,
    given_up: &GivenUp,
    work: &impl Fn(&mut PgTx<'_>) -> Result<R, TxError>,
) -> Result<R, TxError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut loan = pool.get()?;
        let (mut begun, refusals) = (false, Refusals::default());
        let watching = refusals.clone();
        loan.set_instrumentation(move |event: InstrumentationEvent<'_>| watching.note(&event));
        #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
        let result = loan.transaction(|conn| {
            begun = true;
            given_up.check().map_err(Failed::Work)?;
            let mut tx = PgTx::new(conn, origin.clone());
            let value = work(&mut tx).map_err(Failed::Work)?;
            refusals.passed_over()?;
            let PgTx { conn, mut audit } = tx;
            audit.flush(conn)?;
            given_up.check().map_err(Failed::Work)?;
            Ok(value)
        });
        match result {
            Ok(value) => return Ok(value),
            // Nothing can have been written; the next connection may lead to a server that takes writes.
            Err(Failed::Work(TxError::Repo(_))) if refusals.read_only() => {
                discard(&mut loan);
                if tries >= pool.attempts() {
                    return Err(TxError::Repo(RepoError::Unavailable(
                        "the server is read-only".into(),
                    )));
                }
            }
            Err(Failed::Work(error)) => return Err(error),
            // After a restart of the server every idle connection is dead; nothing was sent yet, so
            // the next one may be tried. Dropping the loan discards this one.
            Err(Failed::Database(error)) if !begun && tries < pool.attempts() => {
                tracing::debug!(error = %error, "discarded a dead connection");
            }
            Err(Failed::Database(error)) => return Err(TxError::Repo(repo(error))),
        }
    }
}

/// Keeps the pool from handing this connection out again.
fn discard(conn: &mut PgConnection) {
    <AnsiTransactionManager as TransactionManager<PgConnection>>::transaction_manager_status_mut(conn)
        .set_in_error();
}
