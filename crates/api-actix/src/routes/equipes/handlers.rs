//! Extract, call one use case, map the result.

use std::sync::Arc;

use application::team::{self, EditTeam};
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
    let show = call.created("/equipes", TeamView::of);
    Ok(show.sent(team::create(call.app(), &call.ctx, body.0.into(), show.render()).await?))
}

pub(super) async fn show(call: Call, id: PathId<Team>) -> Answered<One<TeamView>> {
    let team = team::find(call.app(), &call.ctx, id.0).await?;
    Ok(One {
        version: team.version,
        view: TeamView::of(&team),
    })
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Team>,
    put: Replace<TeamWrite, TeamView>,
) -> Answered<Updated<TeamView>> {
    let show = call.updated(TeamView::of);
    let expected = put.expected();
    let edit: EditTeam = Arc::new(move |before: &Record<Team>| {
        put.check(&TeamView::of(before))?;
        Ok(put.body.clone().into())
    });
    Ok(show.sent(team::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn change(
    call: Call,
    id: PathId<Team>,
    patch: Change<TeamPatch>,
) -> Answered<Updated<TeamView>> {
    let show = call.updated(TeamView::of);
    let expected = patch.expected();
    let edit: EditTeam = Arc::new(move |before: &Record<Team>| Ok(patch.body.clone().onto(before)));
    Ok(show.sent(team::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn remove(call: Call, id: PathId<Team>, version: IfMatch) -> Answered<Removed> {
    let show = call.removed();
    Ok(show.sent(team::delete(call.app(), &call.ctx, id.0, version.expected(), show.render()).await?))
}
