//! One process: ports, settings of the adapter, tokens, sessions, operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::web::Bytes;
use application::App;
use settings::Settings;

use crate::health::{Probe, Readiness};
use crate::openapi;
use crate::operation::Operation;
use crate::security::{Keys, SessionBook, Tokens};
use crate::table::Table;

/// What the adapter needs of the configuration.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Path under which business operations stand.
    pub prefix: String,
    /// Paths without prefix answer too.
    pub legacy: bool,
    /// Title of the API.
    pub title: String,
    /// Contact of the API.
    pub contact: String,
    /// Web origins that may call.
    pub origins: Vec<String>,
    /// The product's own web origin.
    pub own_origin: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<settings::IpNet>,
    /// Cookies over HTTPS only.
    pub cookie_secure: bool,
    /// Most bytes of a body.
    pub body_limit: usize,
    /// A body must have arrived after this time.
    pub body_deadline: Duration,
    /// Life of a refresh cookie.
    pub refresh_ttl: Duration,
}

impl HttpConfig {
    /// From the configuration.
    pub fn new(settings: &Settings) -> Self {
        Self {
            prefix: settings.api_prefix.clone(),
            legacy: settings.legacy_routes,
            title: settings.project_name.clone(),
            contact: settings.contact_email.clone(),
            origins: settings.cors_allow_origins.iter().map(|o| o.0.clone()).collect(),
            own_origin: settings.base_url().to_owned(),
            trusted_proxies: settings.trusted_proxies.clone(),
            cookie_secure: settings.cookie_secure,
            body_limit: 1024 * 1024,
            body_deadline: Duration::from_secs(30),
            refresh_ttl: Duration::from_secs(u64::from(settings.refresh_token_expire_days) * 24 * 3600),
        }
    }

    /// People reach the product over TLS.
    pub fn tls(&self) -> bool {
        self.own_origin.starts_with("https://")
    }
}

/// Everything that requests share.
pub struct AppState {
    /// The ports.
    pub app: App,
    /// Settings.
    pub config: HttpConfig,
    /// Access tokens.
    pub tokens: Tokens,
    /// Sessions that this process has seen lately.
    pub sessions: SessionBook,
    /// What readiness depends on.
    pub readiness: Readiness,
    /// Operations.
    pub table: Table,
    /// The OpenAPI document.
    pub openapi: Bytes,
    names: RequestNames,
}

impl AppState {
    /// A process with all operations of the product.
    ///
    /// # Errors
    /// A defect in the list of operations.
    pub fn new(
        app: App,
        settings: &Settings,
        keys: &Keys,
        probes: Vec<Probe>,
    ) -> Result<Arc<Self>, StartError> {
        let config = HttpConfig::new(settings);
        let minutes = settings.access_token_expire_minutes;
        Self::with_operations(app, config, keys, minutes, probes, crate::routes::operations())
    }

    /// A process with these operations.
    ///
    /// # Errors
    /// A defect in the list of operations.
    pub fn with_operations(
        app: App,
        config: HttpConfig,
        keys: &Keys,
        token_minutes: u32,
        probes: Vec<Probe>,
        operations: Vec<Operation>,
    ) -> Result<Arc<Self>, StartError> {
        let tokens =
            Tokens::new(keys, token_minutes, app.secrets.as_ref()).map_err(|e| StartError(e.to_string()))?;
        let openapi = openapi::document(&operations, &config);
        let openapi = serde_json::to_vec(&openapi)
            .map_err(|e| StartError(e.to_string()))?
            .into();
        let table =
            Table::new(operations, &config.prefix, config.legacy).map_err(|e| StartError(e.to_string()))?;
        let names = RequestNames::new(app.secrets.bits256());
        Ok(Arc::new(Self {
            app,
            config,
            tokens,
            sessions: SessionBook::default(),
            readiness: Readiness::new(probes),
            table,
            openapi,
            names,
        }))
    }

    /// A name for a request that came without one.
    pub fn request_name(&self) -> String {
        self.names.next()
    }
}

/// Why the process cannot start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// Names of requests: a random part for the process and a counter, which costs nothing to draw.
struct RequestNames {
    process: u64,
    count: AtomicU64,
}

impl RequestNames {
    fn new(bits: [u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = bits;
        Self {
            process: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            count: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}-{count:08x}", self.process)
    }
}
