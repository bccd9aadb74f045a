//! Extract, call one use case, map the result.

use application::technician::{self, TechnicianView};
use domain::technician::Technician;

use super::availability::{AvailabilityAction, AvailabilityBody};
use super::dto::{NewTechnician, TechnicianBody, TechnicianPatch, TechnicianPut};
use super::lists::{AvailableQuery, TechnicianQuery};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated};

pub(super) async fn list(call: Call, list: List<TechnicianQuery>) -> Answered<Many<TechnicianBody>> {
    let filter = list.filter.filter()?;
    let page = technician::list(call.app(), &call.ctx, &filter, &list.page).await?;
    Ok(Many::of(&list.page, page, |view| TechnicianBody::of(&view)))
}

pub(super) async fn available(call: Call, list: List<AvailableQuery>) -> Answered<Many<TechnicianBody>> {
    let required = list.filter.required()?;
    let zone = list.filter.zone;
    let page = technician::available(call.app(), &call.ctx, required, zone, &list.page).await?;
    Ok(Many::of(&list.page, page, |view| TechnicianBody::of(&view)))
}

pub(super) async fn create(call: Call, body: Body<NewTechnician>) -> Answered<Created<TechnicianBody>> {
    let command = body.0.command()?;
    call.created("/techniciens", TechnicianBody::of)
        .by(|render| technician::create(call.app(), &call.ctx, command, render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<Technician>) -> Answered<One<TechnicianBody>> {
    let view = technician::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&view, TechnicianBody::of))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Technician>,
    put: Replace<TechnicianPut, TechnicianBody>,
) -> Answered<Updated<TechnicianBody>> {
    let (expected, edit) = put.edit(TechnicianBody::of, |body, before| Ok(body.onto(before)));
    call.updated(TechnicianBody::of)
        .by(|render| technician::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Technician>,
    patch: Change<TechnicianPatch>,
) -> Answered<Updated<TechnicianBody>> {
    let (expected, edit) = patch.edit(|body, before: &TechnicianView| Ok(body.onto(before)));
    call.updated(TechnicianBody::of)
        .by(|render| technician::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove(call: Call, id: PathId<Technician>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| technician::delete(call.app(), &call.ctx, id.0, version.expected(), render))
        .await
}

pub(super) async fn availability(
    call: Call,
    id: PathId<Technician>,
    asked: Change<AvailabilityAction>,
) -> Answered<Updated<AvailabilityBody>> {
    let (expected, command) = (asked.expected(), asked.body.into());
    call.updated(AvailabilityBody::of)
        .by(|render| technician::change_availability(call.app(), &call.ctx, id.0, expected, command, render))
        .await
}
