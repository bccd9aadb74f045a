//! Turns of the past months that no table of faults would give: a machine beyond repair, a repair
//! that did not hold, a technician who fell ill, jobs that changed hands.

use domain::intervention::{Kind, Outcome, Priority, WaitReason};

use super::clients::Who;
use super::people::{Staff, Tech};
use crate::calendar::When::{self, Ahead, Day, Lately};
use crate::story::{Act, By, Story, Turn};

const ADMIN: By = By::Staff(Staff::Admin);
const CENTRE: By = By::Staff(Staff::Manager);
const NORTH: By = By::Staff(Staff::NorthManager);

/// What happens beside the jobs.
pub(crate) fn turns() -> Vec<(When, By, Turn)> {
    vec![
        (Day(60, 10, 15), NORTH, Turn::Drop(Tech::Hydraulics, "Malaise sur site, arrêt de travail")),
        (Day(57, 8, 0), NORTH, Turn::Return(Tech::Hydraulics, "Reprise du travail")),
        (Day(20, 11, 0), ADMIN, Turn::Suspend(Who::Tannery)),
        (Day(4, 8, 0), CENTRE, Turn::Leave(Tech::Boiler, "Congé annuel")),
        (Day(2, 8, 0), NORTH, Turn::Train(Tech::Fitter, "Recyclage travail en hauteur et ponts roulants")),
        (Day(2, 14, 0), NORTH, Turn::Maintain("presse-sertissage", "Immobilisée pour essais de qualification d'un nouvel outil")),
        (Day(1, 15, 25), NORTH, Turn::Fail("motopompe-2", "Déclenchement différentiel au démarrage, signalé par l'exploitation")),
        (Lately(100), CENTRE, Turn::Drop(Tech::ColdSouth, "Arrêt maladie, relais à organiser")),
    ]
}

/// Jobs that belong to them.
pub(crate) fn stories() -> Vec<Story> {
    vec![
        Story::new(Day(34, 9, 0), NORTH, "compresseur-tannerie", Kind::Corrective,
            "Compresseur arrêté, fumée au refoulement",
            "Le compresseur s'est arrêté avec de la fumée, odeur d'huile brûlée.")
            .priority(Priority::High).stops()
            .then(Day(34, 9, 30), NORTH, Act::Assign(Tech::Fitter, None, None))
            .then(Day(33, 9, 0), By::Tech(Tech::Fitter), Act::Start)
            .then(Day(33, 11, 40), NORTH, Act::Close {
                outcome: Outcome::Decommissioned,
                diagnosis: Some("Culasse fissurée et bielle marquée, machine de 2007 sans pièces disponibles."),
                report: "Compresseur consigné et déposé : réparation plus chère que le remplacement, accord du gérant.",
            }),
        Story::new(Day(12, 10, 10), CENTRE, "presse-injection-150", Kind::Corrective,
            "Pression de verrouillage instable",
            "La force de fermeture chute en cours d'injection, bavures sur les pièces.")
            .priority(Priority::High).stops().named("verrouillage")
            .then(Day(12, 10, 45), CENTRE, Act::Assign(Tech::Hydraulics, None, None))
            .then(Day(11, 8, 30), By::Tech(Tech::Hydraulics), Act::Start)
            .then(Day(11, 12, 20), By::Tech(Tech::Hydraulics), Act::Close {
                outcome: Outcome::Down,
                diagnosis: Some("Fuite interne du vérin de fermeture, chemise rayée."),
                report: "Joints remplacés sans résultat durable : la chemise du vérin doit être rectifiée en atelier.",
            }),
        Story::new(Day(10, 9, 0), CENTRE, "presse-injection-150", Kind::Curative,
            "Rectification du vérin de fermeture",
            "Déposer le vérin, faire rectifier la chemise, remonter et régler. Suite de l'intervention non concluante.")
            .priority(Priority::High).stops().following("verrouillage").planned(Ahead(2, 8, 0), 420)
            .then(Day(9, 10, 0), CENTRE, Act::Assign(Tech::Hydraulics, None, Some("Vérin attendu de l'atelier de rectification."))),
        // Interrupted by the technician's illness, finished by somebody else.
        Story::new(Day(61, 15, 0), NORTH, "centrale-hydraulique", Kind::Corrective,
            "Échauffement du circuit d'huile",
            "Température d'huile à 66 °C en fin de matinée, alarme acquittée trois fois.")
            .then(Day(61, 15, 30), NORTH, Act::Assign(Tech::Hydraulics, Some(Day(60, 8, 30)), None))
            .then(Day(60, 8, 30), By::Tech(Tech::Hydraulics), Act::Start)
            .then(Day(60, 11, 0), NORTH, Act::Assign(Tech::Rotating, None, Some("Relais de l'équipe Sud.")))
            .then(Day(59, 9, 0), By::Tech(Tech::Rotating), Act::Resume("Reprise après passage de consignes."))
            .then(Day(59, 12, 10), By::Tech(Tech::Rotating), Act::Close {
                outcome: Outcome::Operational,
                diagnosis: Some("Échangeur eau-huile entartré."),
                report: "Échangeur détartré, vanne thermostatique remplacée, température stabilisée à 45 °C.",
            }),
        // Changes hands at work.
        Story::new(Day(46, 14, 0), By::Portal(Who::Cannery), "sertisseuse", Kind::Corrective,
            "Sertis irréguliers sur la tête 3",
            "Le contrôle qualité relève des sertis trop lâches sur la tête 3.")
            .then(Day(46, 14, 20), CENTRE, Act::Prioritise(Priority::High))
            .then(Day(46, 14, 30), CENTRE, Act::Assign(Tech::Boiler, None, None))
            .then(Day(45, 9, 0), By::Tech(Tech::Boiler), Act::Start)
            .then(Day(45, 10, 30), CENTRE, Act::Assign(Tech::Rotating, None, Some("Réglage d'alignement nécessaire.")))
            .then(Day(45, 13, 10), By::Tech(Tech::Rotating), Act::Close {
                outcome: Outcome::Operational,
                diagnosis: Some("Axe de la tête 3 désaligné après un bourrage."),
                report: "Tête 3 réalignée, jeux repris, contrôle de vingt boîtes : sertis conformes.",
            })
            .then(Day(44, 10, 0), By::Portal(Who::Cannery), Act::Rate(4, Some("Bonne réaction, deux techniciens mobilisés."))),
        // Moved, then called off.
        Story::new(Day(38, 9, 30), CENTRE, "refroidisseur", Kind::Corrective,
            "Débit d'eau du refroidisseur insuffisant",
            "Alarme de débit sur le refroidisseur, moule trop chaud en fin de série.")
            .planned(Day(36, 9, 0), 90)
            .then(Day(38, 10, 0), CENTRE, Act::Assign(Tech::Cold, None, None))
            .then(Day(37, 16, 0), CENTRE, Act::Assign(Tech::Cold, Some(Day(34, 9, 0)), Some("Déplacée à la demande de l'atelier.")))
            .then(Day(35, 9, 0), CENTRE, Act::Unassign("Technicienne appelée sur une urgence."))
            .then(Day(34, 11, 0), CENTRE, Act::Cancel("Circuit nettoyé par l'atelier, débit revenu à la normale.")),
        // A cause removed, after a wait for the client.
        Story::new(Day(28, 11, 0), CENTRE, "pompe-eau-mer", Kind::Curative,
            "Corrosion répétée du corps de pompe",
            "Troisième fuite en un an sur le corps de pompe : traiter la cause.")
            .then(Day(28, 14, 0), CENTRE, Act::Assign(Tech::Rotating, None, None))
            .then(Day(26, 8, 30), By::Tech(Tech::Rotating), Act::Start)
            .then(Day(26, 10, 0), By::Tech(Tech::Rotating), Act::Hold {
                why: WaitReason::ClientApproval, returned: true, word: "Choix du revêtement soumis au directeur technique.",
            })
            .then(Day(23, 8, 30), By::Tech(Tech::Rotating), Act::Resume("Accord du client reçu."))
            .then(Day(23, 15, 0), By::Tech(Tech::Rotating), Act::Close {
                outcome: Outcome::Operational,
                diagnosis: Some("Revêtement d'origine absent sur la volute."),
                report: "Volute sablée et revêtue, anodes remplacées, contrôle d'épaisseur annexé au dossier.",
            })
            .then(Day(21, 9, 0), By::Portal(Who::Cannery), Act::Rate(5, Some("Plus aucune fuite depuis."))),
    ]
}
