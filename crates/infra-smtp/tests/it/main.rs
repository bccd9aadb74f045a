//! The mailers against a mail server that misbehaves on demand, and against a directory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod file;
mod smtp;

use domain::ports::Email;
use infra_smtp::Sender;

pub fn sender() -> Sender {
    Sender::parse("ERP MIF Maroc <ne-pas-repondre@mif-maroc.com>").expect("sender")
}

pub fn email(key: &str) -> Email {
    Email {
        message_key: key.to_owned(),
        to: "y.amrani@exemple.ma".to_owned(),
        to_name: "Youssef Amrani".to_owned(),
        subject: "Intervention affectée".to_owned(),
        text: "Bonjour,\n.\n.. deux points, puis un point seul.".to_owned(),
        html: "<p>Bonjour</p>".to_owned(),
        written_at: "2026-03-03T10:00:00Z".parse().expect("instant"),
    }
}
