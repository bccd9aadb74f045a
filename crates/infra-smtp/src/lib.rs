//! Outgoing e-mail.
//!
//! [`SmtpMailer`] speaks to a server and says of every failure whether the message may have
//! arrived; [`FileMailer`] writes `.eml` files where there is no server. Both build the message the
//! same way, under a Message-ID that is the same for every try.

mod config;
mod file;
mod message;
mod refusal;
mod smtp;

pub use config::{InvalidSmtpUrl, Security, SmtpConfig};
pub use file::FileMailer;
pub use message::{InvalidSender, Sender};
pub use smtp::SmtpMailer;
