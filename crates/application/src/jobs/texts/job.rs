//! What is told of a job.

use domain::notification::{JobFacts, Notice};

use super::Text;
use super::words::{self, Line, french};
use crate::jobs::message::Message;

pub(super) fn text(notice: Notice, job: &JobFacts) -> Option<Text> {
    Some(match notice {
        Notice::RequestReceived => request_received(job),
        Notice::UrgentJob => urgent(job),
        Notice::JobRaised => raised(job),
        Notice::NewRequest => new_request(job),
        Notice::JobAssigned => assigned(job),
        Notice::TechnicianNamed => technician_named(job),
        Notice::VisitMoved => visit_moved(job),
        Notice::JobMoved => moved(job),
        Notice::JobReport => report(job),
        Notice::JobClosed => closed(job),
        Notice::JobWithdrawn => withdrawn(job),
        Notice::VisitCancelled => visit_cancelled(job),
        Notice::JobCancelled => cancelled(job),
        _ => return None,
    })
}

fn request_received(job: &JobFacts) -> Text {
    let next = match priority(job) {
        Some(priority) => format!("Elle est traitée comme {priority} : notre équipe en est avertie."),
        None => "Vous serez averti dès qu'un technicien sera désigné.".to_owned(),
    };
    let message = Message::default()
        .paragraph(&format!(
            "Nous avons bien reçu votre demande d'intervention « {} ». {next}",
            job.title
        ))
        .details([
            number(job),
            machine(job),
            place(job),
            ("Date souhaitée", job.planned_at.map(french)),
        ])
        .quote(Some(&job.description));
    (
        format!("Demande {} bien reçue : {}", job.number, job.equipment),
        message,
    )
}

fn urgent(job: &JobFacts) -> Text {
    let priority = priority(job).unwrap_or("urgente");
    let failure = if job.failure {
        " L'équipement est déclaré en panne."
    } else {
        ""
    };
    let message = Message::default()
        .paragraph(&format!(
            "Une intervention {priority} vient d'être créée.{failure} {}",
            whose(job)
        ))
        .details(everything(job, "non planifiée"))
        .quote(Some(&job.description));
    (
        format!(
            "Intervention {priority} {} : {} ({})",
            job.number, job.equipment, job.client
        ),
        message,
    )
}

fn raised(job: &JobFacts) -> Text {
    let priority = priority(job).unwrap_or("urgente");
    let message = Message::default()
        .paragraph(&format!(
            "L'intervention {} est désormais {priority}. {}",
            job.number,
            whose(job)
        ))
        .details(everything(job, "non planifiée"))
        .quote(Some(&job.description));
    (for_staff(job, &format!("désormais {priority}")), message)
}

/// Who has the job.
fn whose(job: &JobFacts) -> String {
    match &job.technician_name {
        Some(name) => format!("Elle est affectée à {name}."),
        None => "Elle attend l'affectation d'un technicien.".to_owned(),
    }
}

fn new_request(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!("{} demande une intervention.", job.client))
        .details(everything(job, "à convenir"))
        .quote(Some(&job.description));
    (
        format!("Demande {} : {} ({})", job.number, job.equipment, job.client),
        message,
    )
}

fn assigned(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!("L'intervention {} vous est affectée.", job.number))
        .details(everything(job, "à convenir"))
        .quote(Some(&job.description));
    (for_staff(job, "affectée"), message)
}

fn technician_named(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!(
            "Un technicien prend en charge votre intervention « {} ».",
            job.title
        ))
        .details([
            number(job),
            machine(job),
            place(job),
            technician(job),
            planned_or(job, "à convenir"),
        ]);
    (
        format!("Intervention {} : un technicien est désigné", job.number),
        message,
    )
}

fn visit_moved(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!("La date de l'intervention {} a changé.", job.number))
        .details(everything(job, "à convenir"));
    (for_staff(job, "replanifiée"), message)
}

fn moved(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!(
            "La date de votre intervention « {} » a changé.",
            job.title
        ))
        .details([
            number(job),
            machine(job),
            place(job),
            technician(job),
            planned_or(job, "à convenir"),
        ]);
    (for_client(job, "replanifiée"), message)
}

fn report(job: &JobFacts) -> Text {
    let mut message = Message::default()
        .paragraph(&format!("L'intervention « {} » est terminée.", job.title))
        .details([number(job), machine(job), technician(job), finished(job)]);
    if job.report.is_some() {
        message = message.paragraph("Compte rendu :").quote(job.report.as_deref());
    }
    let message = message.paragraph(
        "Votre avis nous aide à progresser : vous pouvez évaluer cette intervention depuis votre espace client.",
    );
    (for_client(job, "terminée"), message)
}

fn closed(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!("L'intervention {} est clôturée.", job.number))
        .details([
            title(job),
            machine(job),
            client(job),
            technician(job),
            finished(job),
        ])
        .quote(job.report.as_deref());
    (for_staff(job, "clôturée"), message)
}

fn withdrawn(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!(
            "L'intervention {} ne vous est plus affectée : vous n'avez plus à intervenir.",
            job.number
        ))
        .details([title(job), machine(job), client(job), planned(job)]);
    (for_staff(job, "retirée"), message)
}

fn visit_cancelled(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!(
            "L'intervention {} est annulée : vous n'avez plus à intervenir.",
            job.number
        ))
        .details([
            title(job),
            machine(job),
            client(job),
            planned(job),
            ("Motif", job.cancel_reason.clone()),
        ]);
    (for_staff(job, "annulée"), message)
}

fn cancelled(job: &JobFacts) -> Text {
    let message = Message::default()
        .paragraph(&format!("L'intervention « {} » est annulée.", job.title))
        .details([number(job), machine(job), planned(job)])
        .paragraph("Pour toute question, adressez-vous à votre interlocuteur habituel.");
    (for_client(job, "annulée"), message)
}

/// Subject for whom the client's name tells something.
fn for_staff(job: &JobFacts, done: &str) -> String {
    format!("{} ({})", for_client(job, done), job.client)
}

fn for_client(job: &JobFacts, done: &str) -> String {
    format!("Intervention {} {done} : {}", job.number, job.equipment)
}

/// All that a visit needs.
fn everything(job: &JobFacts, unplanned: &str) -> [Line; 7] {
    [
        number(job),
        title(job),
        machine(job),
        client(job),
        place(job),
        planned_or(job, unplanned),
        ("Priorité", priority(job).map(str::to_owned)),
    ]
}

/// How soon, where it matters.
fn priority(job: &JobFacts) -> Option<&'static str> {
    if job.critical {
        Some("critique")
    } else {
        job.urgent.then_some("urgente")
    }
}

fn number(job: &JobFacts) -> Line {
    ("Numéro", Some(job.number.clone()))
}

fn title(job: &JobFacts) -> Line {
    ("Objet", Some(job.title.clone()))
}

fn machine(job: &JobFacts) -> Line {
    words::machine(&job.equipment, &job.serial_number)
}

fn client(job: &JobFacts) -> Line {
    ("Client", Some(job.client.clone()))
}

fn place(job: &JobFacts) -> Line {
    words::place(job.site.as_deref(), job.location.as_deref())
}

fn technician(job: &JobFacts) -> Line {
    ("Technicien", job.technician_name.clone())
}

fn planned(job: &JobFacts) -> Line {
    ("Date prévue", job.planned_at.map(french))
}

fn planned_or(job: &JobFacts, unplanned: &str) -> Line {
    let (label, planned) = planned(job);
    (label, planned.or_else(|| Some(unplanned.to_owned())))
}

fn finished(job: &JobFacts) -> Line {
    ("Terminée le", job.finished_at.map(french))
}
