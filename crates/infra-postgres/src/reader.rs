//! The asynchronous side: reads that need no transaction.
//!
//! Point reads share a few connections on which requests are pipelined: a request does not wait
//! for the answer to the one before it. Lists have pooled connections of their own, so that a slow
//! one does not stand in front of a point read.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::InstrumentationEvent;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use domain::error::{Repo, RepoError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::PgConfig;
use crate::error::repo;

/// Longest wait for a point read, answer included.
const POINT_DEADLINE: Duration = Duration::from_secs(3);
/// Longest wait for a list, answer included.
const LIST_DEADLINE: Duration = Duration::from_secs(4);
/// Longest wait for a read of any kind, with everything before it and a second try.
const WHOLE: Duration = Duration::from_millis(4_500);
/// A connection is replaced after this long: a standby that was promoted, a new address of the server, and
/// memory that statements have taken come to an end with it.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);
/// A connection is replaced after it has prepared so many statements. The driver keeps each of them for as
/// long as the connection lives, and lists have as many texts as there are combinations of filters.
const MAX_TEXTS: usize = 200;
/// After a failed connection attempt, others fail at once for this long.
const CONNECT_BACKOFF: Duration = Duration::from_millis(100);

/// A connection that several queries may use at once: pass `&mut &*conn` to Diesel.
pub type Conn = Arc<AsyncPgConnection>;

/// A connection with its age.
#[derive(Clone)]
struct Held {
    conn: Conn,
    /// That made it.
    thread: usize,
    retires: Instant,
    /// Statements that it keeps prepared.
    texts: Arc<AtomicUsize>,
}

impl Held {
    fn is_spent(&self) -> bool {
        Instant::now() >= self.retires || self.texts.load(Ordering::Relaxed) >= MAX_TEXTS
    }
}

/// A query on its way.
pub type Query<'q, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'q>>;

/// Runs reads.
#[derive(Clone)]
pub struct Reader {
    inner: Arc<Inner>,
}

struct Inner {
    config: PgConfig,
    points: Vec<Arc<Slot>>,
    lists: Mutex<Vec<Held>>,
    list_permits: Arc<Semaphore>,
}

/// One shared connection, made when it is first needed and again after it died.
#[derive(Default)]
struct Slot {
    current: Mutex<Option<Held>>,
    connecting: tokio::sync::Mutex<Option<Instant>>,
}

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    // The driver of a connection runs on the thread that made it: who asks on the same thread is
    // answered without waking another one.
    static THREAD: usize = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
}

fn this_thread() -> usize {
    THREAD.with(|thread| *thread)
}

impl Reader {
    /// Connects when it is first used.
    pub fn new(config: &PgConfig) -> Self {
        let points = (0..config.point_threads.max(1) * config.point_connections.max(1))
            .map(|_| Arc::default())
            .collect();
        Self {
            inner: Arc::new(Inner {
                points,
                lists: Mutex::new(Vec::new()),
                list_permits: Arc::new(Semaphore::new(config.list_pool as usize)),
                config: config.clone(),
            }),
        }
    }

    /// A read of one or few rows by key, on a shared connection. Asked again once on a fresh
    /// connection when the one at hand turns out to be dead.
    ///
    /// # Errors
    /// `Unavailable` when the server cannot be reached or does not answer in time.
    pub async fn point<'q, T>(&self, query: impl Fn(Conn) -> Query<'q, T>) -> Repo<T> {
        in_time(self.ask_point(query)).await
    }

    async fn ask_point<'q, T>(&self, query: impl Fn(Conn) -> Query<'q, T>) -> Repo<T> {
        let slot = self
            .inner
            .least_busy()
            .ok_or_else(|| unavailable("no connection"))?;
        for last in [false, true] {
            let held = slot.get(&self.inner.config).await?;
            match tokio::time::timeout(POINT_DEADLINE, query(held.conn.clone())).await {
                Ok(Ok(value)) => {
                    if held.is_spent() {
                        slot.drop_if(&held);
                    }
                    return Ok(value);
                }
                Ok(Err(error)) if is_dead(&error) => {
                    slot.drop_if(&held);
                    if last {
                        return Err(repo(error));
                    }
                }
                Ok(Err(error)) => return Err(repo(error)),
                Err(_) => {
                    // Whoever waits behind an answer that does not come should not wait longer.
                    slot.drop_if(&held);
                    return Err(unavailable("the database did not answer in time"));
                }
            }
        }
        Err(unavailable("no connection"))
    }

    /// A read of many rows, on a connection of its own.
    ///
    /// # Errors
    /// As [`Reader::point`].
    pub async fn list<'q, T>(&self, query: impl Fn(Conn) -> Query<'q, T>) -> Repo<T> {
        in_time(self.ask_list(query)).await
    }

    async fn ask_list<'q, T>(&self, query: impl Fn(Conn) -> Query<'q, T>) -> Repo<T> {
        let _permit = self.list_permit().await?;
        for last in [false, true] {
            // The second try takes no idle connection: after a restart all of them are dead.
            let idle = if last { None } else { self.idle_list() };
            let held = match idle {
                Some(held) => held,
                None => connect(&self.inner.config).await?,
            };
            match tokio::time::timeout(LIST_DEADLINE, query(held.conn.clone())).await {
                Ok(Ok(value)) => {
                    self.keep(held);
                    return Ok(value);
                }
                Ok(Err(error)) if is_dead(&error) => {
                    self.idle_lists().clear();
                    if last {
                        return Err(repo(error));
                    }
                }
                Ok(Err(error)) => {
                    self.keep(held);
                    return Err(repo(error));
                }
                Err(_) => return Err(unavailable("the database did not answer in time")),
            }
        }
        Err(unavailable("no connection"))
    }

    /// For the next list, unless the connection has served long enough.
    fn keep(&self, held: Held) {
        if !held.is_spent() {
            self.idle_lists().push(held);
        }
    }

    async fn list_permit(&self) -> Repo<OwnedSemaphorePermit> {
        let wait = self.inner.list_permits.clone().acquire_owned();
        match tokio::time::timeout(self.inner.config.checkout_timeout, wait).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(unavailable("no free database connection")),
        }
    }

    /// One that this thread made, else any.
    fn idle_list(&self) -> Option<Held> {
        let mut idle = self.idle_lists();
        match idle.iter().rposition(|held| held.thread == this_thread()) {
            Some(own) => Some(idle.swap_remove(own)),
            None => idle.pop(),
        }
    }

    fn idle_lists(&self) -> std::sync::MutexGuard<'_, Vec<Held>> {
        self.inner.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Of this thread's connections the one with the fewest requests under way: a server process
    /// that does not get on delays only the requests that it already has.
    fn least_busy(&self) -> Option<&Arc<Slot>> {
        let threads = self.config.point_threads.max(1);
        let own = self.points.iter().skip(this_thread() % threads).step_by(threads);
        own.min_by_key(|slot| slot.load())
    }
}

impl Slot {
    /// Grows with the requests under way. A connection that is still to be made comes after an idle one.
    fn load(&self) -> usize {
        self.current().map_or(3, |held| Arc::strong_count(&held.conn))
    }

    fn current(&self) -> Option<Held> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn drop_if(&self, dead: &Held) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|c| Arc::ptr_eq(&c.conn, &dead.conn)) {
            *current = None;
        }
    }

    /// The shared connection, made by a task of its own where there is none: it goes on when whoever asked
    /// has waited long enough, so that all hosts get their turn and others learn what came of it.
    async fn get(self: &Arc<Self>, config: &PgConfig) -> Repo<Held> {
        if let Some(conn) = self.current() {
            return Ok(conn);
        }
        let (slot, config) = (self.clone(), config.clone());
        match tokio::spawn(async move { slot.make(&config).await }).await {
            Ok(made) => made,
            Err(error) => Err(RepoError::Backend(error.into())),
        }
    }

    /// One task at a time makes a new connection, the others wait for it.
    async fn make(&self, config: &PgConfig) -> Repo<Held> {
        let mut failed_at = self.connecting.lock().await;
        if let Some(conn) = self.current() {
            return Ok(conn);
        }
        if failed_at.is_some_and(|at| at.elapsed() < CONNECT_BACKOFF) {
            return Err(unavailable("the database cannot be reached"));
        }
        match connect(config).await {
            Ok(conn) => {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn.clone());
                *failed_at = None;
                Ok(conn)
            }
            Err(error) => {
                *failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }
}

/// Nobody waits longer for a read, whatever it met on its way.
async fn in_time<T>(read: impl Future<Output = Repo<T>>) -> Repo<T> {
    match tokio::time::timeout(WHOLE, read).await {
        Ok(answer) => answer,
        Err(_) => Err(unavailable("the database did not answer in time")),
    }
}

/// Whether another connection would answer what this one did not.
fn is_dead(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _,
        ) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let said = info.message();
            said.starts_with("terminating connection")
                // A column changed its type, or somebody removed what was prepared: it stays so.
                || said.starts_with("cached plan must not change result type")
                || (said.starts_with("prepared statement") && said.ends_with("does not exist"))
        }
        _ => false,
    }
}

fn unavailable(why: &'static str) -> RepoError {
    RepoError::Unavailable(why.into())
}

async fn connect(config: &PgConfig) -> Repo<Held> {
    // Each host in turn has the time of one.
    let hosts = u32::try_from(config.hosts.len()).unwrap_or(1);
    let whole = config.connect_timeout.saturating_mul(hosts) + Duration::from_secs(1);
    match tokio::time::timeout(whole, prepared(config)).await {
        Ok(Ok(held)) => Ok(held),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "cannot connect to the database");
            Err(RepoError::Unavailable(error))
        }
        Err(_) => Err(unavailable("connecting to the database took too long")),
    }
}

/// A connection that answers in English and counts the statements that it keeps.
async fn prepared(config: &PgConfig) -> Result<Held, domain::error::BoxError> {
    let mut conn = establish(config).await?;
    conn.batch_execute(crate::messages::ASK).await?;
    let texts = Arc::new(AtomicUsize::new(0));
    let counted = texts.clone();
    diesel_async::AsyncConnection::set_instrumentation(&mut conn, move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::CacheQuery { .. } = event {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(Held {
        conn: Arc::new(conn),
        thread: this_thread(),
        retires: Instant::now() + MAX_AGE,
        texts,
    })
}

#[cfg(not(feature = "tls"))]
async fn establish(config: &PgConfig) -> Result<AsyncPgConnection, domain::error::BoxError> {
    let (client, connection) = config.tokio().connect(tokio_postgres::NoTls).await?;
    Ok(AsyncPgConnection::try_from_client_and_connection(client, connection).await?)
}

#[cfg(feature = "tls")]
async fn establish(config: &PgConfig) -> Result<AsyncPgConnection, domain::error::BoxError> {
    use crate::config::TlsMode;
    if config.tls == TlsMode::Off {
        let (client, connection) = config.tokio().connect(tokio_postgres::NoTls).await?;
        return Ok(AsyncPgConnection::try_from_client_and_connection(client, connection).await?);
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        roots.add(certificate)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_postgres_rustls::MakeRustlsConnect::new(tls);
    let (client, connection) = config.tokio().connect(connector).await?;
    Ok(AsyncPgConnection::try_from_client_and_connection(client, connection).await?)
}
