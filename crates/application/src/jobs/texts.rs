//! What people read: one subject and one text per notice, in French.
//!
//! Clients are told what they may know of a job (never diagnosis, cost, reason of a cancellation or
//! anybody's address); technicians and leads what they need to act.

use domain::notification::{EquipmentFacts, JobFacts, MAX_SUBJECT, Notice, TechnicianFacts};
use domain::time;
use jiff::Timestamp;

use super::message::{Message, clip, one_line};

/// Subject and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One line, at most [`MAX_SUBJECT`] characters.
    pub subject: String,
    /// In the form of [`super::message`].
    pub body: String,
}

/// What a notice is written from.
#[derive(Debug, Clone, PartialEq)]
pub enum Facts {
    /// A job.
    Job(JobFacts),
    /// An equipment.
    Equipment(EquipmentFacts),
    /// A technician.
    Technician(TechnicianFacts),
}

/// Most jobs that a text lists.
const MAX_LISTED: usize = 20;

/// Writes a notice; `None` when it does not go with such facts.
pub fn write(notice: Notice, facts: &Facts) -> Option<Written> {
    let (subject, message) = match (notice, facts) {
        (Notice::RequestReceived, Facts::Job(job)) => request_received(job),
        (Notice::CriticalJob, Facts::Job(job)) => critical_job(job),
        (Notice::JobAssigned, Facts::Job(job)) => job_assigned(job),
        (Notice::TechnicianNamed, Facts::Job(job)) => technician_named(job),
        (Notice::JobReport, Facts::Job(job)) => job_report(job),
        (Notice::JobClosed, Facts::Job(job)) => job_closed(job),
        (Notice::JobWithdrawn, Facts::Job(job)) => job_withdrawn(job),
        (Notice::VisitCancelled, Facts::Job(job)) => visit_cancelled(job),
        (Notice::JobCancelled, Facts::Job(job)) => job_cancelled(job),
        (Notice::EquipmentDown, Facts::Equipment(equipment)) => equipment_down(equipment),
        (Notice::FailureKnown, Facts::Equipment(equipment)) => failure_known(equipment),
        (Notice::TechnicianAway, Facts::Technician(technician)) => technician_away(technician),
        _ => return None,
    };
    Some(Written {
        subject: clip(&one_line(&subject), MAX_SUBJECT),
        body: message.write(),
    })
}

fn request_received(job: &JobFacts) -> (String, Message) {
    let next = if job.critical {
        "Elle est traitée comme critique : notre équipe en est avertie."
    } else {
        "Vous serez averti dès qu'un technicien sera désigné."
    };
    let message = Message::default()
        .paragraph(&format!(
            "Nous avons bien reçu votre demande d'intervention « {} ». {next}",
            job.title
        ))
        .details([
            ("Numéro", Some(job.number.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Lieu", place(job.site.as_deref(), job.location.as_deref())),
            ("Date souhaitée", job.planned_at.map(french)),
        ])
        .quote(Some(&job.description));
    (
        format!("Demande {} bien reçue : {}", job.number, job.equipment),
        message,
    )
}

fn critical_job(job: &JobFacts) -> (String, Message) {
    let state = match &job.technician_name {
        Some(name) => format!("Elle est affectée à {name}."),
        None => "Elle attend l'affectation d'un technicien.".to_owned(),
    };
    let message = Message::default()
        .paragraph(&format!("Une intervention critique vient d'être créée. {state}"))
        .details(job_details(job, "non planifiée"))
        .quote(Some(&job.description));
    (
        format!(
            "Intervention critique {} : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn job_assigned(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!("L'intervention {} vous est affectée.", job.number))
        .details(job_details(job, "à convenir"))
        .quote(Some(&job.description));
    (
        format!(
            "Intervention {} affectée : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn technician_named(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!(
            "Un technicien prend en charge votre intervention « {} ».",
            job.title
        ))
        .details([
            ("Numéro", Some(job.number.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Lieu", place(job.site.as_deref(), job.location.as_deref())),
            ("Technicien", job.technician_name.clone()),
            (
                "Date prévue",
                Some(job.planned_at.map_or_else(|| "à convenir".to_owned(), french)),
            ),
        ]);
    (
        format!("Intervention {} : un technicien est désigné", job.number),
        message,
    )
}

fn job_report(job: &JobFacts) -> (String, Message) {
    let mut message = Message::default()
        .paragraph(&format!("L'intervention « {} » est terminée.", job.title))
        .details([
            ("Numéro", Some(job.number.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Technicien", job.technician_name.clone()),
            ("Terminée le", job.finished_at.map(french)),
        ]);
    if job.report.is_some() {
        message = message.paragraph("Compte rendu :").quote(job.report.as_deref());
    }
    let message = message.paragraph(
        "Votre avis nous aide à progresser : vous pouvez évaluer cette intervention depuis votre espace client.",
    );
    (
        format!("Intervention {} terminée : {}", job.number, job.equipment),
        message,
    )
}

fn job_closed(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!("L'intervention {} est clôturée.", job.number))
        .details([
            ("Objet", Some(job.title.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Client", Some(job.client.clone())),
            ("Technicien", job.technician_name.clone()),
            ("Terminée le", job.finished_at.map(french)),
        ])
        .quote(job.report.as_deref());
    (
        format!(
            "Intervention {} clôturée : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn job_withdrawn(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!(
            "L'intervention {} ne vous est plus affectée : vous n'avez plus à intervenir.",
            job.number
        ))
        .details([
            ("Objet", Some(job.title.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Client", Some(job.client.clone())),
            ("Date prévue", job.planned_at.map(french)),
        ]);
    (
        format!(
            "Intervention {} retirée : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn visit_cancelled(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!(
            "L'intervention {} est annulée : vous n'avez plus à intervenir.",
            job.number
        ))
        .details([
            ("Objet", Some(job.title.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Client", Some(job.client.clone())),
            ("Date prévue", job.planned_at.map(french)),
            ("Motif", job.cancel_reason.clone()),
        ]);
    (
        format!(
            "Intervention {} annulée : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn job_cancelled(job: &JobFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph(&format!("L'intervention « {} » est annulée.", job.title))
        .details([
            ("Numéro", Some(job.number.clone())),
            ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
            ("Date prévue", job.planned_at.map(french)),
        ])
        .paragraph("Pour toute question, adressez-vous à votre interlocuteur habituel.");
    (
        format!("Intervention {} annulée : {}", job.number, job.equipment),
        message,
    )
}

fn equipment_down(equipment: &EquipmentFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph("Une panne vient d'être déclarée.")
        .details([
            (
                "Équipement",
                Some(machine(&equipment.name, &equipment.serial_number)),
            ),
            ("Client", Some(equipment.client.clone())),
            (
                "Lieu",
                place(equipment.site.as_deref(), equipment.location.as_deref()),
            ),
            ("Depuis le", equipment.failed_at.map(french)),
        ])
        .quote(equipment.failure.as_deref());
    (
        format!("Panne déclarée : {} ({})", equipment.name, equipment.client),
        message,
    )
}

fn failure_known(equipment: &EquipmentFacts) -> (String, Message) {
    let message = Message::default()
        .paragraph("Une panne de votre équipement est enregistrée. Notre équipe en est avertie.")
        .details([
            (
                "Équipement",
                Some(machine(&equipment.name, &equipment.serial_number)),
            ),
            (
                "Lieu",
                place(equipment.site.as_deref(), equipment.location.as_deref()),
            ),
            ("Depuis le", equipment.failed_at.map(french)),
        ]);
    (format!("Panne enregistrée : {}", equipment.name), message)
}

fn technician_away(technician: &TechnicianFacts) -> (String, Message) {
    let count = technician.open_jobs.len();
    let jobs = if count == 1 {
        "1 intervention".to_owned()
    } else {
        format!("{count} interventions")
    };
    let mut message = Message::default()
        .paragraph(&format!(
            "Le technicien {} est indisponible. À réaffecter :",
            technician.full_name
        ))
        .details(
            technician
                .open_jobs
                .iter()
                .take(MAX_LISTED)
                .map(|(n, title)| (n, Some(title.clone()))),
        );
    match count.saturating_sub(MAX_LISTED) {
        0 => {}
        1 => message = message.paragraph("Et 1 autre."),
        more => message = message.paragraph(&format!("Et {more} autres.")),
    }
    (
        format!("{} indisponible : {jobs} à réaffecter", technician.full_name),
        message,
    )
}

fn job_details(job: &JobFacts, unplanned: &str) -> [(&'static str, Option<String>); 7] {
    [
        ("Numéro", Some(job.number.clone())),
        ("Objet", Some(job.title.clone())),
        ("Équipement", Some(machine(&job.equipment, &job.serial_number))),
        ("Client", Some(job.client.clone())),
        ("Lieu", place(job.site.as_deref(), job.location.as_deref())),
        (
            "Date prévue",
            Some(job.planned_at.map_or_else(|| unplanned.to_owned(), french)),
        ),
        ("Priorité", job.critical.then(|| "critique".to_owned())),
    ]
}

fn machine(name: &str, serial_number: &str) -> String {
    format!("{name} (n° de série {serial_number})")
}

fn place(site: Option<&str>, location: Option<&str>) -> Option<String> {
    match (site, location) {
        (Some(site), Some(location)) => Some(format!("{site}, {location}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

const DAYS: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// An instant as people in Morocco read it, such as `mardi 3 mars 2026 à 10 h 05`.
pub fn french(instant: Timestamp) -> String {
    let at = time::local(instant);
    let name = |names: &[&'static str], index: i8| -> &'static str {
        usize::try_from(index)
            .ok()
            .and_then(|i| names.get(i).copied())
            .unwrap_or_default()
    };
    let day = name(&DAYS, at.weekday().to_monday_zero_offset());
    let month = name(&MONTHS, at.month() - 1);
    let first = if at.day() == 1 { "er" } else { "" };
    format!(
        "{day} {}{first} {month} {} à {} h {:02}",
        at.day(),
        at.year(),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use domain::Vocab;
    use domain::notification::MAX_BODY;

    use super::*;

    fn job() -> JobFacts {
        JobFacts {
            number: "INT-2026-00012".to_owned(),
            title: "Fuite d'huile".to_owned(),
            description: "Huile au sol sous le compresseur.".to_owned(),
            critical: true,
            equipment: "Compresseur GA37".to_owned(),
            serial_number: "AT-0042".to_owned(),
            location: Some("Atelier 2".to_owned()),
            client: "Atlas Textile".to_owned(),
            site: Some("Usine Sidi Maârouf, Casablanca".to_owned()),
            planned_at: Some("2026-12-01T09:05:00Z".parse().expect("instant")),
            finished_at: Some("2026-05-05T10:00:00Z".parse().expect("instant")),
            technician: Some(domain::Id::new(4)),
            technician_name: Some("Youssef Amrani".to_owned()),
            report: Some("Joint remplacé.\nEssai concluant.".to_owned()),
            cancel_reason: Some("Client injoignable".to_owned()),
        }
    }

    fn equipment() -> EquipmentFacts {
        EquipmentFacts {
            name: "Presse 4".to_owned(),
            serial_number: "PR-4".to_owned(),
            location: None,
            client: "Atlas Textile".to_owned(),
            site: None,
            failed_at: Some("2026-03-03T10:00:00Z".parse().expect("instant")),
            failure: Some("Opérateur absent".to_owned()),
        }
    }

    fn away(jobs: usize) -> TechnicianFacts {
        let open_jobs = (1..=jobs)
            .map(|n| (format!("INT-2026-{n:05}"), format!("Travail {n}")))
            .collect();
        TechnicianFacts {
            full_name: "Youssef Amrani".to_owned(),
            open_jobs,
        }
    }

    fn facts_of(notice: Notice) -> Facts {
        match notice {
            Notice::EquipmentDown | Notice::FailureKnown => Facts::Equipment(equipment()),
            Notice::TechnicianAway => Facts::Technician(away(2)),
            _ => Facts::Job(job()),
        }
    }

    #[test]
    fn the_technician_reads_all_that_the_visit_needs() {
        let written = write(Notice::JobAssigned, &Facts::Job(job())).expect("a text");
        assert_eq!(
            written.subject,
            "Intervention INT-2026-00012 affectée : Compresseur GA37 (Atlas Textile)"
        );
        assert_eq!(
            written.body,
            "L'intervention INT-2026-00012 vous est affectée.\n\n\
             • Numéro : INT-2026-00012\n\
             • Objet : Fuite d'huile\n\
             • Équipement : Compresseur GA37 (n° de série AT-0042)\n\
             • Client : Atlas Textile\n\
             • Lieu : Usine Sidi Maârouf, Casablanca, Atelier 2\n\
             • Date prévue : mardi 1er décembre 2026 à 9 h 05\n\
             • Priorité : critique\n\n\
             > Huile au sol sous le compresseur."
        );
    }

    #[test]
    fn the_client_reads_the_report_and_is_asked_for_an_opinion() {
        let written = write(Notice::JobReport, &Facts::Job(job())).expect("a text");
        assert_eq!(
            written.subject,
            "Intervention INT-2026-00012 terminée : Compresseur GA37"
        );
        assert!(
            written
                .body
                .contains("Compte rendu :\n\n> Joint remplacé.\n> Essai concluant.\n\nVotre avis")
        );
        assert!(
            written
                .body
                .contains("• Terminée le : mardi 5 mai 2026 à 11 h 00"),
            "{}",
            written.body
        );
    }

    #[test]
    fn clients_do_not_read_what_is_not_for_them() {
        let to_clients = [
            Notice::RequestReceived,
            Notice::TechnicianNamed,
            Notice::JobReport,
            Notice::JobCancelled,
            Notice::FailureKnown,
        ];
        for notice in to_clients {
            let Written { subject, body } = write(notice, &facts_of(notice)).expect("a text");
            for secret in ["injoignable", "Opérateur absent"] {
                assert!(
                    !subject.contains(secret) && !body.contains(secret),
                    "{notice:?}: {body}"
                );
            }
        }
    }

    #[test]
    fn every_notice_has_a_text_that_fits_whatever_people_typed() {
        let huge = "é".repeat(12_000);
        for &notice in Notice::all() {
            let facts = match facts_of(notice) {
                Facts::Job(job) => Facts::Job(JobFacts {
                    title: huge.clone(),
                    equipment: huge.clone(),
                    description: huge.clone(),
                    report: Some(huge.clone()),
                    ..job
                }),
                Facts::Equipment(e) => Facts::Equipment(EquipmentFacts {
                    failure: Some(huge.clone()),
                    name: huge.clone(),
                    ..e
                }),
                Facts::Technician(_) => Facts::Technician(away(300)),
            };
            let written = write(notice, &facts).expect("a text");
            assert!(
                !written.subject.is_empty() && written.subject.chars().count() <= MAX_SUBJECT,
                "{notice:?}"
            );
            assert!(
                !written.body.is_empty() && written.body.chars().count() <= MAX_BODY,
                "{notice:?}"
            );
        }
        assert_eq!(write(Notice::JobAssigned, &Facts::Technician(away(1))), None);
    }

    #[test]
    fn missing_facts_leave_no_empty_lines() {
        let bare = JobFacts {
            planned_at: None,
            site: None,
            location: None,
            critical: false,
            report: None,
            ..job()
        };
        let body = write(Notice::JobAssigned, &Facts::Job(bare.clone()))
            .expect("a text")
            .body;
        assert!(
            body.contains("• Date prévue : à convenir")
                && !body.contains("Lieu")
                && !body.contains("Priorité")
        );
        let body = write(Notice::JobReport, &Facts::Job(bare)).expect("a text").body;
        assert!(!body.contains("Compte rendu"), "{body}");
    }

    #[test]
    fn numbers_agree() {
        let subject = |jobs| {
            write(Notice::TechnicianAway, &Facts::Technician(away(jobs)))
                .expect("a text")
                .subject
        };
        assert_eq!(
            subject(1),
            "Youssef Amrani indisponible : 1 intervention à réaffecter"
        );
        assert_eq!(
            subject(3),
            "Youssef Amrani indisponible : 3 interventions à réaffecter"
        );
        let body = write(Notice::TechnicianAway, &Facts::Technician(away(23)))
            .expect("a text")
            .body;
        assert!(
            body.contains("• INT-2026-00020 : Travail 20") && body.ends_with("Et 3 autres."),
            "{body}"
        );
    }

    #[test]
    fn instants_are_shown_in_the_time_of_morocco() {
        let shown = |t: &str| french(t.parse().expect("instant"));
        assert_eq!(
            shown("2026-05-03T23:30:00Z"),
            "lundi 4 mai 2026 à 0 h 30",
            "+01 until September 2026"
        );
        assert_eq!(
            shown("2026-12-31T23:30:00Z"),
            "jeudi 31 décembre 2026 à 23 h 30",
            "permanent UTC since"
        );
    }
}
