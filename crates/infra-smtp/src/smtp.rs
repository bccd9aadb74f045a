//! E-mail over SMTP, step by step.
//!
//! lettre's ready-made transport does everything in one call, with no time limit on the answers and
//! no way to tell whether a failure came before or after the message was handed over. That is the one
//! thing that the caller must know, so this speaks through lettre's connection itself.

use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Email, MailError, Mailer};
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::config::{Security, SmtpConfig};
use crate::message::{Sender, build};
use crate::refusal;

/// Longest time for saying goodbye to a server.
const GOODBYE: Duration = Duration::from_secs(1);
/// Bytes of the message written at a time.
const CHUNK: usize = 16 * 1024;

/// Sends through one server, a connection per message.
pub struct SmtpMailer {
    config: SmtpConfig,
    sender: Sender,
}

/// A step that did not succeed.
struct Failure {
    step: &'static str,
    cause: Cause,
}

enum Cause {
    Silence,
    Smtp(SmtpError),
    /// The configuration and the server do not go together.
    Setup(&'static str),
}

impl SmtpMailer {
    /// Through this server; connects when there is something to send.
    pub fn new(config: SmtpConfig, sender: Sender) -> Self {
        Self { config, sender }
    }

    async fn step<T>(
        &self,
        step: &'static str,
        work: impl Future<Output = Result<T, SmtpError>>,
    ) -> Result<T, Failure> {
        match timeout(self.config.command_timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Failure {
                step,
                cause: Cause::Smtp(error),
            }),
            Err(_) => Err(Failure {
                step,
                cause: Cause::Silence,
            }),
        }
    }

    fn tls(&self) -> Result<TlsParameters, Failure> {
        TlsParameters::new(self.config.host.clone()).map_err(|e| Failure {
            step: "tls",
            cause: Cause::Smtp(e),
        })
    }

    /// A connection that is greeted, encrypted and signed in as configured.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let config = &self.config;
        let hello = ClientId::Domain(self.sender.domain().to_owned());
        let wrapper = if config.security == Security::Tls {
            Some(self.tls()?)
        } else {
            None
        };
        let server = (config.host.as_str(), config.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(config.command_timeout), &hello, wrapper, None);
        let mut connection = self.step("connexion", connecting).await?;
        match config.security {
            Security::StartTls if !connection.can_starttls() => {
                return Err(Failure {
                    step: "starttls",
                    cause: Cause::Setup("le serveur ne propose pas STARTTLS"),
                });
            }
            Security::StartTls | Security::Opportunistic if connection.can_starttls() => {
                let tls = self.tls()?;
                self.step("starttls", connection.starttls(tls, &hello)).await?;
            }
            _ => {}
        }
        if let Some((user, password)) = &config.credentials {
            if config.security == Security::Opportunistic && !connection.is_encrypted() {
                return Err(Failure {
                    step: "auth",
                    cause: Cause::Setup("mot de passe sans chiffrement"),
                });
            }
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            self.step("auth", connection.auth(DEFAULT_MECHANISMS, &credentials))
                .await?;
        }
        Ok(connection)
    }

    /// Hands the message over. `handed_over` turns true right before the bytes that end it are
    /// written: from then on the server may have taken it, whatever is heard.
    async fn hand_over(
        &self,
        to: &Address,
        message: &[u8],
        handed_over: &AtomicBool,
    ) -> Result<(), MailError> {
        let mut connection = self.connect().await.map_err(|f| f.before_envelope())?;
        let mail = connection.command(Mail::new(Some(self.sender.address().clone()), Vec::new()));
        self.step("mail", mail).await.map_err(|f| f.before_envelope())?;
        let recipient = connection.command(Rcpt::new(to.clone(), Vec::new()));
        self.step("rcpt", recipient).await.map_err(|f| f.before_end())?;
        self.step("data", connection.command(Data))
            .await
            .map_err(|f| f.before_end())?;
        let parts = message.chunks(CHUNK).chain(std::iter::once_with(|| {
            handed_over.store(true, Ordering::Relaxed);
            &[][..]
        }));
        let sent = self.step("message", connection.message_iter(parts)).await;
        // The result is known: saying goodbye must neither change nor delay it.
        tokio::spawn(async move { timeout(GOODBYE, connection.abort()).await });
        sent.map(|_| ()).map_err(|f| {
            if handed_over.load(Ordering::Relaxed) {
                f.after_end()
            } else {
                f.before_end()
            }
        })
    }
}

impl Failure {
    fn text(&self) -> String {
        match &self.cause {
            Cause::Silence => format!("{} : pas de réponse dans le délai", self.step),
            Cause::Setup(what) => format!("{} : {what}", self.step),
            Cause::Smtp(error) => format!("{} : {error}", self.step),
        }
    }

    fn refused_for_good(&self) -> bool {
        let Cause::Smtp(error) = &self.cause else {
            return false;
        };
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        error.is_permanent() && refusal::is_about_the_message(error.status().map(u16::from), &said)
    }

    /// Before the recipient was named a refusal is about us (password, address, certificate), not
    /// about the message: it can be put right, and no message may be lost for it.
    fn before_envelope(&self) -> MailError {
        MailError::Temporary(self.text())
    }

    /// Before the end of the message: nothing has been delivered. A server that refuses us rather than
    /// the recipient (an expired password, a block list) mostly says so here too.
    fn before_end(&self) -> MailError {
        if self.refused_for_good() {
            MailError::Permanent(self.text())
        } else {
            MailError::Temporary(self.text())
        }
    }

    /// After the end of the message: only a clear answer tells what became of it.
    fn after_end(&self) -> MailError {
        match &self.cause {
            Cause::Smtp(error) if error.is_permanent() || error.is_transient() => self.before_end(),
            _ => MailError::Ambiguous(self.text()),
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, email: &Email) -> Result<(), MailError> {
        let (to, message) = build(&self.sender, email)?;
        let bytes = message.formatted();
        let handed_over = AtomicBool::new(false);
        let whole = timeout(
            self.config.message_timeout,
            self.hand_over(&to, &bytes, &handed_over),
        )
        .await;
        let result = match whole {
            Ok(result) => result,
            Err(_) if handed_over.load(Ordering::Relaxed) => Err(MailError::Ambiguous(
                "message : pas de réponse dans le délai".to_owned(),
            )),
            Err(_) => Err(MailError::Temporary("pas de réponse dans le délai".to_owned())),
        };
        if let Err(error) = &result {
            tracing::warn!(message = email.message_key, error = %error, "e-mail not sent");
        }
        result
    }
}
