//! E-mail as files, for machines without a mail server.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::ports::{Email, MailError, Mailer};
use lettre::{AsyncFileTransport, AsyncTransport, Tokio1Executor};

use crate::message::{Sender, build};

/// Where files stand until they are complete.
const UNFINISHED: &str = ".partiel";

/// Writes each message to `<directory>/<message key>.eml`: whole or not at all, and a repeated
/// message over itself.
pub struct FileMailer {
    directory: PathBuf,
    sender: Sender,
    transport: AsyncFileTransport<Tokio1Executor>,
}

impl FileMailer {
    /// Into this directory, which is made if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(directory: impl Into<PathBuf>, sender: Sender) -> io::Result<Self> {
        let directory = directory.into();
        let unfinished = directory.join(UNFINISHED);
        std::fs::create_dir_all(&unfinished)?;
        Ok(Self {
            directory,
            sender,
            transport: AsyncFileTransport::new(unfinished),
        })
    }

    /// Where the messages are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, email: &Email) -> Result<(), MailError> {
        let (_, message) = build(&self.sender, email)?;
        let name: String = email
            .message_key
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let temporary = |e: &dyn std::fmt::Display| MailError::Temporary(e.to_string());
        let id = self.transport.send(message).await.map_err(|e| temporary(&e))?;
        let written = self.directory.join(UNFINISHED).join(format!("{id}.eml"));
        tokio::fs::rename(written, self.directory.join(format!("{name}.eml")))
            .await
            .map_err(|e| temporary(&e))
    }
}
