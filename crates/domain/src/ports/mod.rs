//! Ports: what the core needs from the outside, as traits that the `infra-*` crates implement.
//!
//! Stores of an aggregate live beside the aggregate; here is what belongs to none.

pub mod clock;
pub mod hasher;
pub mod mailer;
pub mod unit_of_work;

pub use clock::{Clock, Secrets};
pub use hasher::{HashError, PasswordHasher, Place};
pub use mailer::{Email, MailError, Mailer};
pub use unit_of_work::{Erased, Tx, TxError, UnitOfWork, Work};
