//! Extract, call one use case, map the result.

use application::equipment;
use domain::equipment::{Equipment, EquipmentDetail};

use super::body::{ChangementStatut, EquipementPatch, EquipementPut, NouvelEquipement};
use super::dto::{ArbreView, EquipementQuery, EquipementView};
use super::history::MaintenanceView;
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Query, Replace};
use crate::reply::{Answered, Created, Many, One, Plain, Removed, Updated};
use crate::routes::users::dto::ActivityQuery;

/// How the caller sees an equipment.
fn view(call: &Call) -> impl Fn(&EquipmentDetail) -> EquipementView + Send + Sync + 'static {
    let actor = call.ctx.actor.clone();
    move |seen| EquipementView::of(seen, &actor)
}

pub(super) async fn list(call: Call, list: List<EquipementQuery>) -> Answered<Many<EquipementView>> {
    let page = equipment::list(call.app(), &call.ctx, &list.filter.into(), &list.page).await?;
    let view = view(&call);
    Ok(Many::of(&list.page, page, |seen| view(&seen)))
}

pub(super) async fn create(call: Call, body: Body<NouvelEquipement>) -> Answered<Created<EquipementView>> {
    call.created("/equipements", view(&call))
        .by(|render| equipment::create(call.app(), &call.ctx, body.0.into(), render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<Equipment>) -> Answered<One<EquipementView>> {
    let seen = equipment::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&seen, view(&call)))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Equipment>,
    put: Replace<EquipementPut, EquipementView>,
) -> Answered<Updated<EquipementView>> {
    let (expected, edit) = put.edit(view(&call), |body, seen| Ok(body.onto(&seen.record)));
    call.updated(view(&call))
        .by(|render| equipment::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Equipment>,
    patch: Change<EquipementPatch>,
) -> Answered<Updated<EquipementView>> {
    let (expected, edit) = patch.edit(|body, seen: &EquipmentDetail| Ok(body.onto(&seen.record)));
    call.updated(view(&call))
        .by(|render| equipment::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove(call: Call, id: PathId<Equipment>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| equipment::delete(call.app(), &call.ctx, id.0, version.expected(), render))
        .await
}

pub(super) async fn change_status(
    call: Call,
    id: PathId<Equipment>,
    change: Change<ChangementStatut>,
) -> Answered<Updated<EquipementView>> {
    let (expected, command) = (change.expected(), change.body.into());
    call.updated(view(&call))
        .by(|render| equipment::change_status(call.app(), &call.ctx, id.0, expected, command, render))
        .await
}

pub(super) async fn tree(call: Call, id: PathId<Equipment>) -> Answered<Plain<ArbreView>> {
    let nodes = equipment::tree(call.app(), &call.ctx, id.0).await?;
    Ok(Plain(ArbreView::of(id.0, nodes)))
}

pub(super) async fn maintenance(
    call: Call,
    id: PathId<Equipment>,
    query: Query<ActivityQuery>,
) -> Answered<Plain<MaintenanceView>> {
    let limit = query.0.limit()?;
    let seen = equipment::maintenance(call.app(), &call.ctx, id.0, limit, query.0.cursor).await?;
    Ok(Plain(MaintenanceView::of(seen, limit, &call.ctx.actor)))
}
