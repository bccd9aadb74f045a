//! Extract, call one use case, map the result.

use application::team;
use domain::Record;
use domain::team::Team;

use super::dto::{TeamPatch, TeamQuery, TeamView, TeamWrite};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated};

pub(super) async fn list(call: Call, list: List<TeamQuery>) -> Answered<Many<TeamView>> {
    let page = team::list(call.app(), &call.ctx, &list.page).await?;
    Ok(Many::of(&list.page, page, |team| TeamView::of(&team)))
}

pub(super) async fn create(call: Call, body: Body<TeamWrite>) -> Answered<Created<TeamView>> {
    call.created("/equipes", TeamView::of)
        .by(|render| team::create(call.app(), &call.ctx, body.0.into(), render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<Team>) -> Answered<One<TeamView>> {
    let team = team::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&team, TeamView::of))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Team>,
    put: Replace<TeamWrite, TeamView>,
) -> Answered<Updated<TeamView>> {
    let (expected, edit) = put.edit(TeamView::of, |body, _| Ok(body.into()));
    call.updated(TeamView::of)
        .by(|render| team::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Team>,
    patch: Change<TeamPatch>,
) -> Answered<Updated<TeamView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<Team>| Ok(body.onto(before)));
    call.updated(TeamView::of)
        .by(|render| team::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove(call: Call, id: PathId<Team>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| team::delete(call.app(), &call.ctx, id.0, version.expected(), render))
        .await
}
