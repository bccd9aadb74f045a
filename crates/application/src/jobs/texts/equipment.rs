//! What is told of an equipment.

use domain::notification::{EquipmentFacts, Notice};

use super::Text;
use super::words::{self, Line, french};
use crate::jobs::message::Message;

pub(super) fn text(notice: Notice, equipment: &EquipmentFacts) -> Option<Text> {
    Some(match notice {
        Notice::EquipmentDown => down(equipment),
        Notice::FailureKnown => failure_known(equipment),
        _ => return None,
    })
}

fn down(equipment: &EquipmentFacts) -> Text {
    let message = Message::default()
        .paragraph("Une panne vient d'être déclarée.")
        .details([
            machine(equipment),
            ("Client", Some(equipment.client.clone())),
            place(equipment),
            since(equipment),
        ])
        .quote(equipment.failure.as_deref());
    (
        format!("Panne déclarée : {} ({})", equipment.name, equipment.client),
        message,
    )
}

fn failure_known(equipment: &EquipmentFacts) -> Text {
    let message = Message::default()
        .paragraph("Une panne de votre équipement est enregistrée. Notre équipe en est avertie.")
        .details([machine(equipment), place(equipment), since(equipment)]);
    (format!("Panne enregistrée : {}", equipment.name), message)
}

fn machine(equipment: &EquipmentFacts) -> Line {
    words::machine(&equipment.name, &equipment.serial_number)
}

fn place(equipment: &EquipmentFacts) -> Line {
    words::place(equipment.site.as_deref(), equipment.location.as_deref())
}

fn since(equipment: &EquipmentFacts) -> Line {
    ("Depuis le", equipment.failed_at.map(french))
}
