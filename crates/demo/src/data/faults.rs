//! What fails on each family of equipment: what was seen, what it was, what was done.

use super::Family;

/// A failure or a defect, as the three texts of a job tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) title: &'static str,
    pub(crate) seen: &'static str,
    pub(crate) diagnosis: &'static str,
    pub(crate) report: &'static str,
    /// Minutes of work.
    pub(crate) minutes: i32,
    /// Whether the equipment stops.
    pub(crate) stops: bool,
}

const fn fault(
    title: &'static str,
    seen: &'static str,
    diagnosis: &'static str,
    report: &'static str,
    minutes: i32,
    stops: bool,
) -> Fault {
    Fault {
        title,
        seen,
        diagnosis,
        report,
        minutes,
        stops,
    }
}

/// What may fail on a family; nothing on lines, whose parts fail.
pub(crate) fn of(family: Family) -> &'static [Fault] {
    match family {
        Family::Line => &[],
        Family::Compressor => COMPRESSOR,
        Family::Cold => COLD,
        Family::Press => PRESS,
        Family::Conveyor => CONVEYOR,
        Family::Electrical => ELECTRICAL,
        Family::Control => CONTROL,
        Family::Pump => PUMP,
        Family::Heat => HEAT,
        Family::Machine => MACHINE,
        Family::Lifting => LIFTING,
        Family::Injection => INJECTION,
        Family::Genset => GENSET,
        Family::Cooling => COOLING,
    }
}

#[rustfmt::skip]
const COMPRESSOR: &[Fault] = &[
    fault("Température de sortie trop élevée", "Alarme de température en sortie, arrêt de sécurité deux fois dans la matinée.",
        "Échangeur encrassé et niveau d'huile bas.", "Échangeur soufflé et dégraissé, appoint d'huile, essai une heure en charge : température stable à 82 °C.", 150, true),
    fault("Chute de pression sur le réseau d'air", "La pression du réseau tombe sous 6 bar quand toutes les machines tournent.",
        "Clapet d'aspiration grippé et fuite sur un raccord en aval.", "Clapet d'aspiration démonté et nettoyé, raccord refait, pression tenue à 7,2 bar pendant l'essai.", 120, false),
    fault("Purge de condensats bloquée", "De l'eau arrive dans le réseau d'air depuis hier soir.",
        "Électrovanne de purge colmatée par des dépôts d'huile.", "Électrovanne remplacée, tuyauterie de purge rincée, cycle de purge vérifié sur trois démarrages.", 75, false),
    fault("Bruit anormal à la mise en marche", "Claquement au démarrage puis sifflement pendant une minute.",
        "Courroies détendues et poulie marquée.", "Jeu de courroies remplacé, alignement des poulies contrôlé à la règle, tension réglée.", 105, false),
];

#[rustfmt::skip]
const COLD: &[Fault] = &[
    fault("Température de consigne non atteinte", "La température reste 4 °C au-dessus de la consigne depuis ce matin.",
        "Charge de fluide insuffisante, fuite sur un raccord évasé.", "Fuite localisée au détecteur, raccord refait, mise sous vide et complément de charge ; fiche fluide remplie.", 210, true),
    fault("Évaporateur pris en glace", "Les ventilateurs de l'évaporateur soufflent très peu, bloc de glace visible.",
        "Sonde de fin de dégivrage défectueuse.", "Sonde remplacée, dégivrage forcé, paramètres de dégivrage remis aux valeurs d'origine.", 120, false),
    fault("Pressostat haute pression déclenché", "Le groupe s'arrête sur haute pression aux heures chaudes.",
        "Condenseur encrassé, un ventilateur sur deux à l'arrêt.", "Condenseur nettoyé, condensateur du moteur de ventilateur remplacé, pressions relevées conformes.", 150, true),
    fault("Niveau d'huile bas signalé", "Alarme de niveau d'huile sur le compresseur frigorifique.",
        "Retour d'huile insuffisant, filtre déshydrateur saturé.", "Filtre déshydrateur remplacé, appoint d'huile, retour d'huile observé pendant deux heures.", 165, false),
];

#[rustfmt::skip]
const PRESS: &[Fault] = &[
    fault("Fuite d'huile sous le bâti", "Flaque d'huile sous la presse en fin de poste, environ deux litres.",
        "Flexible de refoulement percé à la sertissure.", "Flexible remplacé, niveau complété, zone nettoyée, absence de fuite contrôlée à 220 bar.", 150, false),
    fault("Baisse de pression du circuit", "La force maximale n'est plus atteinte, pièces mal formées.",
        "Limiteur de pression déréglé, tiroir rayé.", "Limiteur remplacé et taré, montée en pression enregistrée, dix pièces d'essai conformes.", 240, true),
    fault("Échauffement du circuit d'huile", "Température d'huile à 68 °C après deux heures de production.",
        "Échangeur eau-huile entartré.", "Échangeur détartré, vanne thermostatique contrôlée, température stabilisée à 46 °C.", 180, false),
    fault("Barrière immatérielle en défaut", "La presse refuse le cycle, voyant de sécurité rouge.",
        "Récepteur désaligné après un choc de chariot.", "Récepteur remonté et réglé, protection mécanique ajoutée, essais de sécurité consignés.", 90, true),
];

#[rustfmt::skip]
const CONVEYOR: &[Fault] = &[
    fault("Palier bruyant côté entraînement", "Grondement continu au palier d'entraînement, il chauffe au toucher.",
        "Roulement écaillé, graisse durcie.", "Roulement et joints remplacés, graissage, température du palier stable à 41 °C.", 165, false),
    fault("Déclenchement thermique du moteur", "Le moteur d'entraînement déclenche après vingt minutes.",
        "Frein de moto-réducteur partiellement serré.", "Entrefer du frein réglé, intensité relevée à 8,4 A en charge, conforme à la plaque.", 120, true),
    fault("Fuite au réducteur", "Traces d'huile sous le réducteur, niveau au minimum.",
        "Bague d'étanchéité d'arbre lent usée.", "Bague remplacée, vidange et remplissage, pas de fuite après quatre heures.", 150, false),
    fault("Arrêt d'urgence à câble inopérant", "Le contrôle hebdomadaire du câble d'arrêt a échoué en partie centrale.",
        "Ressort de rappel cassé sur un interrupteur.", "Interrupteur à câble remplacé, tension du câble réglée, essai concluant sur toute la longueur.", 90, false),
];

#[rustfmt::skip]
const ELECTRICAL: &[Fault] = &[
    fault("Déclenchement répété d'un départ", "Le disjoncteur d'un départ déclenche au bout de quelques minutes.",
        "Déclencheur magnétothermique fatigué, réglage trop bas.", "Disjoncteur remplacé, réglages repris selon la note de calcul, essai en charge de trente minutes.", 120, true),
    fault("Point chaud relevé en thermographie", "Rapport de thermographie : 78 °C sur une borne de la phase 2.",
        "Serrage insuffisant et cosse oxydée.", "Cosse refaite, serrage au couple sur l'ensemble du jeu de barres, nouvelle image à 34 °C.", 150, false),
    fault("Défaut d'isolement signalé", "Le contrôleur d'isolement affiche un défaut intermittent.",
        "Câble blessé dans un chemin de câbles.", "Tronçon de câble remplacé, isolement mesuré à 480 MΩ, repérage mis à jour.", 195, false),
    fault("Voyant de présence tension éteint", "Un voyant reste éteint alors que l'installation est alimentée.",
        "Fusible de mesure fondu.", "Fusible et voyant remplacés, mesures de tension conformes sur les trois phases.", 45, false),
];

#[rustfmt::skip]
const CONTROL: &[Fault] = &[
    fault("Défaut de communication réseau", "Message de perte de communication, redémarrage nécessaire toutes les heures.",
        "Connecteur réseau endommagé et blindage coupé.", "Câble et connecteurs remplacés, blindage repris, aucun défaut pendant quatre heures de suivi.", 135, true),
    fault("Alimentation 24 V instable", "Redémarrages intempestifs, tension affichée à 21 V.",
        "Alimentation à découpage en fin de vie.", "Alimentation remplacée, tension de sortie 24,1 V en charge, sauvegarde du programme faite.", 105, true),
    fault("Écran opérateur figé", "L'écran ne répond plus, la production continue sans visualisation.",
        "Mémoire de l'écran saturée par les journaux.", "Journaux purgés, micrologiciel mis à jour, purge automatique configurée.", 75, false),
    fault("Détecteur de position défaillant", "Un détecteur ne change plus d'état, cycle bloqué de temps en temps.",
        "Détecteur inductif fissuré.", "Détecteur remplacé et réglé, support renforcé, vingt cycles d'essai sans défaut.", 60, false),
];

#[rustfmt::skip]
const PUMP: &[Fault] = &[
    fault("Fuite à la garniture mécanique", "Goutte-à-goutte à l'arbre de la pompe, en augmentation.",
        "Faces de la garniture rayées.", "Garniture mécanique remplacée, alignement laser repris, pas de fuite après mise en service.", 240, true),
    fault("Vibrations élevées sur le palier", "Niveau vibratoire à 9,8 mm/s mesuré en ronde.",
        "Désalignement moteur-pompe, accouplement usé.", "Flector remplacé, alignement laser à 0,04 mm, niveau vibratoire ramené à 2,1 mm/s.", 195, false),
    fault("Débit insuffisant", "Débit inférieur de 30 % à la consigne à vitesse nominale.",
        "Crépine d'aspiration colmatée.", "Crépine nettoyée, roue inspectée, débit nominal retrouvé.", 120, false),
    fault("Déclenchement du moteur de pompe", "Le départ moteur déclenche au démarrage.",
        "Condensation dans la boîte à bornes.", "Boîte à bornes séchée, presse-étoupe remplacé, isolement contrôlé avant remise en service.", 90, true),
];

#[rustfmt::skip]
const HEAT: &[Fault] = &[
    fault("Écart de température sur la régulation", "Écart de 15 °C entre l'affichage et le contrôle au thermomètre étalon.",
        "Sonde de température dérivée.", "Sonde remplacée, boucle de régulation étalonnée en trois points, relevés joints au dossier.", 105, false),
    fault("Vanne de régulation bloquée", "La vanne reste ouverte à 40 %, la température oscille.",
        "Servomoteur de vanne hors course.", "Servomoteur remplacé, course réglée, régulation stable pendant deux heures.", 150, true),
    fault("Joint de porte détérioré", "Perte de chaleur visible à la porte de visite.",
        "Joint durci et fendu sur 20 cm.", "Joint remplacé, fermeture réglée, étanchéité contrôlée à chaud.", 120, false),
    fault("Chaîne de sécurité coupée", "Mise en sécurité au démarrage, réarmement impossible.",
        "Pressostat de sécurité oxydé.", "Pressostat remplacé et taré, chaîne de sécurité essayée organe par organe, essais consignés.", 165, true),
];

#[rustfmt::skip]
const MACHINE: &[Fault] = &[
    fault("Roulement d'entraînement bruyant", "Bruit métallique régulier côté moteur, plus fort en charge.",
        "Roulement côté accouplement écaillé.", "Roulements remplacés par paire, graissage, bruit disparu en charge.", 180, false),
    fault("Courroie de transmission rompue", "La machine s'est arrêtée, le moteur tourne à vide.",
        "Courroie crantée rompue, galet tendeur grippé.", "Courroie et galet tendeur remplacés, tension réglée, essai de production d'une heure.", 120, true),
    fault("Capteur de capot en défaut", "La machine affiche capot ouvert alors qu'il est fermé.",
        "Interrupteur de sécurité encrassé, languette tordue.", "Interrupteur de sécurité remplacé, fonction d'arrêt vérifiée dix fois.", 60, true),
    fault("Vérin pneumatique lent", "Le mouvement du vérin ralentit en cours de poste.",
        "Joint de piston usé, fuite interne.", "Vérin remis en état avec une pochette de joints, vitesse réglée aux étrangleurs.", 90, false),
    fault("Fuite d'huile au réducteur", "Suintement au bouchon de vidange, niveau en baisse.",
        "Joint du bouchon écrasé.", "Joint remplacé, niveau complété, propreté vérifiée en fin de poste.", 60, false),
];

#[rustfmt::skip]
const LIFTING: &[Fault] = &[
    fault("Glissement du frein de levage", "La charge descend de quelques centimètres à l'arrêt.",
        "Garnitures de frein usées.", "Garnitures remplacées, couple de freinage réglé, essai à 110 % de la charge nominale.", 210, true),
    fault("Fin de course haut inopérant", "Le fin de course haut n'arrête plus le crochet.",
        "Came desserrée.", "Came repositionnée et freinée, contacts nettoyés, essais consignés au registre.", 90, true),
    fault("Commande pendante intermittente", "La direction ne répond qu'après plusieurs appuis.",
        "Contacts oxydés et câble fatigué à l'entrée.", "Boîte à boutons et câble remplacés, tous les mouvements essayés.", 105, false),
];

#[rustfmt::skip]
const INJECTION: &[Fault] = &[
    fault("Zone de chauffe en défaut", "La zone 3 du fourreau n'atteint plus sa température.",
        "Collier chauffant coupé.", "Collier chauffant et thermocouple remplacés, montée en température relevée.", 90, true),
    fault("Fuite sur le circuit de fermeture", "Huile sur le plateau mobile, pression de verrouillage instable.",
        "Joint de vérin de fermeture usé.", "Pochette de joints montée, pression de verrouillage stable sur cent cycles.", 255, true),
    fault("Temps de cycle allongé", "Le cycle est passé de 28 à 36 secondes.",
        "Clapet anti-retour de vis usé.", "Clapet anti-retour remplacé, réglages de dosage repris, cycle à 28,5 secondes.", 180, false),
];

#[rustfmt::skip]
const GENSET: &[Fault] = &[
    fault("Échec du démarrage automatique", "Le groupe n'a pas démarré lors de la coupure de secteur.",
        "Batterie de démarrage sulfatée.", "Batterie remplacée, chargeur contrôlé, démarrage automatique essayé deux fois.", 75, true),
    fault("Fuite de liquide de refroidissement", "Niveau bas et traces vertes sous le radiateur.",
        "Durite basse fendue.", "Durite et colliers remplacés, circuit rempli et purgé, essai d'une heure en charge.", 105, false),
    fault("Tension de sortie instable", "La tension varie de 15 V en charge.",
        "Régulateur de tension déréglé.", "Régulateur réglé, tension et fréquence stables à 50 % et 100 % de charge.", 90, false),
];

#[rustfmt::skip]
const COOLING: &[Fault] = &[
    fault("Vibrations du ventilateur", "Vibrations fortes ressenties sur le châssis.",
        "Encrassement des pales, balourd.", "Pales nettoyées, équilibrage sur site, niveau ramené à 2,4 mm/s.", 150, false),
    fault("Courroies usées", "Sifflement et dépôts noirs autour du carter.",
        "Courroies lustrées, tension insuffisante.", "Jeu de courroies remplacé, poulies alignées, contrôle après une heure.", 90, false),
    fault("Arrêt du moteur de ventilation", "Le ventilateur est arrêté, défaut thermique au départ moteur.",
        "Roulement moteur bloqué.", "Roulements moteur remplacés, intensité conforme, protection réarmée.", 210, true),
];
