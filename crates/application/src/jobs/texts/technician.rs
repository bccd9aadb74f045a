//! What is told of a technician.

use domain::notification::{Notice, TechnicianFacts};

use super::Text;
use crate::jobs::message::Message;

/// Most jobs that a text lists.
const MAX_LISTED: usize = 20;

pub(super) fn text(notice: Notice, technician: &TechnicianFacts) -> Option<Text> {
    match notice {
        Notice::TechnicianAway => Some(away(technician)),
        _ => None,
    }
}

fn away(technician: &TechnicianFacts) -> Text {
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
