//! Interventions: requests, data, life cycle, assignment, history.

pub mod action;
pub mod body;
pub mod dto;
mod handlers;
pub mod history;
pub mod listing;

use domain::policy::Permission as P;

use crate::operation::{Needs, Operation, get, group, patch, post, put};
use handlers as h;

const CREATE: Needs = Needs::AnyOf(&[P::InterventionCreate, P::InterventionRequest]);
const EDIT: Needs = Needs::AnyOf(&[
    P::InterventionEdit,
    P::InterventionDocument,
    P::InterventionEditRequest,
]);
const MOVE: Needs = Needs::AnyOf(&[
    P::InterventionExecute,
    P::InterventionAssign,
    P::InterventionCancel,
    P::InterventionCancelRequest,
    P::InterventionArchive,
]);

/// The operations of this resource.
pub fn operations() -> Vec<Operation> {
    group(
        "interventions",
        vec![
            get(
                "/interventions",
                P::InterventionView,
                "Lister les interventions",
                h::list,
            ),
            post(
                "/interventions",
                CREATE,
                "Créer une intervention, ou la demander (client)",
                h::create,
            ),
            get(
                "/interventions/{id}",
                P::InterventionView,
                "Voir une intervention",
                h::show,
            ),
            put(
                "/interventions/{id}",
                EDIT,
                "Remplacer les données d'une intervention",
                h::replace,
            ),
            patch(
                "/interventions/{id}",
                EDIT,
                "Modifier les données d'une intervention",
                h::change,
            ),
            patch(
                "/interventions/{id}/status",
                MOVE,
                "Affecter, démarrer, mettre en attente, reprendre, clôturer, annuler, archiver",
                h::change_status,
            ),
            patch(
                "/interventions/{id}/statut",
                MOVE,
                "Changer l'état, aussi par les paramètres « statut » et « remarque »",
                h::change_status_by_query,
            )
            .alias_of("/interventions/{id}/status"),
            post(
                "/interventions/{id}/affectation",
                P::InterventionAssign,
                "Affecter un technicien, ou retirer l'affectation (null)",
                h::assign,
            ),
            get(
                "/interventions/{id}/suggestions",
                P::InterventionAssign,
                "Techniciens qui pourraient intervenir, le meilleur d'abord",
                h::suggestions,
            ),
            get(
                "/interventions/{id}/historique",
                P::InterventionView,
                "Voir l'historique",
                h::history,
            ),
            post(
                "/interventions/{id}/satisfaction",
                P::InterventionRate,
                "Noter une intervention close",
                h::rate,
            ),
        ],
    )
}
