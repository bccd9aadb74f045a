//! The settings.

use ipnet::IpNet;
use secrecy::SecretString;

use crate::Wrong;
use crate::source::Source;
use crate::value::{Environment, LogFilter, LogFormat, Origin, SmtpTls, Value};

/// One setting as the documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// What it belongs to.
    pub group: &'static str,
    /// The variable, then older names that are still understood.
    pub names: &'static [&'static str],
    /// Type.
    pub kind: &'static str,
    /// Value when the variable is not set.
    pub default: Option<&'static str>,
    /// Whether the value must never be shown.
    pub secret: bool,
    /// Whether it may stay unset without a default.
    pub optional: fn() -> bool,
    /// Meaning.
    pub doc: &'static str,
}

macro_rules! settings {
    ($($group:literal { $(
        $(#[doc = $doc:literal])+
        $field:ident: $ty:ty = [$($name:literal),+] $(, $default:literal)?;
    )+ })+) => {
        /// Everything that can be configured.
        #[derive(Debug, Clone)]
        pub struct Settings { $($($(#[doc = $doc])+ pub $field: $ty,)+)+ }

        /// The same as data, in the order of the documentation.
        pub static TABLE: &[Spec] = &[$($(Spec {
            group: $group,
            names: &[$($name),+],
            kind: <$ty as Value>::KIND,
            default: settings!(@default $($default)?),
            secret: <$ty as Value>::SECRET,
            optional: || <$ty as Value>::absent().is_some(),
            doc: concat!($($doc),+),
        },)+)+];

        impl Settings {
            pub(crate) fn read(source: &Source, wrong: &mut Vec<Wrong>) -> Option<Self> {
                // All of them, so that everything that is wrong is said at once.
                $($(let $field = one::<$ty>(source, &[$($name),+], settings!(@default $($default)?), wrong);)+)+
                Some(Self { $($($field: $field?,)+)+ })
            }
        }
    };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}

settings! {
    "Program" {
        /// What the program runs for. Outside of `development` a weak secret refuses the start.
        environment: Environment = ["APP_ENV", "ENVIRONMENT"], "production";
        /// Address to listen on.
        host: String = ["HOST"], "127.0.0.1";
        /// Whether `development`, whose demonstration accounts everybody knows, may listen on
        /// another address than the machine's own.
        remote_development: bool = ["REMOTE_DEVELOPMENT"], "false";
        /// Port to listen on.
        port: u16 = ["PORT"], "8000";
        /// Threads that answer requests; 0 for one per processor.
        workers: u16 = ["WORKERS"], "0";
        /// Most connections that are open at once, over all threads.
        max_connections: u32 = ["MAX_CONNECTIONS"], "10000";
        /// Form of the log.
        log_format: LogFormat = ["LOG_FORMAT"], "json";
        /// Least level that is logged, or a filter such as `info,http=debug`. Below `info` it concerns the product's
        /// own modules; libraries, whose lines may show what is asked of the database, must be named.
        log_level: LogFilter = ["LOG_LEVEL"], "info";
        /// File that the scheduler writes again with every look into its queue, and whose age
        /// `scheduler health` judges; one for each scheduler on a machine.
        scheduler_heartbeat_file: String = ["SCHEDULER_HEARTBEAT_FILE"], "/tmp/erp-mif-scheduler.heartbeat";
    }
    "API" {
        /// Name of the product: title of the API, signature of e-mails.
        project_name: String = ["PROJECT_NAME"], "ERP Interventions";
        /// Path under which every business endpoint stands.
        api_prefix: String = ["API_V1_STR"], "/api/v1";
        /// Contact shown in the API documentation.
        contact_email: String = ["CONTACT_EMAIL"], "backend-team@mif-maroc.com";
        /// Address under which people reach the product: for links in e-mails; `https` turns HSTS on. Mandatory in
        /// `production`, else `http://localhost:8000`.
        public_base_url: Option<Origin> = ["PUBLIC_BASE_URL"];
        /// Whether the paths without prefix of older clients answer.
        legacy_routes: bool = ["LEGACY_ROUTES"], "true";
        /// Web origins whose pages may call the API.
        cors_allow_origins: Vec<Origin> = ["CORS_ALLOW_ORIGINS", "BACKEND_CORS_ORIGINS"], ",";
        /// Proxies whose `X-Forwarded-For` is believed.
        trusted_proxies: Vec<IpNet> = ["TRUSTED_PROXIES"], ",";
    }
    "Data" {
        /// PostgreSQL: `postgres://user:password@host:port/database`.
        database_url: SecretString = ["DATABASE_URL"];
        /// Connections for writing.
        database_pool_size: u32 = ["DATABASE_POOL_SIZE"], "16";
        /// What a page out of order costs beside one in order, to PostgreSQL's planner: 1.1 for
        /// solid-state disks and data that fits in memory, 4 for turning disks.
        database_random_page_cost: String = ["DATABASE_RANDOM_PAGE_COST"], "1.1";
        /// Redis: `redis://host:port`. Without it everything works, more slowly.
        redis_url: Option<SecretString> = ["REDIS_URL"];
        /// What every key of this installation in Redis begins with: installations that share a
        /// server need different ones.
        redis_prefix: String = ["REDIS_PREFIX"], "erp-mif";
    }
    "Security" {
        /// Key that signs access tokens: at least 32 bytes of chance. Only in `development` it may
        /// be absent: a new one is drawn at every start then.
        jwt_secret_key: Option<SecretString> = ["JWT_SECRET_KEY", "SECRET_KEY"];
        /// The key before the present one: its tokens stay good until they expire.
        jwt_secret_key_previous: Option<SecretString> = ["JWT_SECRET_KEY_PREVIOUS"];
        /// Life of an access token, 1 to 15 minutes.
        access_token_expire_minutes: u32 = ["ACCESS_TOKEN_EXPIRE_MINUTES"], "15";
        /// Life of a refresh token, 1 to 30 days.
        refresh_token_expire_days: u32 = ["REFRESH_TOKEN_EXPIRE_DAYS"], "7";
        /// Work factor of password hashes; at least 12 outside of tests. Once raised, each password follows at its next sign-in.
        bcrypt_cost: u32 = ["BCRYPT_COST"], "12";
        /// Whether cookies are sent over HTTPS only.
        cookie_secure: bool = ["COOKIE_SECURE"], "true";
        /// Password of the demonstration accounts (`seed-demo`, in `development` only).
        demo_password: SecretString = ["DEMO_PASSWORD"], "Demo-MIF-2026!";
    }
    "E-mail" {
        /// Mail server as one address: `smtp://user:password@host:port`.
        smtp_url: Option<SecretString> = ["SMTP_URL"];
        /// Mail server, when not given by `SMTP_URL`.
        smtp_host: Option<String> = ["SMTP_HOST"];
        /// Its port.
        smtp_port: u16 = ["SMTP_PORT"], "587";
        /// Account on it.
        smtp_user: Option<String> = ["SMTP_USER", "SMTP_USERNAME"];
        /// Password of that account.
        smtp_password: Option<SecretString> = ["SMTP_PASSWORD"];
        /// Protection of the connection.
        smtp_tls: SmtpTls = ["SMTP_TLS"], "starttls";
        /// Sender of e-mails.
        smtp_from: String = ["SMTP_FROM", "EMAILS_FROM_EMAIL"], "ERP MIF Maroc <ne-pas-repondre@mif-maroc.com>";
        /// Pause before an e-mail that could not be sent is tried again, in seconds; it doubles with each
        /// try up to two hours, over four to five days. Shorter pauses count against the sender where unknown
        /// ones are refused for a minute.
        smtp_retry_seconds: u32 = ["SMTP_RETRY_SECONDS"], "60";
        /// Directory for e-mails as `.eml` files while no mail server is set.
        mail_dir: String = ["MAIL_DIR"], "mail";
    }
}

fn one<T: Value>(
    source: &Source,
    names: &[&'static str],
    default: Option<&'static str>,
    wrong: &mut Vec<Wrong>,
) -> Option<T> {
    let name = names.first().copied().unwrap_or_default();
    let Some((name, raw)) = source.get(names).or_else(|| Some((name, default?))) else {
        let absent = T::absent();
        if absent.is_none() {
            wrong.push(Wrong {
                name,
                why: "is missing".to_owned(),
            });
        }
        return absent.or_else(|| T::parse("").ok());
    };
    T::parse(raw)
        .map_err(|why| wrong.push(Wrong { name, why }))
        .ok()
        // Something to check the other settings beside; the start is refused anyway.
        .or_else(|| default.and_then(|default| T::parse(default).ok()))
        .or_else(T::absent)
        .or_else(|| T::parse("").ok())
}
