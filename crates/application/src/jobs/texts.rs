//! What people read: one subject and one text per notice, in French; a file per kind of object.
//!
//! Clients are told what they may know of a job (never diagnosis, cost, reason of a cancellation or
//! anybody's address); technicians and leads what they need to act.

mod equipment;
mod job;
mod technician;
mod words;

use domain::notification::{EquipmentFacts, JobFacts, MAX_SUBJECT, Notice, TechnicianFacts};

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

/// Subject and text, as they were put together.
type Text = (String, Message);

/// Writes a notice; `None` when it does not go with such facts.
pub fn write(notice: Notice, facts: &Facts) -> Option<Written> {
    let (subject, message) = match facts {
        Facts::Job(job) => job::text(notice, job),
        Facts::Equipment(equipment) => equipment::text(notice, equipment),
        Facts::Technician(technician) => technician::text(notice, technician),
    }?;
    Some(Written {
        subject: clip(&one_line(&subject), MAX_SUBJECT),
        body: message.write(),
    })
}

#[cfg(test)]
mod tests {
    use domain::Vocab;
    use domain::intervention::Status;
    use domain::notification::MAX_BODY;
    use domain::technician::Availability;

    use super::*;

    fn job() -> JobFacts {
        JobFacts {
            number: "INT-2026-00012".to_owned(),
            status: Status::Open,
            title: "Fuite d'huile".to_owned(),
            description: "Huile au sol sous le compresseur.".to_owned(),
            critical: true,
            urgent: true,
            requested: true,
            failure: false,
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
            decommissioned: false,
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
            availability: Availability::Unavailable,
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
            Notice::JobMoved,
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
            urgent: false,
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
    fn a_moved_date_is_told_as_it_is_now() {
        for notice in [Notice::VisitMoved, Notice::JobMoved] {
            let written = write(notice, &Facts::Job(job())).expect("a text");
            assert!(
                written.subject.contains("INT-2026-00012 replanifiée")
                    && written
                        .body
                        .contains("• Date prévue : mardi 1er décembre 2026 à 9 h 05"),
                "{written:?}"
            );
        }
    }

    #[test]
    fn an_urgent_request_is_called_so() {
        let urgent = Facts::Job(JobFacts {
            critical: false,
            ..job()
        });
        let written = write(Notice::UrgentJob, &urgent).expect("a text");
        assert_eq!(
            written.subject,
            "Intervention urgente INT-2026-00012 : Compresseur GA37 (Atlas Textile)"
        );
        assert!(
            written
                .body
                .contains("Une intervention urgente vient d'être créée.")
                && written.body.contains("• Priorité : urgente"),
            "{}",
            written.body
        );
        let receipt = write(Notice::RequestReceived, &urgent).expect("a text").body;
        assert!(receipt.contains("Elle est traitée comme urgente"), "{receipt}");
    }

    #[test]
    fn an_urgent_job_that_declares_a_failure_says_both_in_one_message() {
        let declared = Facts::Job(JobFacts {
            failure: true,
            ..job()
        });
        let body = write(Notice::UrgentJob, &declared).expect("a text").body;
        assert!(
            body.contains("vient d'être créée. L'équipement est déclaré en panne. Elle"),
            "{body}"
        );
        let plain = write(Notice::UrgentJob, &Facts::Job(job())).expect("a text").body;
        assert!(!plain.contains("panne"), "{plain}");
    }

    #[test]
    fn a_job_that_has_become_pressing_is_called_so() {
        for (critical, word) in [(true, "critique"), (false, "urgente")] {
            let facts = Facts::Job(JobFacts { critical, ..job() });
            let Written { subject, body } = write(Notice::JobRaised, &facts).expect("a text");
            assert_eq!(
                subject,
                format!("Intervention INT-2026-00012 désormais {word} : Compresseur GA37 (Atlas Textile)")
            );
            assert!(
                body.contains(&format!("INT-2026-00012 est désormais {word}. Elle"))
                    && body.contains(&format!("• Priorité : {word}")),
                "{body}"
            );
        }
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
}
