//! Extract, call one use case, map the result.

use std::sync::Arc;

use application::technician::{self, EditTechnician, TechnicianView};
use domain::technician::Technician;

use super::availability::{AvailabilityAction, AvailabilityBody};
use super::dto::{NewTechnician, TechnicianBody, TechnicianPatch, TechnicianPut};
use super::lists::{AvailableQuery, TechnicianQuery};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated, Versioned};

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
    let show = call.created("/techniciens", TechnicianBody::of);
    let command = body.0.command()?;
    Ok(show.sent(technician::create(call.app(), &call.ctx, command, show.render()).await?))
}

pub(super) async fn show(call: Call, id: PathId<Technician>) -> Answered<One<TechnicianBody>> {
    let view = technician::find(call.app(), &call.ctx, id.0).await?;
    Ok(One {
        version: view.version(),
        view: TechnicianBody::of(&view),
    })
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Technician>,
    put: Replace<TechnicianPut, TechnicianBody>,
) -> Answered<Updated<TechnicianBody>> {
    let show = call.updated(TechnicianBody::of);
    let expected = put.expected();
    let edit: EditTechnician = Arc::new(move |before: &TechnicianView| {
        put.check(&TechnicianBody::of(before))?;
        put.body.clone().onto(before)
    });
    Ok(show.sent(technician::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn change(
    call: Call,
    id: PathId<Technician>,
    patch: Change<TechnicianPatch>,
) -> Answered<Updated<TechnicianBody>> {
    let show = call.updated(TechnicianBody::of);
    let expected = patch.expected();
    let edit: EditTechnician = Arc::new(move |before: &TechnicianView| patch.body.clone().onto(before));
    Ok(show.sent(technician::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn remove(call: Call, id: PathId<Technician>, version: IfMatch) -> Answered<Removed> {
    let show = call.removed();
    Ok(show.sent(technician::delete(call.app(), &call.ctx, id.0, version.expected(), show.render()).await?))
}

pub(super) async fn availability(
    call: Call,
    id: PathId<Technician>,
    asked: Change<AvailabilityAction>,
) -> Answered<Updated<AvailabilityBody>> {
    let show = call.updated(AvailabilityBody::of);
    let (expected, command) = (asked.expected(), asked.body.into());
    let written =
        technician::change_availability(call.app(), &call.ctx, id.0, expected, command, show.render())
            .await?;
    Ok(show.sent(written))
}
