//! Equipment as it is sent. The comments of wire types are shown to the users of the API: French.

use application::equipment::CreateEquipment;
use domain::Id;
use domain::equipment::machine::Command;
use domain::equipment::rules::TEXTS;
use domain::equipment::{Criticality, Equipment};
use domain::text::{Lengths, REASON};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::dto::{ActionCode, CriticalityCode};
use super::required::{CompetenceDemandee, required};
use crate::json::Dto;
use crate::wire::{Amount, Day, Field, Set, filled};

const ALIASES: &[(&str, &str)] = &[("nom_equipement", "nom")];
const MULTILINE: &[&str] = &["notes"];

/// Un nouvel équipement ; il est opérationnel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NouvelEquipement {
    /// Client propriétaire.
    pub client_id: i64,
    /// Site du client où il se trouve.
    pub site_id: Option<i64>,
    /// Équipement du même client dont il fait partie.
    pub parent_id: Option<i64>,
    /// Nom, 255 caractères au plus ; le champ peut aussi s'appeler « nom ».
    pub nom_equipement: String,
    /// Modèle, 100 caractères au plus.
    pub modele: Option<String>,
    /// Marque, 100 caractères au plus.
    pub marque: Option<String>,
    /// Numéro de série, unique pour le client, 100 caractères au plus.
    pub numero_serie: String,
    /// Type : code actif de la liste de référence « type_equipement ».
    pub type_equipement: String,
    /// Ce qu'entraînerait une panne ; « standard » par défaut.
    pub criticite: Option<CriticalityCode>,
    /// Emplacement sur le site, 255 caractères au plus.
    pub localisation: Option<String>,
    /// Jour de l'installation.
    pub date_installation: Option<Day>,
    /// Jour de la prochaine maintenance préventive ; à défaut, l'installation plus la fréquence.
    pub prochaine_maintenance: Option<Day>,
    /// Jours entre deux maintenances préventives, 1 au moins.
    pub frequence_maintenance_jours: Option<i32>,
    /// Compétences que demande une intervention ; un identifiant seul vaut le niveau débutant.
    #[serde(default)]
    pub competences_requises: Vec<CompetenceDemandee>,
    /// Unité du compteur (h, km, cycles…), 20 caractères au plus.
    pub compteur_unite: Option<String>,
    /// Relevé du compteur, 3 décimales au plus.
    pub compteur_valeur: Option<Amount>,
    /// Prix d'un équipement neuf en MAD, 2 décimales au plus.
    pub valeur_remplacement: Option<Amount>,
    /// Remarques, 2 000 caractères au plus.
    pub notes: Option<String>,
}

impl Dto for NouvelEquipement {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "client_id": 1, "nom_equipement": "Compresseur à vis GA 37", "marque": "Atlas Copco", "modele": "GA 37",
            "numero_serie": "AII-204587", "type_equipement": "pneumatique", "criticite": "important",
            "localisation": "Atelier 2, local compresseurs", "date_installation": "2023-05-10",
            "frequence_maintenance_jours": 180, "competences_requises": [],
            "compteur_unite": "h", "compteur_valeur": "8450", "valeur_remplacement": "185000.00"
        })
    }
}

impl From<NouvelEquipement> for CreateEquipment {
    fn from(new: NouvelEquipement) -> Self {
        Self {
            client: Id::new(new.client_id),
            site: new.site_id.map(Id::new),
            parent: new.parent_id.map(Id::new),
            name: new.nom_equipement,
            model: filled(new.modele),
            brand: filled(new.marque),
            serial_number: new.numero_serie,
            kind: new.type_equipement,
            criticality: new.criticite.map_or(Criticality::Standard, |c| c.0),
            location: filled(new.localisation),
            installed_on: new.date_installation.map(|d| d.0),
            next_maintenance: new.prochaine_maintenance.map(|d| d.0),
            maintenance_every_days: new.frequence_maintenance_jours,
            meter_unit: filled(new.compteur_unite),
            meter_value: new.compteur_valeur.map(|v| v.0),
            replacement_value: new.valeur_remplacement.map(|v| v.0),
            notes: filled(new.notes),
            required_skills: required(new.competences_requises),
        }
    }
}

/// Un équipement à remplacer en entier ; son état ne change que par ses actions.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EquipementPut {
    /// Client propriétaire.
    pub client_id: i64,
    /// Site du client où il se trouve.
    pub site_id: Option<i64>,
    /// Équipement du même client dont il fait partie.
    pub parent_id: Option<i64>,
    /// Nom, 255 caractères au plus ; le champ peut aussi s'appeler « nom ».
    pub nom_equipement: String,
    /// Modèle, 100 caractères au plus.
    pub modele: Option<String>,
    /// Marque, 100 caractères au plus.
    pub marque: Option<String>,
    /// Numéro de série, unique pour le client, 100 caractères au plus.
    pub numero_serie: String,
    /// Type : code actif de la liste de référence « type_equipement ».
    pub type_equipement: String,
    /// Ce qu'entraînerait une panne ; « standard » par défaut.
    pub criticite: Option<CriticalityCode>,
    /// Emplacement sur le site, 255 caractères au plus.
    pub localisation: Option<String>,
    /// Jour de l'installation.
    pub date_installation: Option<Day>,
    /// Jour de la prochaine maintenance préventive.
    pub prochaine_maintenance: Option<Day>,
    /// Jours entre deux maintenances préventives, 1 au moins.
    pub frequence_maintenance_jours: Option<i32>,
    /// Compétences que demande une intervention ; un identifiant seul vaut le niveau débutant.
    #[serde(default)]
    pub competences_requises: Vec<CompetenceDemandee>,
    /// Unité du compteur (h, km, cycles…), 20 caractères au plus.
    pub compteur_unite: Option<String>,
    /// Relevé du compteur, 3 décimales au plus.
    pub compteur_valeur: Option<Amount>,
    /// Prix d'un équipement neuf en MAD, 2 décimales au plus.
    pub valeur_remplacement: Option<Amount>,
    /// Remarques, 2 000 caractères au plus.
    pub notes: Option<String>,
}

impl Dto for EquipementPut {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({
            "client_id": 1, "site_id": null, "parent_id": null, "nom_equipement": "Compresseur à vis GA 37",
            "marque": "Atlas Copco", "modele": "GA 37+", "numero_serie": "AII-204587",
            "type_equipement": "pneumatique", "criticite": "critique", "localisation": "Atelier 2",
            "date_installation": "2023-05-10", "frequence_maintenance_jours": 90, "competences_requises": [],
            "compteur_unite": "h", "compteur_valeur": "8612.5", "notes": "Filtre remplacé.", "version": 1
        })
    }
}

impl EquipementPut {
    /// The equipment as it shall be.
    pub fn onto(self, before: &Equipment) -> Equipment {
        Equipment {
            client: Id::new(self.client_id),
            site: self.site_id.map(Id::new),
            parent: self.parent_id.map(Id::new),
            name: self.nom_equipement,
            model: filled(self.modele),
            brand: filled(self.marque),
            serial_number: self.numero_serie,
            kind: self.type_equipement,
            criticality: self.criticite.map_or(Criticality::Standard, |c| c.0),
            location: filled(self.localisation),
            installed_on: self.date_installation.map(|d| d.0),
            next_maintenance: self.prochaine_maintenance.map(|d| d.0),
            maintenance_every_days: self.frequence_maintenance_jours,
            meter_unit: filled(self.compteur_unite),
            meter_value: self.compteur_valeur.map(|v| v.0),
            replacement_value: self.valeur_remplacement.map(|v| v.0),
            notes: filled(self.notes),
            required_skills: required(self.competences_requises),
            ..before.clone()
        }
    }
}

/// Champs d'un équipement à modifier ; les autres ne changent pas. Un technicien ne modifie que le compteur,
/// l'emplacement et les remarques, sur les équipements de ses interventions.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EquipementPatch {
    /// Client propriétaire.
    #[serde(default)]
    pub client_id: Set<i64>,
    /// Site du client où il se trouve.
    #[serde(default)]
    pub site_id: Field<i64>,
    /// Équipement du même client dont il fait partie.
    #[serde(default)]
    pub parent_id: Field<i64>,
    /// Nom ; le champ peut aussi s'appeler « nom ».
    #[serde(default)]
    pub nom_equipement: Set<String>,
    /// Modèle.
    #[serde(default)]
    pub modele: Field<String>,
    /// Marque.
    #[serde(default)]
    pub marque: Field<String>,
    /// Numéro de série, unique pour le client.
    #[serde(default)]
    pub numero_serie: Set<String>,
    /// Type : code actif de la liste de référence « type_equipement ».
    #[serde(default)]
    pub type_equipement: Set<String>,
    /// Ce qu'entraînerait une panne.
    #[serde(default)]
    pub criticite: Set<CriticalityCode>,
    /// Emplacement sur le site.
    #[serde(default)]
    pub localisation: Field<String>,
    /// Jour de l'installation.
    #[serde(default)]
    pub date_installation: Field<Day>,
    /// Jour de la prochaine maintenance préventive.
    #[serde(default)]
    pub prochaine_maintenance: Field<Day>,
    /// Jours entre deux maintenances préventives, 1 au moins.
    #[serde(default)]
    pub frequence_maintenance_jours: Field<i32>,
    /// Compétences que demande une intervention ; un identifiant seul vaut le niveau débutant.
    #[serde(default)]
    pub competences_requises: Set<Vec<CompetenceDemandee>>,
    /// Unité du compteur (h, km, cycles…).
    #[serde(default)]
    pub compteur_unite: Field<String>,
    /// Relevé du compteur, 3 décimales au plus.
    #[serde(default)]
    pub compteur_valeur: Field<Amount>,
    /// Prix d'un équipement neuf en MAD, 2 décimales au plus.
    #[serde(default)]
    pub valeur_remplacement: Field<Amount>,
    /// Remarques, 2 000 caractères au plus.
    #[serde(default)]
    pub notes: Field<String>,
}

impl Dto for EquipementPatch {
    const ALIASES: &'static [(&'static str, &'static str)] = ALIASES;
    const MULTILINE: &'static [&'static str] = MULTILINE;
    const LENGTHS: &'static [Lengths] = &[TEXTS];

    fn example() -> Value {
        json!({ "compteur_valeur": "8612.5", "localisation": "Atelier 3", "notes": "Filtre remplacé." })
    }
}

impl EquipementPatch {
    /// The equipment as it shall be.
    pub fn onto(self, before: &Equipment) -> Equipment {
        let mut after = before.clone();
        self.client_id.apply_id(&mut after.client);
        self.site_id.apply_id(&mut after.site);
        self.parent_id.apply_id(&mut after.parent);
        self.nom_equipement.apply(&mut after.name);
        self.modele.apply_text(&mut after.model);
        self.marque.apply_text(&mut after.brand);
        self.numero_serie.apply(&mut after.serial_number);
        self.type_equipement.apply(&mut after.kind);
        self.criticite.apply_code(&mut after.criticality);
        self.localisation.apply_text(&mut after.location);
        self.date_installation.apply(&mut after.installed_on);
        self.prochaine_maintenance.apply(&mut after.next_maintenance);
        self.frequence_maintenance_jours
            .apply(&mut after.maintenance_every_days);
        if let Set::Value(skills) = self.competences_requises {
            after.required_skills = required(skills);
        }
        self.compteur_unite.apply_text(&mut after.meter_unit);
        self.compteur_valeur.apply(&mut after.meter_value);
        self.valeur_remplacement.apply(&mut after.replacement_value);
        self.notes.apply_text(&mut after.notes);
        after
    }
}

/// Une action sur l'état d'un équipement.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangementStatut {
    /// Ce qu'il faut faire.
    pub action: ActionCode,
    /// Pourquoi, ou ce qui a été constaté ; obligatoire pour mettre hors service. 2 000 caractères au plus.
    pub motif: Option<String>,
    /// Mettre hors service en annulant les interventions ouvertes sur l'équipement.
    #[serde(default)]
    pub annuler_ouvertes: bool,
}

impl Dto for ChangementStatut {
    const MULTILINE: &'static [&'static str] = &["motif"];
    const LENGTHS: &'static [Lengths] = &[REASON];

    fn example() -> Value {
        json!({ "action": "declarer_panne", "motif": "Arrêt brutal, fumée au niveau du moteur" })
    }
}

impl From<ChangementStatut> for Command {
    fn from(body: ChangementStatut) -> Self {
        Self {
            action: body.action.0,
            reason: filled(body.motif),
            cancel_open: body.annuler_ouvertes,
        }
    }
}
