//! Where the database is and how long to wait for it. Two drivers are configured from these
//! fields, because they spell and count the same settings differently.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Not at all: a server on this machine or in a private network.
    Off,
    /// Encrypted, the server's certificate verified (needs the `tls` feature).
    Required,
}

/// Settings of the connections to PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgConfig {
    /// Hosts and ports, tried in this order until one accepts writes.
    pub hosts: Vec<(String, u16)>,
    /// Role.
    pub user: String,
    /// Its password.
    pub password: Option<SecretString>,
    /// Database.
    pub database: String,
    /// Protection.
    pub tls: TlsMode,
    /// Connections for units of work.
    pub write_pool: u32,
    /// Connections for lists and reports.
    pub list_pool: u32,
    /// Threads that make point reads; each has connections of its own.
    pub point_threads: usize,
    /// Shared connections for point reads of each thread.
    pub point_connections: usize,
    /// Longest wait for a free connection before 503.
    pub checkout_timeout: Duration,
    /// Longest wait for a new connection.
    pub connect_timeout: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
    /// Longest wait for a lock.
    pub lock_timeout: Duration,
    /// What a page out of order costs beside one in order, to the planner; `None` for the server's own.
    pub random_page_cost: Option<String>,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
}

/// Why a `DATABASE_URL` cannot be used. Never contains the URL, which holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DATABASE_URL: {0}")]
pub struct InvalidUrl(String);

/// Seconds of silence before the first keepalive, between keepalives, and their number: a dead
/// peer is noticed after `idle + interval × count` s. All four (with the user timeout below) are
/// needed; any three still hang when packets vanish without an answer.
const KEEPALIVE: (u64, u64, u32) = (2, 1, 2);
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(3);

/// Reads keep one plan per text: see docs/adr/0008-readers-plans.md.
const READER_OPTIONS: &str = "-c plan_cache_mode=force_generic_plan";

impl PgConfig {
    /// Reads `postgres://user:password@host[:port][,host[:port]]/database[?sslmode=…]`.
    ///
    /// # Errors
    /// What is missing or not understood.
    pub fn from_url(url: &str) -> Result<Self, InvalidUrl> {
        use tokio_postgres::config::Host;
        // Schemes of other clients that people paste.
        let url = url.replacen("postgresql+psycopg2://", "postgres://", 1).replacen(
            "postgresql+asyncpg://",
            "postgres://",
            1,
        );
        let (url, tls) = parameters(&url)?;
        let parsed: tokio_postgres::Config = url
            .parse()
            .map_err(|_| InvalidUrl("not a PostgreSQL URL".into()))?;
        let missing = |what: &str| InvalidUrl(format!("{what} is missing"));
        let mut ports = parsed.get_ports().iter().copied();
        let first_port = ports.clone().next().unwrap_or(5432);
        let hosts: Vec<_> = parsed
            .get_hosts()
            .iter()
            .map(|host| {
                let name = match host {
                    Host::Tcp(name) => name.clone(),
                    #[cfg(unix)]
                    Host::Unix(path) => path.to_string_lossy().into_owned(),
                };
                (name, ports.next().unwrap_or(first_port))
            })
            .collect();
        if hosts.is_empty() {
            return Err(missing("the host"));
        }
        let password = match parsed.get_password() {
            None => None,
            Some(bytes) => Some(
                String::from_utf8(bytes.to_vec())
                    .map_err(|_| InvalidUrl("the password is not UTF-8".into()))?
                    .into(),
            ),
        };
        if tls == TlsMode::Required && !cfg!(feature = "tls") {
            return Err(InvalidUrl("sslmode needs a build with the `tls` feature".into()));
        }
        Ok(Self {
            hosts,
            user: parsed.get_user().ok_or_else(|| missing("the user"))?.to_owned(),
            password,
            database: parsed
                .get_dbname()
                .ok_or_else(|| missing("the database"))?
                .to_owned(),
            tls,
            write_pool: 16,
            list_pool: 8,
            point_threads: 1,
            point_connections: 2,
            checkout_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(3),
            random_page_cost: Some("1.1".to_owned()),
            application_name: parsed.get_application_name().unwrap_or("erp-mif").to_owned(),
        })
    }

    /// Session settings, given when connecting so that they cost no round trip.
    fn options(&self) -> String {
        let cost = self.random_page_cost.as_ref();
        let cost = cost.map(|cost| format!(" -c random_page_cost={cost}"));
        format!(
            "-c TimeZone=UTC -c statement_timeout={} -c lock_timeout={} \
             -c idle_in_transaction_session_timeout=10000{}",
            self.statement_timeout.as_millis(),
            self.lock_timeout.as_millis(),
            cost.unwrap_or_default()
        )
    }

    /// The connection string of libpq (`key='value'` pairs).
    pub fn libpq(&self) -> SecretString {
        let quote = |v: &str| format!("'{}'", v.replace('\\', "\\\\").replace('\'', "\\'"));
        let join = |f: fn(&(String, u16)) -> String| self.hosts.iter().map(f).collect::<Vec<_>>().join(",");
        let (idle, interval, count) = KEEPALIVE;
        let mut parts = vec![
            format!("host={}", quote(&join(|h| h.0.clone()))),
            format!("port={}", quote(&join(|h| h.1.to_string()))),
            format!("user={}", quote(&self.user)),
            format!("dbname={}", quote(&self.database)),
            format!("application_name={}", quote(&self.application_name)),
            format!("options={}", quote(&self.options())),
            format!("connect_timeout={}", self.connect_timeout.as_secs().max(1)),
            format!("keepalives=1 keepalives_idle={idle} keepalives_interval={interval}"),
            format!(
                "keepalives_count={count} tcp_user_timeout={}",
                TCP_USER_TIMEOUT.as_millis()
            ),
            "client_encoding='UTF8'".to_owned(),
            // One name may lead to a standby during a failover, too.
            "target_session_attrs='read-write'".to_owned(),
            format!(
                "sslmode='{}'",
                if self.tls == TlsMode::Off {
                    "disable"
                } else {
                    "verify-full"
                }
            ),
        ];
        if self.tls == TlsMode::Required {
            parts.push("sslrootcert='system'".to_owned());
        }
        if let Some(password) = &self.password {
            parts.push(format!("password={}", quote(password.expose_secret())));
        }
        parts.join(" ").into()
    }

    /// The same for the asynchronous driver.
    pub fn tokio(&self) -> tokio_postgres::Config {
        use tokio_postgres::config::{SslMode, TargetSessionAttrs};
        let (idle, interval, count) = KEEPALIVE;
        let mut config = tokio_postgres::Config::new();
        for (host, port) in &self.hosts {
            config.host(host).port(*port);
        }
        config
            .user(&self.user)
            .dbname(&self.database)
            .application_name(&self.application_name)
            .options(format!("{} {READER_OPTIONS}", self.options()))
            .connect_timeout(self.connect_timeout)
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(idle))
            .keepalives_interval(Duration::from_secs(interval))
            .keepalives_retries(count)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            // A standby that answers reads late would show what was changed long ago.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .ssl_mode(if self.tls == TlsMode::Off {
                SslMode::Disable
            } else {
                SslMode::Require
            });
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        config
    }
}

/// Takes the parameters out of a URL: what they mean, and the URL without them. libpq knows dozens; one
/// that would be passed over in silence is refused.
fn parameters(url: &str) -> Result<(String, TlsMode), InvalidUrl> {
    let Some((rest, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), TlsMode::Off));
    };
    let (mut tls, mut kept) = (TlsMode::Off, Vec::new());
    for parameter in query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name, value) {
            ("sslmode", "disable") => tls = TlsMode::Off,
            // Would be encrypted if the server can, and in clear without a word if it cannot.
            ("sslmode", "allow" | "prefer") => {
                tracing::warn!(
                    "DATABASE_URL: sslmode={value} means no encryption here; say require or disable"
                );
                tls = TlsMode::Off;
            }
            ("sslmode", "require" | "verify-ca" | "verify-full") => tls = TlsMode::Required,
            ("sslmode", _) => return Err(InvalidUrl("unknown sslmode".into())),
            // The system's own roots are the ones that are used.
            ("sslrootcert", "system") => {}
            ("application_name" | "host" | "port" | "user" | "password" | "dbname", _) => {
                kept.push(parameter)
            }
            _ => return Err(InvalidUrl(format!("the parameter `{name}` is not supported"))),
        }
    }
    let query = if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    };
    Ok((format!("{rest}{query}"), tls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_understood_or_refused_but_never_passed_over() {
        let of = |query: &str| parameters(&format!("postgres://u@h/d?{query}")).map(|(_, tls)| tls);
        assert_eq!(of("sslmode=disable"), Ok(TlsMode::Off));
        assert_eq!(of("sslmode=prefer"), Ok(TlsMode::Off));
        for mode in ["require", "verify-ca", "verify-full"] {
            assert_eq!(
                of(&format!("sslmode={mode}&sslrootcert=system")),
                Ok(TlsMode::Required),
                "{mode}"
            );
        }
        for bad in [
            "sslmode=encrypted",
            "sslrootcert=/etc/ca.pem",
            "options=-c%20jit%3Doff",
            "connect_timeout=1",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
        let named =
            PgConfig::from_url("postgres://u@h/d?application_name=essai&sslmode=disable").expect("url");
        assert_eq!(named.application_name, "essai");
    }

    #[test]
    fn url_forms() {
        let c = PgConfig::from_url("postgresql://u:p%40ss@h1:6543,h2:6544/erp").expect("url");
        assert_eq!(c.hosts, [("h1".to_owned(), 6543), ("h2".to_owned(), 6544)]);
        assert_eq!((c.user.as_str(), c.database.as_str()), ("u", "erp"));
        assert_eq!(c.password.as_ref().map(|p| p.expose_secret()), Some("p@ss"));
        for bad in [
            "",
            "mysql://h/d",
            "postgres://h/d",
            "postgres://u@/d",
            "postgres://u@h",
        ] {
            assert!(PgConfig::from_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn both_drivers_get_every_timeout() {
        let mut c = PgConfig::from_url("postgres://u:it's@h1:1,h2:2/erp").expect("url");
        c.statement_timeout = Duration::from_millis(1234);
        let libpq = c.libpq().expose_secret().to_owned();
        for part in [
            "host='h1,h2'",
            "port='1,2'",
            "password='it\\'s'",
            "statement_timeout=1234",
            "lock_timeout=3000",
            "TimeZone=UTC",
            "connect_timeout=2",
            "keepalives_idle=2",
            "keepalives_interval=1",
            "keepalives_count=2",
            "tcp_user_timeout=3000",
            "target_session_attrs='read-write'",
        ] {
            assert!(libpq.contains(part), "{part} in {libpq}");
        }
        let t = c.tokio();
        let options = t.get_options().expect("options");
        assert!(options.contains("statement_timeout=1234"));
        assert!(libpq.contains("random_page_cost=1.1") && options.contains("random_page_cost=1.1"));
        // A statement inside a unit of work is planned as PostgreSQL sees fit.
        assert!(options.contains("force_generic_plan") && !libpq.contains("force_generic_plan"));
        assert_eq!(t.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(t.get_keepalives_idle(), Duration::from_secs(2));
        assert_eq!(t.get_keepalives_interval(), Some(Duration::from_secs(1)));
        assert_eq!(t.get_keepalives_retries(), Some(2));
        assert_eq!(t.get_tcp_user_timeout(), Some(&Duration::from_secs(3)));
    }
}
