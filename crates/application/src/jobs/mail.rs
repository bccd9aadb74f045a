//! Notifications as e-mail: French HTML and text from templates that are compiled in.
//!
//! Rendering stands here, not behind the mailer port: every mailer (SMTP, files, a test) sends the
//! same finished message, and what people read can be tested without one. The templates escape.

use askama::Template;
use domain::notification::{About, Outgoing};
use domain::policy::Role;
use domain::ports::Email;

use super::message::{Block, read};
use crate::error::AppError;

/// Where the web application stands below the public address.
const WEB: &str = "/app";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    label: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "notification.txt")]
struct TextPart<'a> {
    name: &'a str,
    body: &'a str,
    link: &'a Option<Link>,
    signature: &'a str,
}

#[derive(Template)]
#[template(path = "notification.html")]
struct HtmlPart<'a> {
    subject: &'a str,
    name: &'a str,
    blocks: &'a [Block],
    link: &'a Option<Link>,
    signature: &'a str,
}

/// The message of a notification, with links below `base_url` and the product's name as its signature.
/// The same notification gives the same message every time.
///
/// # Errors
/// A template that cannot be rendered: a defect.
pub fn render(outgoing: &Outgoing, base_url: &str, signature: &str) -> Result<Email, AppError> {
    let notification = &outgoing.notification;
    let link = link(outgoing, base_url);
    let failed = |e: askama::Error| AppError::Internal(e.into());
    let text = TextPart {
        name: &outgoing.full_name,
        body: &notification.body,
        link: &link,
        signature,
    };
    let html = HtmlPart {
        subject: &notification.subject,
        name: &outgoing.full_name,
        blocks: &read(&notification.body),
        link: &link,
        signature,
    };
    Ok(Email {
        // The identifier alone comes back in another environment and in a database made anew, and servers
        // drop what they have seen under the same name.
        message_key: format!(
            "notification-{}-{}",
            outgoing.id,
            outgoing.created_at.as_microsecond()
        ),
        to: outgoing.email.clone(),
        to_name: outgoing.full_name.clone(),
        subject: notification.subject.clone(),
        text: text.render().map_err(failed)?,
        html: html.render().map_err(failed)?,
        written_at: outgoing.created_at,
    })
}

/// The page of the object in the part of the web application that the recipient works in.
fn link(outgoing: &Outgoing, base_url: &str) -> Option<Link> {
    let (label, path) = match (outgoing.notification.about?, outgoing.role) {
        (About::Intervention(id), Role::Client) => ("Voir l'intervention", format!("/portail/demandes/{id}")),
        (About::Intervention(id), Role::Technician) => ("Voir l'intervention", format!("/jour/{id}")),
        (About::Intervention(id), Role::Admin | Role::Manager) => {
            ("Voir l'intervention", format!("/interventions/{id}"))
        }
        (About::Equipment(id), Role::Client) => ("Voir l'équipement", format!("/portail/equipements/{id}")),
        (About::Equipment(id), _) => ("Voir l'équipement", format!("/equipements/{id}")),
        (About::Technician(id), _) => ("Voir le technicien", format!("/techniciens/{id}")),
    };
    Some(Link {
        label,
        url: format!("{}{WEB}{path}", base_url.trim_end_matches('/')),
    })
}

#[cfg(test)]
mod tests {
    use domain::Id;
    use domain::notification::{Channel, DeliveryStatus, Notification, NotificationKind};

    use super::*;
    use crate::jobs::message::Message;

    fn outgoing(role: Role, about: About, body: String) -> Outgoing {
        Outgoing {
            id: Id::new(7),
            created_at: "2026-03-03T10:00:00Z".parse().expect("instant"),
            notification: Notification {
                user: Id::new(1),
                event: None,
                about: Some(about),
                kind: NotificationKind::Assignment,
                channel: Channel::Email,
                subject: "Intervention <b>INT-2026-00012</b>".to_owned(),
                body,
                status: DeliveryStatus::Pending,
                attempts: 0,
                sent_at: None,
            },
            email: "y.amrani@example.ma".to_owned(),
            full_name: "Youssef \"Joe\" Amrani".to_owned(),
            role,
            is_active: true,
        }
    }

    #[test]
    fn both_parts_say_the_same_and_the_html_is_escaped() {
        let body = Message::default()
            .paragraph("L'intervention vous est affectée.")
            .details([("Client", Some("A & B <script>alert(1)</script>".to_owned()))])
            .quote(Some("ligne 1\nligne <2>"))
            .write();
        let about = About::Intervention(Id::new(12));
        let mail = render(
            &outgoing(Role::Technician, about, body),
            "https://erp.example.ma/",
            "GMAO <Sud>",
        )
        .expect("a message");
        assert_eq!(
            mail.message_key, "notification-7-1772532000000000",
            "the same for every try, another one for another row of that number"
        );
        assert_eq!(
            mail.text,
            "Bonjour Youssef \"Joe\" Amrani,\n\nL'intervention vous est affectée.\n\n\
             • Client : A & B <script>alert(1)</script>\n\n> ligne 1\n> ligne <2>\n\n\
             Voir l'intervention :\nhttps://erp.example.ma/app/jour/12\n\n--\nGMAO <Sud>\n\
             Message automatique, merci de ne pas y répondre."
        );
        assert!(
            !mail.html.contains("<script>") && !mail.html.contains("<b>INT"),
            "{}",
            mail.html
        );
        for part in [
            "Client</th>",
            "A &#38; B",
            "ligne 1<br>",
            "href=\"https://erp.example.ma/app/jour/12\"",
            "GMAO &#60;Sud&#62;<br>",
        ] {
            assert!(mail.html.contains(part), "{part} in {}", mail.html);
        }
    }

    #[test]
    fn the_link_leads_to_the_recipients_own_part_of_the_application() {
        let url = |role, about| {
            let mail = render(
                &outgoing(role, about, "x".to_owned()),
                "https://erp.example.ma",
                "GMAO",
            )
            .expect("a message");
            mail.text
                .lines()
                .find(|l| l.starts_with("https://"))
                .map(str::to_owned)
        };
        let job = About::Intervention(Id::new(3));
        let ends = [
            (Role::Client, job, "/app/portail/demandes/3"),
            (Role::Technician, job, "/app/jour/3"),
            (Role::Manager, job, "/app/interventions/3"),
            (
                Role::Client,
                About::Equipment(Id::new(4)),
                "/app/portail/equipements/4",
            ),
            (Role::Admin, About::Equipment(Id::new(4)), "/app/equipements/4"),
            (Role::Manager, About::Technician(Id::new(5)), "/app/techniciens/5"),
        ];
        for (role, about, end) in ends {
            assert_eq!(
                url(role, about).as_deref(),
                Some(format!("https://erp.example.ma{end}").as_str())
            );
        }
    }

    #[test]
    fn the_same_notification_gives_the_same_message() {
        let one = outgoing(Role::Client, About::Intervention(Id::new(3)), "x".to_owned());
        let render = || render(&one, "https://erp.example.ma", "GMAO").expect("a message");
        assert_eq!(render(), render());
    }
}
