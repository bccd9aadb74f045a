//! Extract, call one use case, map the result.

use std::sync::Arc;

use application::user::{self, EditUser};
use domain::Record;
use domain::page::{PageRequest, Sort, Start};
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
    let show = call.created("/users", UserView::of);
    Ok(show.sent(user::create(call.app(), &call.ctx, body.0.into(), show.render()).await?))
}

pub(super) async fn show(call: Call, id: PathId<User>) -> Answered<One<UserView>> {
    let user = user::find(call.app(), &call.ctx, id.0).await?;
    Ok(One {
        version: user.version,
        view: UserView::of(&user),
    })
}

pub(super) async fn me(call: Call) -> Answered<One<MeView>> {
    let user = user::find(call.app(), &call.ctx, call.ctx.actor.user).await?;
    Ok(One {
        version: user.version,
        view: MeView::of(&user, &call.ctx.actor),
    })
}

pub(super) async fn replace(
    call: Call,
    id: PathId<User>,
    put: Replace<UserPut, UserView>,
) -> Answered<Updated<UserView>> {
    let show = call.updated(UserView::of);
    let expected = put.expected();
    let edit: EditUser = Arc::new(move |before: &Record<User>| {
        put.check(&UserView::of(before))?;
        Ok(put.body.clone().onto(before))
    });
    Ok(show.sent(user::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn replace_me(call: Call, put: Replace<ProfilePut, MeView>) -> Answered<Updated<MeView>> {
    let (me, actor) = (call.ctx.actor.user, call.ctx.actor.clone());
    let show = call.updated({
        let actor = actor.clone();
        move |user: &Record<User>| MeView::of(user, &actor)
    });
    let expected = put.expected();
    let edit: EditUser = Arc::new(move |before: &Record<User>| {
        put.check(&MeView::of(before, &actor))?;
        Ok(put.body.clone().onto(before))
    });
    Ok(show.sent(user::update(call.app(), &call.ctx, me, expected, edit, show.render()).await?))
}

pub(super) async fn change(
    call: Call,
    id: PathId<User>,
    patch: Change<UserPatch>,
) -> Answered<Updated<UserView>> {
    let show = call.updated(UserView::of);
    let expected = patch.expected();
    let edit: EditUser = Arc::new(move |before: &Record<User>| Ok(patch.body.clone().onto(before)));
    Ok(show.sent(user::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn activate(call: Call, id: PathId<User>, version: IfMatch) -> Answered<Updated<UserView>> {
    let show = call.updated(UserView::of);
    let written = user::set_active(
        call.app(),
        &call.ctx,
        id.0,
        true,
        version.expected(),
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn deactivate(call: Call, id: PathId<User>, version: IfMatch) -> Answered<Removed> {
    let show = call.removed();
    let written = user::set_active(
        call.app(),
        &call.ctx,
        id.0,
        false,
        version.expected(),
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn activity(
    call: Call,
    id: PathId<User>,
    query: Query<ActivityQuery>,
) -> Answered<Many<ActivityView>> {
    let limit = query.0.limit()?;
    let page = user::activity(call.app(), &call.ctx, id.0, limit, query.0.cursor).await?;
    let asked = PageRequest {
        limit,
        start: Start::Offset(0),
        sort: Sort {
            key: (),
            descending: true,
        },
    };
    Ok(Many::of(&asked, page, ActivityView::of))
}
