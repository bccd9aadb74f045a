//! Extract, call one use case, map the result.

use std::sync::Arc;

use application::skill::{self, EditSkill};
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
    let show = call.created("/techniciens/competences", SkillView::of);
    Ok(show.sent(skill::create(call.app(), &call.ctx, body.0.into(), show.render()).await?))
}

pub(super) async fn show(call: Call, id: PathId<Skill>) -> Answered<One<SkillView>> {
    let skill = skill::find(call.app(), &call.ctx, id.0).await?;
    Ok(One {
        version: skill.version,
        view: SkillView::of(&skill),
    })
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Skill>,
    put: Replace<SkillWrite, SkillView>,
) -> Answered<Updated<SkillView>> {
    let show = call.updated(SkillView::of);
    let expected = put.expected();
    let edit: EditSkill = Arc::new(move |before: &Record<Skill>| {
        put.check(&SkillView::of(before))?;
        Ok(put.body.clone().into())
    });
    Ok(show.sent(skill::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn change(
    call: Call,
    id: PathId<Skill>,
    patch: Change<SkillPatch>,
) -> Answered<Updated<SkillView>> {
    let show = call.updated(SkillView::of);
    let expected = patch.expected();
    let edit: EditSkill = Arc::new(move |before: &Record<Skill>| Ok(patch.body.clone().onto(before)));
    Ok(show.sent(skill::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn remove(call: Call, id: PathId<Skill>, version: IfMatch) -> Answered<Removed> {
    let show = call.removed();
    Ok(show.sent(skill::delete(call.app(), &call.ctx, id.0, version.expected(), show.render()).await?))
}
