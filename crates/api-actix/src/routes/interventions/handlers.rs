//! Extract, call one use case, map the result.

use application::intervention::{self, Asked, JobView};
use domain::Id;
use domain::intervention::Intervention;
use domain::policy::Permission;

use super::action::{Affectation, ChangementEtat, EtatQuery, Note};
use super::body::{InterventionPatch, InterventionPut, NouvelleIntervention};
use super::dto::InterventionLue;
use super::history::{HistoriqueView, SuggestionView};
use super::listing::{InterventionListee, InterventionQuery};
use crate::call::Call;
use crate::extract::{Body, Change, List, MaybeChange, PathId, Query, Replace};
use crate::reply::{Answered, Created, Many, One, Updated};
use crate::routes::users::dto::ActivityQuery;
use crate::wire::filled;

pub(super) async fn list(call: Call, list: List<InterventionQuery>) -> Answered<Many<InterventionListee>> {
    let page = intervention::list(call.app(), &call.ctx, &list.filter.into(), &list.page).await?;
    Ok(Many::of(&list.page, page, InterventionListee::of))
}

pub(super) async fn create(
    call: Call,
    body: Body<NouvelleIntervention>,
) -> Answered<Created<InterventionLue>> {
    let show = call.created("/interventions", InterventionLue::of);
    // Who may do both is one of the staff.
    if call.ctx.actor.may(Permission::InterventionCreate) {
        let job = body.0.job()?;
        show.by(|render| intervention::create(call.app(), &call.ctx, job, render))
            .await
    } else {
        let request = body.0.request()?;
        show.by(|render| intervention::request(call.app(), &call.ctx, request, render))
            .await
    }
}

pub(super) async fn show(call: Call, id: PathId<Intervention>) -> Answered<One<InterventionLue>> {
    let view = intervention::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&view, InterventionLue::of))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Intervention>,
    put: Replace<InterventionPut, InterventionLue>,
) -> Answered<Updated<InterventionLue>> {
    let (expected, edit) = put.edit(InterventionLue::of, |body, before| body.onto(before));
    call.updated(InterventionLue::of)
        .by(|render| intervention::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Intervention>,
    patch: Change<InterventionPatch>,
) -> Answered<Updated<InterventionLue>> {
    let (expected, edit) = patch.edit(|body, before: &JobView| body.onto(before));
    call.updated(InterventionLue::of)
        .by(|render| intervention::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change_status(
    call: Call,
    id: PathId<Intervention>,
    change: Change<ChangementEtat>,
) -> Answered<Updated<InterventionLue>> {
    let expected = change.expected();
    transition(&call, id.0, expected, change.body.asked()?).await
}

pub(super) async fn change_status_by_query(
    call: Call,
    id: PathId<Intervention>,
    query: Query<EtatQuery>,
    change: MaybeChange<ChangementEtat>,
) -> Answered<Updated<InterventionLue>> {
    let asked = query.0.under(change.body)?.asked()?;
    transition(&call, id.0, change.version.expected(), asked).await
}

pub(super) async fn assign(
    call: Call,
    id: PathId<Intervention>,
    change: Change<Affectation>,
) -> Answered<Updated<InterventionLue>> {
    let expected = change.expected();
    transition(&call, id.0, expected, change.body.asked()?).await
}

async fn transition(
    call: &Call,
    id: Id<Intervention>,
    expected: application::Expected,
    asked: Asked,
) -> Answered<Updated<InterventionLue>> {
    call.updated(InterventionLue::of)
        .by(|render| intervention::transition(call.app(), &call.ctx, id, expected, asked, render))
        .await
}

pub(super) async fn suggestions(call: Call, id: PathId<Intervention>) -> Answered<Many<SuggestionView>> {
    let found = intervention::suggestions(call.app(), &call.ctx, id.0).await?;
    Ok(Many::whole(found.iter().map(SuggestionView::of).collect()))
}

pub(super) async fn history(
    call: Call,
    id: PathId<Intervention>,
    query: Query<ActivityQuery>,
) -> Answered<Many<HistoriqueView>> {
    let limit = query.0.limit()?;
    let (audience, page) = intervention::history(call.app(), &call.ctx, id.0, limit, query.0.cursor).await?;
    Ok(Many::by_cursor(limit, page, |entry| {
        HistoriqueView::of(entry, audience)
    }))
}

pub(super) async fn rate(
    call: Call,
    id: PathId<Intervention>,
    body: Body<Note>,
) -> Answered<Updated<InterventionLue>> {
    let (stars, words) = (body.0.satisfaction, filled(body.0.commentaire_client));
    call.updated(InterventionLue::of)
        .by(|render| intervention::rate(call.app(), &call.ctx, id.0, stars, words, render))
        .await
}
