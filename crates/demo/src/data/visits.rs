//! What is done on each family of equipment before it fails.

use domain::intervention::WaitReason;

use super::Family;

/// A preventive visit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    pub(crate) title: &'static str,
    pub(crate) scope: &'static str,
    /// Reports, used in turn.
    pub(crate) reports: &'static [&'static str],
    /// Minutes of work.
    pub(crate) minutes: i32,
}

/// The visit of a family; none for lines, whose parts are visited.
#[rustfmt::skip]
pub(crate) fn of(family: Family) -> Option<&'static Visit> {
    Some(match family {
        Family::Line => return None,
        Family::Compressor => &Visit { title: "Visite préventive air comprimé",
            scope: "Remplacer les filtres à air et à huile, contrôler les purges, relever les heures et les températures.",
            reports: &["Filtres remplacés, purges contrôlées, aucune anomalie. Prochaine vidange à prévoir dans 1 000 heures.",
                "Filtres remplacés, un flexible de purge changé. Températures normales."], minutes: 120 },
        Family::Cold => &Visit { title: "Visite préventive froid et contrôle d'étanchéité",
            scope: "Contrôler l'étanchéité du circuit, nettoyer les échangeurs, relever pressions et températures, remplir la fiche fluide.",
            reports: &["Circuit étanche, échangeurs nettoyés, pressions conformes. Fiche fluide à jour.",
                "Circuit étanche, resserrage d'une vanne de service, échangeurs nettoyés. Fiche fluide à jour."], minutes: 150 },
        Family::Press => &Visit { title: "Visite préventive hydraulique",
            scope: "Contrôler flexibles et accumulateurs, prélever l'huile pour analyse, vérifier les organes de sécurité.",
            reports: &["Flexibles et accumulateurs conformes, huile prélevée, sécurités essayées.",
                "Un flexible suintant remplacé, huile prélevée, sécurités essayées."], minutes: 180 },
        Family::Conveyor => &Visit { title: "Visite préventive manutention continue",
            scope: "Graisser les paliers, contrôler tension et centrage, vérifier les arrêts d'urgence et les carters.",
            reports: &["Paliers graissés, tension correcte, arrêts d'urgence essayés.",
                "Paliers graissés, deux rouleaux remplacés, arrêts d'urgence essayés."], minutes: 120 },
        Family::Electrical => &Visit { title: "Visite préventive électrique et thermographie",
            scope: "Thermographie en charge, serrage au couple, dépoussiérage, essai des protections différentielles.",
            reports: &["Aucun point chaud, serrages repris, protections différentielles essayées. Rapport de thermographie remis.",
                "Un serrage repris, aucun écart supérieur à 10 °C. Rapport de thermographie remis."], minutes: 210 },
        Family::Control => &Visit { title: "Visite préventive automatisme",
            scope: "Sauvegarder les programmes, nettoyer l'armoire, contrôler alimentations, ventilateurs et piles.",
            reports: &["Programmes sauvegardés, armoire nettoyée, alimentations conformes.",
                "Programmes sauvegardés, pile de sauvegarde et filtre de ventilation remplacés."], minutes: 90 },
        Family::Pump => &Visit { title: "Visite préventive pompe et contrôle vibratoire",
            scope: "Relever les vibrations, contrôler garniture et alignement, graisser les paliers.",
            reports: &["Niveau vibratoire 1,9 mm/s, garniture sèche, paliers graissés.",
                "Alignement repris à 0,05 mm, niveau vibratoire 2,2 mm/s, paliers graissés."], minutes: 120 },
        Family::Heat => &Visit { title: "Visite préventive thermique",
            scope: "Analyser la combustion ou la montée en température, essayer les sécurités, contrôler joints et robinetterie.",
            reports: &["Sécurités essayées une à une, réglages conformes, joints en bon état.",
                "Rendement relevé à 92 %, sécurités essayées, un purgeur remplacé."], minutes: 210 },
        Family::Machine => &Visit { title: "Visite préventive mécanique",
            scope: "Graissage complet, contrôle des jeux, des courroies et des organes de sécurité, nettoyage technique.",
            reports: &["Graissage fait, jeux dans les tolérances, sécurités essayées.",
                "Graissage fait, une courroie remplacée par anticipation, sécurités essayées."], minutes: 150 },
        Family::Lifting => &Visit { title: "Contrôle périodique de l'appareil de levage",
            scope: "Contrôler câble, crochet, freins et fins de course, essai de fonctionnement, mise à jour du registre.",
            reports: &["Câble et crochet sans défaut, freins et fins de course essayés, registre mis à jour."], minutes: 180 },
        Family::Injection => &Visit { title: "Visite préventive presse à injecter",
            scope: "Contrôler parallélisme des plateaux, flexibles, colliers chauffants et sécurités de porte.",
            reports: &["Parallélisme 0,06 mm, colliers conformes, sécurités de porte essayées.",
                "Un collier chauffant remplacé, parallélisme conforme, sécurités de porte essayées."], minutes: 180 },
        Family::Genset => &Visit { title: "Visite préventive groupe électrogène",
            scope: "Vidange, filtres, contrôle de la batterie, essai en charge de trente minutes.",
            reports: &["Vidange et filtres faits, batterie conforme, essai en charge satisfaisant."], minutes: 120 },
        Family::Cooling => &Visit { title: "Visite préventive ventilation",
            scope: "Nettoyer, contrôler courroies et paliers, relever les vibrations, vérifier le traitement d'eau s'il y en a un.",
            reports: &["Nettoyage fait, courroies en bon état, vibrations 2,0 mm/s.",
                "Nettoyage fait, courroies retendues, vibrations 2,6 mm/s."], minutes: 120 },
    })
}

/// Why jobs are called off.
pub(crate) const CANCELLATIONS: &[&str] = &[
    "Demande en double, déjà prise en charge.",
    "Reportée par le client à l'arrêt annuel.",
    "Défaut disparu après redémarrage, confirmé par le client.",
    "Travaux confiés au constructeur sous garantie.",
    "Équipement remplacé par le client avant l'intervention.",
];

/// What clients write when they rate a job: from one to five, and the words.
pub(crate) const RATINGS: &[(i16, Option<&str>)] = &[
    (5, Some("Intervention rapide, merci.")),
    (4, None),
    (5, Some("Technicien ponctuel et explications claires.")),
    (3, Some("Réparation bien faite, délai un peu long.")),
    (4, Some("Conforme à notre attente.")),
    (5, None),
    (2, Some("Deux passages ont été nécessaires.")),
];

/// Why work stops for a while, and what the technician says.
pub(crate) const WAITS: &[(WaitReason, &str)] = &[
    (
        WaitReason::Parts,
        "Pièce commandée, livraison annoncée sous quarante-huit heures.",
    ),
    (
        WaitReason::ClientApproval,
        "Devis complémentaire remis au client.",
    ),
    (
        WaitReason::External,
        "Échafaudage du prestataire attendu pour la suite.",
    ),
];
