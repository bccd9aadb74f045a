//! Extract, call one use case, map the result.

use application::client;
use domain::Record;
use domain::client::{Client, Contact, Site};
use domain::user::User;

use super::children::{
    ChildrenQuery, ClientEquipmentQuery, ContactPatch, ContactView, ContactWrite, PortalUserView,
    PortalUserWrite, SitePatch, SiteView, SiteWrite,
};
use super::dto::{ClientPatch, ClientQuery, ClientView, ClientWrite};
use crate::call::Call;
use crate::extract::{Body, Change, IfMatch, List, PathId, Replace};
use crate::reply::{Answered, Created, Many, One, Removed, Updated};
use crate::routes::equipements::dto::EquipementView;

pub(super) async fn list(call: Call, list: List<ClientQuery>) -> Answered<Many<ClientView>> {
    let page = client::list(call.app(), &call.ctx, &list.filter.into(), &list.page).await?;
    Ok(Many::of(&list.page, page, |client| ClientView::of(&client)))
}

pub(super) async fn create(call: Call, body: Body<ClientWrite>) -> Answered<Created<ClientView>> {
    let client = body.0.create(call.ctx.today());
    call.created("/clients", ClientView::of)
        .by(|render| client::create(call.app(), &call.ctx, client, render))
        .await
}

pub(super) async fn show(call: Call, id: PathId<Client>) -> Answered<One<ClientView>> {
    let client = client::find(call.app(), &call.ctx, id.0).await?;
    Ok(One::of(&client, ClientView::of))
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Client>,
    put: Replace<ClientWrite, ClientView>,
) -> Answered<Updated<ClientView>> {
    let (expected, edit) = put.edit(ClientView::of, |body, before| Ok(body.onto(before)));
    call.updated(ClientView::of)
        .by(|render| client::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn change(
    call: Call,
    id: PathId<Client>,
    patch: Change<ClientPatch>,
) -> Answered<Updated<ClientView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<Client>| Ok(body.onto(before)));
    call.updated(ClientView::of)
        .by(|render| client::update(call.app(), &call.ctx, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove(call: Call, id: PathId<Client>, version: IfMatch) -> Answered<Removed> {
    call.removed()
        .by(|render| client::delete(call.app(), &call.ctx, id.0, version.expected(), render))
        .await
}

pub(super) async fn list_sites(
    call: Call,
    client: PathId<Client>,
    list: List<ChildrenQuery>,
) -> Answered<Many<SiteView>> {
    let page = client::list_sites(call.app(), &call.ctx, client.0, &list.page).await?;
    Ok(Many::of(&list.page, page, |site| SiteView::of(&site)))
}

pub(super) async fn create_site(
    call: Call,
    client: PathId<Client>,
    body: Body<SiteWrite>,
) -> Answered<Created<SiteView>> {
    let site = body.0.of(client.0);
    call.created(&format!("/clients/{}/sites", client.0), SiteView::of)
        .by(|render| client::create_site(call.app(), &call.ctx, site, render))
        .await
}

pub(super) async fn show_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
) -> Answered<One<SiteView>> {
    let site = client::find_site(call.app(), &call.ctx, client.0, id.0).await?;
    Ok(One::of(&site, SiteView::of))
}

pub(super) async fn replace_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    put: Replace<SiteWrite, SiteView>,
) -> Answered<Updated<SiteView>> {
    let (expected, edit) = put.edit(SiteView::of, |body, before| Ok(body.of(before.client)));
    call.updated(SiteView::of)
        .by(|render| client::update_site(call.app(), &call.ctx, client.0, id.0, expected, edit, render))
        .await
}

pub(super) async fn change_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    patch: Change<SitePatch>,
) -> Answered<Updated<SiteView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<Site>| Ok(body.onto(before)));
    call.updated(SiteView::of)
        .by(|render| client::update_site(call.app(), &call.ctx, client.0, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    version: IfMatch,
) -> Answered<Removed> {
    call.removed()
        .by(|render| client::delete_site(call.app(), &call.ctx, client.0, id.0, version.expected(), render))
        .await
}

pub(super) async fn list_contacts(
    call: Call,
    client: PathId<Client>,
    list: List<ChildrenQuery>,
) -> Answered<Many<ContactView>> {
    let page = client::list_contacts(call.app(), &call.ctx, client.0, &list.page).await?;
    Ok(Many::of(&list.page, page, |contact| ContactView::of(&contact)))
}

pub(super) async fn create_contact(
    call: Call,
    client: PathId<Client>,
    body: Body<ContactWrite>,
) -> Answered<Created<ContactView>> {
    let contact = body.0.of(client.0);
    call.created(&format!("/clients/{}/contacts", client.0), ContactView::of)
        .by(|render| client::create_contact(call.app(), &call.ctx, contact, render))
        .await
}

pub(super) async fn show_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
) -> Answered<One<ContactView>> {
    let contact = client::find_contact(call.app(), &call.ctx, client.0, id.0).await?;
    Ok(One::of(&contact, ContactView::of))
}

pub(super) async fn replace_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    put: Replace<ContactWrite, ContactView>,
) -> Answered<Updated<ContactView>> {
    let (expected, edit) = put.edit(ContactView::of, |body, before| Ok(body.of(before.client)));
    call.updated(ContactView::of)
        .by(|render| client::update_contact(call.app(), &call.ctx, client.0, id.0, expected, edit, render))
        .await
}

pub(super) async fn change_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    patch: Change<ContactPatch>,
) -> Answered<Updated<ContactView>> {
    let (expected, edit) = patch.edit(|body, before: &Record<Contact>| Ok(body.onto(before)));
    call.updated(ContactView::of)
        .by(|render| client::update_contact(call.app(), &call.ctx, client.0, id.0, expected, edit, render))
        .await
}

pub(super) async fn remove_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    version: IfMatch,
) -> Answered<Removed> {
    call.removed()
        .by(|render| {
            client::delete_contact(call.app(), &call.ctx, client.0, id.0, version.expected(), render)
        })
        .await
}

pub(super) async fn list_users(
    call: Call,
    client: PathId<Client>,
    list: List<ChildrenQuery>,
) -> Answered<Many<PortalUserView>> {
    let page = client::list_portal_users(call.app(), &call.ctx, client.0, &list.page).await?;
    Ok(Many::of(&list.page, page, |user| PortalUserView::of(&user)))
}

pub(super) async fn link_user(
    call: Call,
    client: PathId<Client>,
    body: Body<PortalUserWrite>,
) -> Answered<Created<PortalUserView>> {
    let user = domain::Id::new(body.0.user_id);
    call.created(&format!("/clients/{}/utilisateurs", client.0), PortalUserView::of)
        .by(|render| client::link_user(call.app(), &call.ctx, client.0, user, render))
        .await
}

pub(super) async fn show_user(
    call: Call,
    client: PathId<Client>,
    user: PathId<User>,
) -> Answered<One<PortalUserView>> {
    let found = client::find_portal_user(call.app(), &call.ctx, client.0, user.0).await?;
    Ok(One::of(&found, PortalUserView::of))
}

pub(super) async fn unlink_user(
    call: Call,
    client: PathId<Client>,
    user: PathId<User>,
    version: IfMatch,
) -> Answered<Removed> {
    call.removed()
        .by(|render| {
            client::unlink_user(
                call.app(),
                &call.ctx,
                client.0,
                user.0,
                version.expected(),
                render,
            )
        })
        .await
}

pub(super) async fn equipments(
    call: Call,
    client: PathId<Client>,
    list: List<ClientEquipmentQuery>,
) -> Answered<Many<EquipementView>> {
    let page =
        client::list_equipments(call.app(), &call.ctx, client.0, list.filter.into(), &list.page).await?;
    Ok(Many::of(&list.page, page, |seen| {
        EquipementView::of(&seen, &call.ctx.actor)
    }))
}
