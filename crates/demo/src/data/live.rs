//! The situation that a visitor finds: what runs, waits, burns and is planned at this moment.

use domain::intervention::{Kind, Outcome, Priority, WaitReason};

use super::clients::Who;
use super::people::{Staff, Tech};
use crate::calendar::When::{Ago, Ahead, Day, Lately};
use crate::story::{Act, By, Story};

const CENTRE: By = By::Staff(Staff::Manager);
const NORTH: By = By::Staff(Staff::NorthManager);
const CLIENT: By = By::Portal(Who::Biscuits);
const VISITOR: By = By::Tech(Tech::Visitor);

const fn give(tech: Tech) -> Act {
    Act::Assign(tech, None, None)
}

fn repaired(diagnosis: &'static str, report: &'static str) -> Act {
    Act::Close { outcome: Outcome::Operational, diagnosis: Some(diagnosis), report }
}

/// All of it.
pub(crate) fn stories() -> Vec<Story> {
    let mut all = running();
    all.extend(waiting());
    all.extend(urgent());
    all.extend(for_the_visitors());
    all.extend(planned());
    all.extend(just_over());
    all
}

fn running() -> Vec<Story> {
    vec![
        Story::new(Ago(150), CLIENT, "automate-cuisson", Kind::Corrective,
            "Ligne de cuisson arrêtée : défaut automate",
            "L'automate de la ligne de cuisson affiche un défaut général depuis la prise de poste, toute la ligne est à l'arrêt.")
            .urgent().stops()
            .then(Ago(144), CENTRE, Act::Prioritise(Priority::Critical))
            .then(Ago(140), CENTRE, give(Tech::Automation))
            .then(Ago(118), By::Tech(Tech::Automation), Act::Start),
        Story::new(Day(3, 15, 20), NORTH, "presse-200", Kind::Corrective,
            "Fuite sur le vérin principal",
            "Suintement au vérin principal signalé par le chef d'équipe, environ un demi-litre par poste.")
            .priority(Priority::High)
            .then(Day(2, 9, 5), NORTH, Act::Assign(Tech::Hydraulics, Some(Lately(210)), None))
            .then(Lately(190), By::Tech(Tech::Hydraulics), Act::Start),
        Story::new(Day(6, 10, 0), CENTRE, "pompe-acide", Kind::Preventive,
            "Visite préventive pompe et contrôle vibratoire",
            "Relever les vibrations, contrôler la garniture et l'alignement, graisser les paliers. Consignation acide à demander au chef de quart.")
            .planned(Lately(90), 120)
            .then(Day(5, 11, 30), CENTRE, give(Tech::Rotating))
            .then(Lately(75), By::Tech(Tech::Rotating), Act::Start),
    ]
}

fn waiting() -> Vec<Story> {
    let hold = |why, returned, word| Act::Hold { why, returned, word };
    vec![
        Story::new(Day(4, 9, 10), CLIENT, "ensacheuse", Kind::Corrective,
            "Soudure transversale irrégulière",
            "Les sachets s'ouvrent une fois sur vingt, la mâchoire de soudure semble marquée.")
            .then(Day(4, 9, 40), CENTRE, Act::Prioritise(Priority::High))
            .then(Day(4, 10, 0), CENTRE, Act::Assign(Tech::Visitor, Some(Day(3, 8, 30)), None))
            .then(Day(3, 8, 30), VISITOR, Act::Start)
            .then(Day(3, 11, 15), VISITOR, hold(WaitReason::Parts, false, "Mâchoire de soudure commandée ; livrée à l'atelier ce matin.")),
        Story::new(Day(8, 14, 30), CLIENT, "chambre-froide-mohammedia", Kind::Corrective,
            "Compresseur frigorifique bruyant",
            "Le compresseur de la chambre froide fait du bruit au démarrage, la température tient.")
            .then(Day(7, 9, 0), CENTRE, give(Tech::Cold))
            .then(Day(6, 9, 15), By::Tech(Tech::Cold), Act::Start)
            .then(Day(6, 11, 0), By::Tech(Tech::Cold), hold(WaitReason::ClientApproval, true, "Remplacement du compresseur proposé, devis remis au client.")),
        Story::new(Day(9, 11, 0), NORTH, "poste-transformation", Kind::Corrective,
            "Odeur d'huile près du transformateur",
            "Odeur d'huile et légère trace sous le transformateur, niveau à contrôler hors tension.")
            .priority(Priority::High)
            .then(Day(9, 11, 45), NORTH, give(Tech::Electrician))
            .then(Day(8, 8, 45), By::Tech(Tech::Electrician), Act::Start)
            .then(Day(8, 10, 30), By::Tech(Tech::Electrician), hold(WaitReason::External, false, "Consignation du réseau moyenne tension demandée au distributeur.")),
        // Its technician falls ill at work: the job goes to wait with the technician's own change.
        Story::new(Day(2, 16, 5), By::Portal(Who::Cannery), "tunnel-surgelation", Kind::Corrective,
            "Évaporateur pris en glace",
            "Le tunnel ne descend plus sous -28 °C, givre important sur l'évaporateur gauche.")
            .then(Day(2, 16, 20), CENTRE, Act::Prioritise(Priority::High))
            .then(Day(2, 16, 40), CENTRE, give(Tech::ColdSouth))
            .then(Lately(240), By::Tech(Tech::ColdSouth), Act::Start),
        Story::new(Day(7, 8, 40), CENTRE, "broyeur", Kind::Corrective,
            "Broyeur bloqué",
            "Le broyeur ne redémarre plus après un bourrage, le moteur gronde.")
            .stops()
            .then(Day(7, 9, 0), CENTRE, give(Tech::Visitor))
            .then(Day(6, 14, 0), VISITOR, Act::Start)
            .then(Day(6, 15, 30), VISITOR, hold(WaitReason::Parts, true, "Jeu de couteaux commandé, délai dix jours ; accès rendu à l'atelier.")),
    ]
}

fn urgent() -> Vec<Story> {
    vec![
        Story::new(Ago(35), CLIENT, "four-tunnel", Kind::Corrective,
            "Four à l'arrêt : zone 2 en sécurité",
            "La zone 2 du four s'est mise en sécurité et ne se réarme pas, la production est arrêtée.")
            .urgent().stops()
            .then(Ago(31), CENTRE, Act::Prioritise(Priority::Critical)),
        Story::new(Ago(55), By::Portal(Who::Fertiliser), "bande-800", Kind::Corrective,
            "Bande déportée, arrêt du chargement",
            "La bande frotte sur le châssis entre les stations 12 et 14, le chargement du navire est arrêté.")
            .urgent().stops()
            .then(Ago(52), CENTRE, Act::Prioritise(Priority::Critical))
            .then(Ago(45), CENTRE, Act::Assign(Tech::Rotating, None, Some("Dès la fin de la visite de la pompe P-101."))),
        Story::new(Ago(180), NORTH, "chaudiere-tannerie", Kind::Corrective,
            "Fuite d'eau à la chaudière",
            "Fuite au corps de chauffe constatée par le gérant, chaudière arrêtée. Client suspendu : urgence acceptée par la direction.")
            .priority(Priority::Critical).urgent().stops(),
    ]
}

/// What the demonstration accounts begin with.
fn for_the_visitors() -> Vec<Story> {
    vec![
        Story::new(Ago(95), CLIENT, "compresseur-75", Kind::Corrective,
            "Température de sortie trop élevée",
            "Deux alarmes de température depuis ce matin, le compresseur repart après refroidissement.")
            .urgent()
            .then(Ago(86), CENTRE, Act::Prioritise(Priority::High))
            .then(Ago(80), CENTRE, give(Tech::Visitor)),
        Story::new(Day(5, 9, 30), CENTRE, "secheur-air", Kind::Preventive,
            "Visite préventive air comprimé",
            "Nettoyer le condenseur, contrôler la purge et le point de rosée.")
            .planned(Ahead(1, 9, 0), 90)
            .then(Day(4, 15, 0), CENTRE, give(Tech::Visitor)),
        Story::new(Day(3, 10, 20), CLIENT, "convoyeur-refroidissement", Kind::Corrective,
            "Bande décentrée en sortie de four",
            "La bande se décale de deux centimètres vers la droite en fin de poste.")
            .planned(Ahead(2, 14, 0), 120)
            .then(Day(2, 9, 15), CENTRE, give(Tech::Visitor)),
        Story::new(Day(1, 16, 45), CLIENT, "petrin", Kind::Corrective,
            "Bruit anormal au pétrissage",
            "Un claquement à chaque tour depuis hier après-midi, la pâte reste correcte."),
        Story::new(Day(2, 11, 10), CLIENT, "doseuse", Kind::Corrective,
            "Deux têtes de pesée en écart",
            "Les têtes 5 et 11 pèsent trois grammes de trop, elles sont désactivées en attendant."),
    ]
}

fn planned() -> Vec<Story> {
    vec![
        // Late: the day has passed.
        Story::new(Day(9, 9, 0), NORTH, "robot-soudage", Kind::Preventive,
            "Visite préventive automatisme",
            "Sauvegarder les programmes, contrôler les faisceaux du robot et la torche, étalonner l'outil.")
            .planned(Day(3, 9, 0), 180)
            .then(Day(8, 10, 0), NORTH, give(Tech::Automation)),
        Story::new(Day(5, 15, 15), NORTH, "compresseur-55", Kind::Preventive,
            "Visite préventive air comprimé",
            "Remplacer les filtres, contrôler le variateur et les purges. Visite en retard de onze jours.")
            .planned(Ahead(3, 8, 30), 150),
        Story::new(Day(4, 11, 0), CENTRE, "eau-glacee", Kind::Preventive,
            "Visite préventive froid et contrôle d'étanchéité",
            "Contrôler l'étanchéité, nettoyer le condenseur, relever pressions et températures.")
            .planned(Ahead(3, 9, 0), 150)
            .then(Day(3, 9, 20), CENTRE, give(Tech::Cold)),
        Story::new(Day(4, 11, 20), CENTRE, "tgbt-biscuiterie", Kind::Preventive,
            "Visite préventive électrique et thermographie",
            "Thermographie en charge, serrage au couple, essai des protections différentielles.")
            .planned(Ahead(8, 8, 0), 240)
            .then(Day(3, 9, 30), CENTRE, give(Tech::Automation)),
        Story::new(Day(3, 14, 0), CENTRE, "chambre-froide-agadir", Kind::Preventive,
            "Visite préventive froid et contrôle d'étanchéité",
            "Contrôle d'étanchéité annuel et nettoyage des évaporateurs, avant la campagne d'agrumes.")
            .planned(Ahead(2, 10, 0), 150)
            .then(Day(3, 14, 30), CENTRE, give(Tech::ColdSouth)),
        Story::new(Day(2, 10, 0), CENTRE, "crible", Kind::Preventive,
            "Visite préventive manutention continue",
            "Contrôler les toiles, les suspensions et les paliers du crible.")
            .planned(Ahead(4, 9, 0), 180),
        Story::new(Day(2, 10, 15), CENTRE, "chaudiere-vapeur", Kind::Preventive,
            "Visite préventive thermique",
            "Essai des sécurités, analyse de combustion, contrôle des purgeurs. À faire au retour du chauffagiste.")
            .planned(Ahead(6, 8, 0), 300)
            .then(Day(2, 10, 40), CENTRE, give(Tech::Boiler)),
        Story::new(Day(3, 16, 0), NORTH, "pont-roulant", Kind::Preventive,
            "Contrôle périodique de l'appareil de levage",
            "Contrôle du câble, des freins et des fins de course, mise à jour du registre.")
            .planned(Ahead(6, 9, 0), 180)
            .then(Day(3, 16, 20), NORTH, give(Tech::Fitter)),
        Story::new(Day(1, 10, 30), NORTH, "onduleur", Kind::Preventive,
            "Visite préventive électrique et thermographie",
            "Essai d'autonomie des batteries, serrages, dépoussiérage.")
            .planned(Ahead(9, 9, 0), 150)
            .then(Day(1, 11, 0), NORTH, give(Tech::Electrician)),
        Story::new(Day(1, 14, 10), NORTH, "groupe-domaine", Kind::Corrective,
            "Groupe qui s'arrête après dix minutes",
            "Le groupe démarre puis s'arrête après une dizaine de minutes, voyant de température allumé."),
        Story::new(Lately(130), By::Portal(Who::Cables), "porte-sectionnelle", Kind::Corrective,
            "Porte de quai lente à l'ouverture",
            "La porte met plus d'une minute à s'ouvrir et s'arrête parfois à mi-hauteur."),
        Story::new(Day(6, 9, 0), CENTRE, "ventilateur", Kind::Curative,
            "Remplacement des paliers du ventilateur",
            "Vibrations en hausse depuis deux mois : remplacer les deux paliers et équilibrer la roue.")
            .priority(Priority::High).planned(Ahead(5, 8, 0), 360)
            .then(Day(5, 9, 0), CENTRE, give(Tech::Rotating)),
        Story::new(Day(2, 15, 50), CENTRE, "station-pompage", Kind::Curative,
            "Bilan de la station après défauts répétés",
            "Trois défauts en deux mois sur les groupes : relever, analyser et proposer un plan d'action."),
    ]
}

fn just_over() -> Vec<Story> {
    vec![
        // Closed, not yet rated by the client.
        Story::new(Day(2, 9, 25), CLIENT, "compresseur-75", Kind::Corrective,
            "Purge de condensats bloquée",
            "De l'eau arrive aux vérins de la ligne de conditionnement.")
            .then(Day(2, 9, 50), CENTRE, give(Tech::Visitor))
            .then(Day(1, 9, 40), VISITOR, Act::Start)
            .then(Day(1, 11, 25), VISITOR, repaired("Électrovanne de purge colmatée.",
                "Électrovanne de purge remplacée et réseau purgé, plus d'eau aux points bas après une heure.")),
        Story::new(Lately(360), CLIENT, "convoyeur-refroidissement", Kind::Corrective,
            "Arrêt d'urgence bloqué côté four",
            "Le bouton d'arrêt d'urgence reste enfoncé, le convoyeur ne repart pas.")
            .urgent().stops()
            .then(Lately(352), CENTRE, give(Tech::Visitor))
            .then(Lately(335), VISITOR, Act::Start)
            .then(Lately(262), VISITOR, repaired("Mécanisme du bouton encrassé par la farine.",
                "Bouton d'arrêt d'urgence remplacé par un modèle étanche, chaîne d'arrêt essayée, ligne rendue.")),
        Story::new(Day(2, 8, 50), By::Portal(Who::Cables), "banc-test", Kind::Corrective,
            "Connecteur de test usé",
            "Faux défauts sur le connecteur C12 du banc, un faisceau sur dix est rejeté à tort.")
            .then(Day(2, 9, 10), NORTH, give(Tech::Electrician))
            .then(Lately(230), By::Tech(Tech::Electrician), Act::Start)
            .then(Lately(150), By::Tech(Tech::Electrician), repaired("Broches du connecteur C12 matées.",
                "Connecteur C12 remplacé, étalonnage du banc refait, cinquante faisceaux contrôlés sans faux défaut.")),
        Story::new(Day(2, 17, 0), By::Portal(Who::Cables), "coupe-fils", Kind::Corrective,
            "Longueurs de coupe irrégulières",
            "Écarts de deux millimètres sur les fils de 0,5 mm².")
            .then(Lately(110), By::Portal(Who::Cables), Act::Cancel("Réglage fait par nos équipes, la machine est conforme.")),
        Story::new(Day(2, 13, 45), CENTRE, "ensacheuse", Kind::Corrective,
            "Sachets ouverts sur la ligne 2",
            "Signalement téléphonique de sachets mal soudés sur la ligne de conditionnement.")
            .then(Day(2, 14, 5), CENTRE, Act::Cancel("Demande en double : voir l'intervention en attente de pièce sur l'ensacheuse.")),
    ]
}
