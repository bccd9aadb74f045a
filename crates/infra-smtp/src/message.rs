//! From the port's e-mail to the bytes that go out.

use std::time::SystemTime;

use domain::ports::{Email, MailError};
use lettre::Address;
use lettre::Message;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

/// Who the e-mails come from.
#[derive(Debug, Clone)]
pub struct Sender {
    mailbox: Mailbox,
}

/// The configured sender is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sender such as `Name <name@example.ma>`")]
pub struct InvalidSender(String);

impl Sender {
    /// Reads `Name <address>` or an address alone.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidSender> {
        let mailbox = text.trim().parse().map_err(|_| InvalidSender(text.to_owned()))?;
        Ok(Self { mailbox })
    }

    /// The address that undeliverable messages go back to.
    pub fn address(&self) -> &Address {
        &self.mailbox.email
    }

    /// The sender's domain: the right part of every Message-ID, on whatever machine it is made.
    pub fn domain(&self) -> &str {
        self.mailbox.email.domain()
    }
}

/// Keeps holiday notices and the like from answering.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// An address and the message for it, or why there can be none.
pub fn build(sender: &Sender, email: &Email) -> Result<(Address, Message), MailError> {
    let impossible = |what: &str| MailError::Permanent(what.to_owned());
    let to: Address = email
        .to
        .trim()
        .parse()
        .map_err(|_| impossible("adresse du destinataire invalide"))?;
    if !to.to_string().is_ascii() {
        return Err(impossible(
            "adresse du destinataire avec des caractères non ASCII",
        ));
    }
    let name = Some(one_line(email.to_name.trim())).filter(|n| !n.is_empty());
    let message = Message::builder()
        .message_id(Some(format!("<{}@{}>", email.message_key, sender.domain())))
        .date(SystemTime::from(email.written_at))
        .from(sender.mailbox.clone())
        .to(Mailbox::new(name, to.clone()))
        .subject(one_line(&email.subject))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            email.text.clone(),
            email.html.clone(),
        ))
        .map_err(|e| MailError::Permanent(e.to_string()))?;
    Ok((to, message))
}

/// A header is one line, whatever was in the text that it came from.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Email {
        Email {
            message_key: "notification-7".to_owned(),
            to: "y.amrani@example.ma".to_owned(),
            to_name: "Youssef Él-Amrani".to_owned(),
            subject: "Intervention affectée\r\nBcc: all@example.ma".to_owned(),
            text: "Bonjour à tous".to_owned(),
            html: "<p>Bonjour à tous</p>".to_owned(),
            written_at: "2026-03-03T10:00:00Z".parse().expect("instant"),
        }
    }

    fn sender() -> Sender {
        Sender::parse("ERP MIF Maroc <ne-pas-repondre@mif-maroc.com>").expect("sender")
    }

    #[test]
    fn identity_and_date_do_not_depend_on_the_try() {
        let (to, message) = build(&sender(), &email()).expect("a message");
        let bytes = message.formatted();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(to.to_string(), "y.amrani@example.ma");
        for line in [
            "Message-ID: <notification-7@mif-maroc.com>\r\n",
            "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\n",
            "From: \"ERP MIF Maroc\" <ne-pas-repondre@mif-maroc.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "multipart/alternative",
            "Bonjour =C3=A0 tous",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(bytes.is_ascii(), "every server takes it");
    }

    #[test]
    fn a_subject_cannot_add_headers() {
        let (_, message) = build(&sender(), &email()).expect("a message");
        let text = String::from_utf8_lossy(&message.formatted()).into_owned();
        assert!(!text.lines().any(|l| l.starts_with("Bcc:")), "{text}");
    }

    #[test]
    fn a_recipients_name_cannot_add_headers() {
        let hostile = Email {
            to_name: "Youssef\r\nBcc: all@example.ma\r\n\r\n<html>".to_owned(),
            ..email()
        };
        let (_, message) = build(&sender(), &hostile).expect("a message");
        let text = String::from_utf8_lossy(&message.formatted()).into_owned();
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert!(!head.lines().any(|l| l.starts_with("Bcc:")), "{head}");
        assert!(
            head.contains("Subject:") && head.contains("Auto-Submitted:"),
            "{head}"
        );
    }

    #[test]
    fn an_impossible_address_is_a_permanent_failure() {
        for bad in ["", "nobody", "a@", "a b@example.ma", "é@example.ma"] {
            let result = build(
                &sender(),
                &Email {
                    to: bad.to_owned(),
                    ..email()
                },
            );
            assert!(matches!(result, Err(MailError::Permanent(_))), "{bad}");
        }
        assert!(Sender::parse("nobody").is_err());
    }
}
