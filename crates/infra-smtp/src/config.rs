//! Where the mail server is and how long to wait for it.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// By STARTTLS when the server offers it. Credentials still never go out in clear.
    Opportunistic,
    /// By STARTTLS, or nothing is sent.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Settings of the connection to a mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// Account and its password.
    pub credentials: Option<(String, SecretString)>,
    /// Longest wait for connecting and for each answer.
    pub command_timeout: Duration,
    /// Longest time for a whole message, from connecting to the last answer.
    pub message_timeout: Duration,
}

/// Why an address of a mail server cannot be used. Never contains it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SMTP_URL: {0}")]
pub struct InvalidSmtpUrl(&'static str);

impl SmtpConfig {
    /// A server, with the waits that suit a job that holds its task for a minute.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            credentials: None,
            command_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(15),
        }
    }

    /// Reads `smtp://[user:password@]host[:port][?tls=none|opportunistic|required]` or `smtps://…`.
    /// Without `tls` a connection is encrypted when the server offers it, and must be when there is
    /// a password to protect.
    ///
    /// # Errors
    /// What is missing or not understood.
    pub fn from_url(url: &str) -> Result<Self, InvalidSmtpUrl> {
        let url =
            Url::parse(url.trim()).map_err(|_| InvalidSmtpUrl("not an address such as smtp://host:port"))?;
        let host = url
            .host_str()
            .filter(|h| !h.is_empty())
            .ok_or(InvalidSmtpUrl("the host is missing"))?;
        let decode = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map(|t| t.into_owned())
                .map_err(|_| InvalidSmtpUrl("the credentials are not UTF-8"))
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => return Err(InvalidSmtpUrl("a password without a user")),
            (_, None) => return Err(InvalidSmtpUrl("a user without a password")),
            (user, Some(password)) => Some((decode(user)?, SecretString::from(decode(password)?))),
        };
        let asked = url
            .query_pairs()
            .find(|(name, _)| name == "tls")
            .map(|(_, value)| value.into_owned());
        let security = match (url.scheme(), asked.as_deref()) {
            ("smtps", None) => Security::Tls,
            ("smtp", Some("required")) => Security::StartTls,
            ("smtp", Some("opportunistic")) => Security::Opportunistic,
            ("smtp", Some("none")) => Security::None,
            ("smtp", None) if credentials.is_some() => Security::StartTls,
            ("smtp", None) => Security::Opportunistic,
            ("smtp" | "smtps", Some(_)) => {
                return Err(InvalidSmtpUrl("tls is none, opportunistic or required"));
            }
            _ => return Err(InvalidSmtpUrl("the scheme is smtp or smtps")),
        };
        let port = url
            .port()
            .unwrap_or(if security == Security::Tls { 465 } else { 587 });
        // Brackets belong to the URL, not to the address.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Ok(Self {
            credentials,
            ..Self::new(host, port, security)
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_are_protected() {
        let read = |url| {
            let c = SmtpConfig::from_url(url).expect("an address");
            (c.host, c.port, c.security)
        };
        assert_eq!(
            read("smtp://mail:1025"),
            ("mail".to_owned(), 1025, Security::Opportunistic)
        );
        assert_eq!(
            read("smtp://mail"),
            ("mail".to_owned(), 587, Security::Opportunistic)
        );
        assert_eq!(
            read("smtp://u:p@mail.example.ma"),
            ("mail.example.ma".to_owned(), 587, Security::StartTls)
        );
        assert_eq!(
            read("smtp://u:p@mail?tls=none"),
            ("mail".to_owned(), 587, Security::None)
        );
        assert_eq!(
            read("smtp://mail?tls=required"),
            ("mail".to_owned(), 587, Security::StartTls)
        );
        assert_eq!(read("smtps://u:p@mail"), ("mail".to_owned(), 465, Security::Tls));
        assert_eq!(
            read("smtp://[::1]:2525"),
            ("::1".to_owned(), 2525, Security::Opportunistic)
        );
        let (user, password) = SmtpConfig::from_url("smtps://a%40b.ma:p%2Fs+@mail")
            .expect("url")
            .credentials
            .expect("credentials");
        assert_eq!((user.as_str(), password.expose_secret()), ("a@b.ma", "p/s+"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_repeating_it() {
        for bad in [
            "",
            "mail:25",
            "http://u:canary@mail",
            "smtp://",
            "smtp://u:canary@mail?tls=perhaps",
            "smtp://u@mail",
            "smtp://:canary@mail",
        ] {
            let error = SmtpConfig::from_url(bad).expect_err(bad);
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
        let config = SmtpConfig::from_url("smtp://u:canary@mail").expect("url");
        assert!(!format!("{config:?}").contains("canary"));
    }
}
