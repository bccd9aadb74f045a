//! Extract, call one use case, map the result.

use application::skill;
use domain::Record;
use domain::skill::Skill;

use super::dto::{SkillPatch, SkillQuery, SkillView, SkillWrite};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated};

pub(super) async fn list(call: Call, list: List<SkillQuery>) -> Answered<Many<SkillView>> {
    let page = skill::list(call.app(), &call.ctx, &list.page).await?;
    Ok(Many::of(&list.page, page, |skill| SkillView::of(&skill)))
}

pub(super) async fn create(call: Call, body: Body<SkillWrite>) -> Answered<Created<SkillView>> {
    call.created("/techniciens/competences", SkillView::of)
        .by(|render| skill::create(call.app(), &call.ctx, body.0.into(), render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<Skill>) -> Answered<One<SkillView>> {
    let skill = skill::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&skill, SkillView::of))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Skill>,
    put: Replace<SkillWrite, SkillView>,
) -> Answered<Updated<SkillView>> {
    let (expected, edit) = put.edit(SkillView::of, |body, _| Ok(body.into()));
    call.updated(SkillView::of)
        .by(|render| skill::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Skill>,
    patch: Change<SkillPatch>,
) -> Answered<Updated<SkillView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<Skill>| Ok(body.onto(before)));
    call.updated(SkillView::of)
        .by(|render| skill::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove(call: Call, id: PathId<Skill>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| skill::delete(call.app(), &call.ctx, id.0, version.expected(), render))
        .await
}
