//! Outgoing e-mail.

use async_trait::async_trait;
use jiff::Timestamp;

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Left part of the Message-ID: constant for one notification, whatever the number of tries.
    pub message_key: String,
    /// Address.
    pub to: String,
    /// Name.
    pub to_name: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// When it was written; like the key it does not change with the number of tries.
    pub written_at: Timestamp,
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// May work later: no connection, a 4xx answer, a refusal that is about us (a relay that denies us,
    /// a block list), a timeout before the message was handed over.
    #[error("temporary: {0}")]
    Temporary(String),
    /// Will never work: a 5xx answer about this message or its recipient, an impossible address.
    #[error("permanent: {0}")]
    Permanent(String),
    /// The message was handed over and no answer came: it may have been sent.
    #[error("ambiguous: {0}")]
    Ambiguous(String),
}

/// Sends e-mail.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the message over.
    async fn send(&self, email: &Email) -> Result<(), MailError>;
}
