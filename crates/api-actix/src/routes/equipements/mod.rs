//! Equipment: data, state, tree, maintenance history.

pub mod body;
pub mod dto;
mod handlers;
pub mod history;
pub mod required;

use domain::policy::Permission as P;

use crate::operation::{Operation, delete, get, group, patch, post, put};
use handlers as h;

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    group(
        "équipements",
        vec![
            get(
                "/equipements",
                P::EquipmentView,
                "Lister les équipements",
                h::list,
            ),
            post(
                "/equipements",
                P::EquipmentManage,
                "Créer un équipement",
                h::create,
            ),
            get(
                "/equipements/{id}",
                P::EquipmentView,
                "Voir un équipement",
                h::show,
            ),
            put(
                "/equipements/{id}",
                P::EquipmentOperate,
                "Remplacer un équipement",
                h::replace,
            ),
            patch(
                "/equipements/{id}",
                P::EquipmentOperate,
                "Modifier un équipement",
                h::change,
            ),
            delete(
                "/equipements/{id}",
                P::EquipmentManage,
                "Supprimer un équipement jamais utilisé",
                h::remove,
            ),
            patch(
                "/equipements/{id}/statut",
                P::EquipmentDeclareFailure,
                "Déclarer une panne, mettre en maintenance, remettre en service ou réformer",
                h::change_status,
            ),
            get(
                "/equipements/{id}/arbre",
                P::EquipmentView,
                "Voir l'arbre de l'équipement",
                h::tree,
            ),
            get(
                "/equipements/{id}/maintenance",
                P::EquipmentView,
                "Voir l'historique de maintenance et la prochaine échéance",
                h::maintenance,
            ),
        ],
    )
}
