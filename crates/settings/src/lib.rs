//! The one typed configuration of both programs.
//!
//! Every setting is declared once, in [`table`]: its variable (with older names that are still
//! understood), type, default and meaning. Reading, checking and `docs/configuration.md` come from
//! that declaration. Values come from defaults, then `.env`, then the environment; everything that
//! is wrong is reported at once.

pub mod check;
pub mod docs;
pub mod source;
pub mod table;
pub mod telemetry;
pub mod value;

pub use ipnet::IpNet;
use secrecy::ExposeSecret;
pub use source::Source;
pub use table::{Settings, Spec};
pub use value::{Environment, LogFilter, LogFormat, Origin, SmtpTls};

/// One setting that cannot be used. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be used:{}", .0.iter().map(|w| format!("\n  {}: {}", w.name, w.why)).collect::<String>())]
pub struct SettingsError(pub Vec<Wrong>);

impl Settings {
    /// Threads that answer requests: as set, else one for each processor.
    pub fn worker_threads(&self) -> usize {
        match usize::from(self.workers) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// All settings that cannot be used.
    pub fn load(source: &Source) -> Result<Self, SettingsError> {
        let mut wrong = source.wrong.clone();
        let settings = Self::read(source, &mut wrong);
        if let Some(settings) = &settings {
            let unread: Vec<_> = wrong.iter().map(|w| w.name).collect();
            let known = !unread
                .iter()
                .any(|name| ["APP_ENV", "ENVIRONMENT"].contains(name));
            let mut found = Vec::new();
            check::check(settings, known, &mut found);
            // Of what cannot be read only that is said.
            wrong.extend(found.into_iter().filter(|w| !unread.contains(&w.name)));
        }
        match settings {
            Some(settings) if wrong.is_empty() => Ok(settings),
            _ => Err(SettingsError(wrong)),
        }
    }

    /// Where people reach the product, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.public_base_url
            .as_ref()
            .map_or("http://localhost:8000", |origin| &origin.0)
    }

    /// Host and port of the mail server, when one is set.
    pub fn mail_server(&self) -> Option<String> {
        let Some(url) = &self.smtp_url else {
            let host = self.smtp_host.as_ref()?;
            return Some(format!("{host}:{}", self.smtp_port));
        };
        let (scheme, rest) = url.expose_secret().split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let last = host.rsplit_once(']').map_or(host, |(_, last)| last);
        if last.contains(':') {
            Some(host.to_owned())
        } else {
            let port = if scheme == "smtps" { 465 } else { 587 };
            Some(format!("{host}:{port}"))
        }
    }
}
