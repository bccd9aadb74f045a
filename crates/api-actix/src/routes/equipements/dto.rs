//! Equipment as it is shown. The comments of wire types are shown to the users of the API: French.

use application::equipment;
use domain::Id;
use domain::equipment::machine::Action;
use domain::equipment::store::TreeNode;
use domain::equipment::{
    Criticality, Equipment, EquipmentDetail, EquipmentFilter, EquipmentSort, EquipmentStatus,
};
use domain::page::Sort;
use domain::policy::Actor;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::required::CompetenceRequise;
use crate::extract::{ListFilter, View, ascending};
use crate::reply::Versioned;
use crate::wire::{Amount, Day, Instant, Wire};

/// Code d'un état.
pub type StatusCode = Wire<EquipmentStatus>;
/// Code d'une criticité.
pub type CriticalityCode = Wire<Criticality>;
/// Code d'une action sur l'état.
pub type ActionCode = Wire<Action>;

impl Versioned for EquipmentDetail {
    fn key(&self) -> i64 {
        self.record.id.get()
    }
    fn version(&self) -> i64 {
        self.record.version
    }
}

/// Le client d'un équipement, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClientDeLEquipement {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom_entreprise: String,
}

/// Le site d'un équipement, en court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SiteDeLEquipement {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
}

/// Nom d'une compétence requise.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompetenceNommee {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
}

/// Un équipement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EquipementView {
    /// Identifiant.
    pub id: i64,
    /// Client propriétaire.
    pub client_id: i64,
    /// Le client, en court.
    pub client: ClientDeLEquipement,
    /// Site où il se trouve.
    pub site_id: Option<i64>,
    /// Le site, en court.
    pub site: Option<SiteDeLEquipement>,
    /// Équipement dont il fait partie.
    pub parent_id: Option<i64>,
    /// Nom.
    pub nom_equipement: String,
    /// Modèle.
    pub modele: Option<String>,
    /// Marque.
    pub marque: Option<String>,
    /// Numéro de série, unique pour le client.
    pub numero_serie: String,
    /// Type : code de la liste de référence « type_equipement ».
    pub type_equipement: String,
    /// État.
    pub statut: StatusCode,
    /// Ce qu'entraînerait une panne.
    pub criticite: CriticalityCode,
    /// Emplacement sur le site.
    pub localisation: Option<String>,
    /// Jour de l'installation.
    pub date_installation: Option<Day>,
    /// Jour de la prochaine maintenance préventive.
    pub prochaine_maintenance: Option<Day>,
    /// Jours entre deux maintenances préventives.
    pub frequence_maintenance_jours: Option<i32>,
    /// Compétences que demande une intervention.
    pub competences_requises: Vec<CompetenceRequise>,
    /// Noms de ces compétences, dans le même ordre.
    pub competences: Vec<CompetenceNommee>,
    /// Code opaque de l'étiquette.
    pub code_public: String,
    /// Unité du compteur.
    pub compteur_unite: Option<String>,
    /// Dernier relevé du compteur.
    pub compteur_valeur: Option<Amount>,
    /// Prix d'un équipement neuf, en MAD.
    pub valeur_remplacement: Option<Amount>,
    /// Remarques du terrain.
    pub notes: Option<String>,
    /// Motif de la réforme.
    pub motif_reforme: Option<String>,
    /// Début de la panne ouverte.
    pub en_panne_depuis: Option<Instant>,
    /// Ce que l'appelant peut faire maintenant de l'état.
    pub actions_possibles: Vec<ActionCode>,
    /// Création.
    pub created_at: Instant,
    /// Dernière modification.
    pub updated_at: Instant,
    /// Version, à renvoyer pour modifier.
    pub version: i64,
}

impl View for EquipementView {
    const DERIVED: &'static [&'static str] = &[
        "client",
        "site",
        "competences",
        "en_panne_depuis",
        "actions_possibles",
    ];
}

impl EquipementView {
    /// The equipment as `actor` sees it.
    pub fn of(seen: &EquipmentDetail, actor: &Actor) -> Self {
        let e = &seen.record;
        let site = e.site.zip(seen.site_name.clone());
        let names = e.required_skills.iter().zip(&seen.skill_names);
        Self {
            id: e.id.get(),
            client_id: e.client.get(),
            client: ClientDeLEquipement {
                id: e.client.get(),
                nom_entreprise: seen.client_name.clone(),
            },
            site_id: e.site.map(Id::get),
            site: site.map(|(id, nom)| SiteDeLEquipement { id: id.get(), nom }),
            parent_id: e.parent.map(Id::get),
            nom_equipement: e.name.clone(),
            modele: e.model.clone(),
            marque: e.brand.clone(),
            numero_serie: e.serial_number.clone(),
            type_equipement: e.kind.clone(),
            statut: Wire(e.status),
            criticite: Wire(e.criticality),
            localisation: e.location.clone(),
            date_installation: e.installed_on.map(Day),
            prochaine_maintenance: e.next_maintenance.map(Day),
            frequence_maintenance_jours: e.maintenance_every_days,
            competences_requises: e.required_skills.iter().map(Into::into).collect(),
            competences: names
                .map(|(s, nom)| CompetenceNommee {
                    id: s.skill.get(),
                    nom: nom.clone(),
                })
                .collect(),
            code_public: e.public_code.clone(),
            compteur_unite: e.meter_unit.clone(),
            compteur_valeur: e.meter_value.map(Amount),
            valeur_remplacement: e.replacement_value.map(Amount),
            notes: e.notes.clone(),
            motif_reforme: e.retirement_reason.clone(),
            en_panne_depuis: seen.failing_since.map(Instant),
            actions_possibles: equipment::actions_for(actor, seen)
                .into_iter()
                .map(Wire)
                .collect(),
            created_at: Instant(e.created_at),
            updated_at: Instant(e.updated_at),
            version: e.version,
        }
    }
}

/// Critères d'une liste d'équipements.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EquipementQuery {
    /// Équipements de ce client.
    pub client_id: Option<i64>,
    /// Équipements de ce site.
    pub site_id: Option<i64>,
    /// Équipements dans cet état.
    pub statut: Option<StatusCode>,
    /// Équipements de cette criticité.
    pub criticite: Option<CriticalityCode>,
    /// Équipements de ce type (code de la liste « type_equipement »).
    pub type_equipement: Option<String>,
    /// Équipements dont la prochaine maintenance est due au plus tard ce jour.
    pub echeance_avant: Option<Day>,
}

impl ListFilter for EquipementQuery {
    type Key = EquipmentSort;
    const DEFAULT: Sort<EquipmentSort> = ascending(EquipmentSort::Id);
}

impl From<EquipementQuery> for EquipmentFilter {
    fn from(query: EquipementQuery) -> Self {
        Self {
            client: query.client_id.map(Id::new),
            site: query.site_id.map(Id::new),
            status: query.statut.map(|s| s.0),
            criticality: query.criticite.map(|c| c.0),
            kind: query.type_equipement,
            due_before: query.echeance_avant.map(|d| d.0),
        }
    }
}

/// Un équipement dans un arbre.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoeudView {
    /// Identifiant.
    pub id: i64,
    /// Équipement dont il fait partie ; null pour la racine.
    pub parent_id: Option<i64>,
    /// Nom.
    pub nom_equipement: String,
    /// État.
    pub statut: StatusCode,
    /// Ce qu'entraînerait une panne.
    pub criticite: CriticalityCode,
}

/// L'arbre complet auquel appartient un équipement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ArbreView {
    /// L'équipement demandé.
    pub equipement_id: i64,
    /// La racine de l'arbre.
    pub racine_id: i64,
    /// Tous les équipements de l'arbre, chacun après celui dont il fait partie.
    pub items: Vec<NoeudView>,
}

impl ArbreView {
    /// The tree around one of its nodes.
    pub fn of(asked: Id<Equipment>, nodes: Vec<TreeNode>) -> Self {
        let items: Vec<_> = nodes
            .into_iter()
            .map(|node| NoeudView {
                id: node.id.get(),
                parent_id: node.parent.map(Id::get),
                nom_equipement: node.name,
                statut: Wire(node.status),
                criticite: Wire(node.criticality),
            })
            .collect();
        let racine_id = items.first().map_or(asked.get(), |root| root.id);
        Self {
            equipement_id: asked.get(),
            racine_id,
            items,
        }
    }
}
