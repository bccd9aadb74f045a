//! Extract, call one use case, map the result.

use application::user;
use domain::Record;
use domain::user::User;

use super::dto::{
    ActivityQuery, ActivityView, MeView, NewUser, ProfilePut, UserPatch, UserPut, UserQuery, UserView,
};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Query, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated};

pub(super) async fn list(call: Call, list: List<UserQuery>) -> Answered<Many<UserView>> {
    let page = user::list(call.app(), &call.ctx, &list.filter.into(), &list.page).await?;
    Ok(Many::of(&list.page, page, |user| UserView::of(&user)))
}

pub(super) async fn create(call: Call, body: Body<NewUser>) -> Answered<Created<UserView>> {
    call.created("/users", UserView::of)
        .by(|render| user::create(call.app(), &call.ctx, body.0.into(), render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<User>) -> Answered<One<UserView>> {
    let user = user::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&user, UserView::of))
}

pub(super) async fn me(call: Call) -> Answered<One<MeView>> {
    let user = user::find(call.app(), &call.ctx, call.ctx.actor.user).await?;
    Ok(One::of(&user, |user| MeView::of(user, &call.ctx.actor)))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<User>,
    put: Replace<UserPut, UserView>,
) -> Answered<Updated<UserView>> {
    let (expected, edit) = put.edit(UserView::of, |body, before| Ok(body.onto(before)));
    call.updated(UserView::of)
        .by(|render| user::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn replace_me(call: Call, put: Replace<ProfilePut, MeView>) -> Answered<Updated<MeView>> {
    let me = call.ctx.actor.user;
    let actor = call.ctx.actor.clone();
    let view = move |user: &Record<User>| MeView::of(user, &actor);
    let (expected, edit) = put.edit(view.clone(), |body, before| Ok(body.onto(before)));
    call.updated(view)
        .by(|render| user::update(call.app(), &call.ctx, me, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<User>,
    patch: Change<UserPatch>,
) -> Answered<Updated<UserView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<User>| Ok(body.onto(before)));
    call.updated(UserView::of)
        .by(|render| user::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn activate(call: Call, id: PathId<User>, version: IfMatch) -> Answered<Updated<UserView>> {
    call.updated(UserView::of)
        .by(|render| user::set_active(call.app(), &call.ctx, id.0, true, version.expected(), render))
        .await
}

pub(super) async fn deactivate(call: Call, id: PathId<User>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| user::set_active(call.app(), &call.ctx, id.0, false, version.expected(), render))
        .await
}

pub(super) async fn activity(
    call: Call,
    id: PathId<User>,
    query: Query<ActivityQuery>,
) -> Answered<Many<ActivityView>> {
    let limit = query.0.limit()?;
    let page = user::activity(call.app(), &call.ctx, id.0, limit, query.0.cursor).await?;
    Ok(Many::by_cursor(limit, page, ActivityView::of))
}
