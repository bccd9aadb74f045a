//! Extract, call one use case, map the result.

use std::sync::Arc;

use application::client::{self, EditClient, EditContact, EditSite};
use domain::Record;
use domain::client::{Client, Contact, PortalUser, Site};
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
    let show = call.created("/clients", ClientView::of);
    let client = body.0.create(call.ctx.today());
    Ok(show.sent(client::create(call.app(), &call.ctx, client, show.render()).await?))
}

pub(super) async fn show(call: Call, id: PathId<Client>) -> Answered<One<ClientView>> {
    let client = client::find(call.app(), &call.ctx, id.0).await?;
    Ok(One {
        version: client.version,
        view: ClientView::of(&client),
    })
}

pub(super) async fn replace(
    call: Call,
    id: PathId<Client>,
    put: Replace<ClientWrite, ClientView>,
) -> Answered<Updated<ClientView>> {
    let show = call.updated(ClientView::of);
    let expected = put.expected();
    let edit: EditClient = Arc::new(move |before: &Record<Client>| {
        put.check(&ClientView::of(before))?;
        Ok(put.body.clone().onto(before))
    });
    Ok(show.sent(client::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn change(
    call: Call,
    id: PathId<Client>,
    patch: Change<ClientPatch>,
) -> Answered<Updated<ClientView>> {
    let show = call.updated(ClientView::of);
    let expected = patch.expected();
    let edit: EditClient = Arc::new(move |before: &Record<Client>| Ok(patch.body.clone().onto(before)));
    Ok(show.sent(client::update(call.app(), &call.ctx, id.0, expected, edit, show.render()).await?))
}

pub(super) async fn remove(call: Call, id: PathId<Client>, version: IfMatch) -> Answered<Removed> {
    let show = call.removed();
    Ok(show.sent(client::delete(call.app(), &call.ctx, id.0, version.expected(), show.render()).await?))
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
    let show = call.created(&format!("/clients/{}/sites", client.0), SiteView::of);
    let site = body.0.of(client.0);
    Ok(show.sent(client::create_site(call.app(), &call.ctx, site, show.render()).await?))
}

pub(super) async fn show_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
) -> Answered<One<SiteView>> {
    let site = client::find_site(call.app(), &call.ctx, client.0, id.0).await?;
    Ok(One {
        version: site.version,
        view: SiteView::of(&site),
    })
}

pub(super) async fn replace_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    put: Replace<SiteWrite, SiteView>,
) -> Answered<Updated<SiteView>> {
    let show = call.updated(SiteView::of);
    let expected = put.expected();
    let edit: EditSite = Arc::new(move |before: &Record<Site>| {
        put.check(&SiteView::of(before))?;
        Ok(put.body.clone().of(before.client))
    });
    let written = client::update_site(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        expected,
        edit,
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn change_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    patch: Change<SitePatch>,
) -> Answered<Updated<SiteView>> {
    let show = call.updated(SiteView::of);
    let expected = patch.expected();
    let edit: EditSite = Arc::new(move |before: &Record<Site>| Ok(patch.body.clone().onto(before)));
    let written = client::update_site(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        expected,
        edit,
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn remove_site(
    call: Call,
    client: PathId<Client>,
    id: PathId<Site>,
    version: IfMatch,
) -> Answered<Removed> {
    let show = call.removed();
    let written = client::delete_site(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        version.expected(),
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
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
    let show = call.created(&format!("/clients/{}/contacts", client.0), ContactView::of);
    let contact = body.0.of(client.0);
    Ok(show.sent(client::create_contact(call.app(), &call.ctx, contact, show.render()).await?))
}

pub(super) async fn show_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
) -> Answered<One<ContactView>> {
    let contact = client::find_contact(call.app(), &call.ctx, client.0, id.0).await?;
    Ok(One {
        version: contact.version,
        view: ContactView::of(&contact),
    })
}

pub(super) async fn replace_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    put: Replace<ContactWrite, ContactView>,
) -> Answered<Updated<ContactView>> {
    let show = call.updated(ContactView::of);
    let expected = put.expected();
    let edit: EditContact = Arc::new(move |before: &Record<Contact>| {
        put.check(&ContactView::of(before))?;
        Ok(put.body.clone().of(before.client))
    });
    let written = client::update_contact(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        expected,
        edit,
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn change_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    patch: Change<ContactPatch>,
) -> Answered<Updated<ContactView>> {
    let show = call.updated(ContactView::of);
    let expected = patch.expected();
    let edit: EditContact = Arc::new(move |before: &Record<Contact>| Ok(patch.body.clone().onto(before)));
    let written = client::update_contact(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        expected,
        edit,
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
}

pub(super) async fn remove_contact(
    call: Call,
    client: PathId<Client>,
    id: PathId<Contact>,
    version: IfMatch,
) -> Answered<Removed> {
    let show = call.removed();
    let written = client::delete_contact(
        call.app(),
        &call.ctx,
        client.0,
        id.0,
        version.expected(),
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
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
    let show = call.created(&format!("/clients/{}/utilisateurs", client.0), PortalUserView::of);
    let user = domain::Id::new(body.0.user_id);
    Ok(show.sent(client::link_user(call.app(), &call.ctx, client.0, user, show.render()).await?))
}

pub(super) async fn show_user(
    call: Call,
    client: PathId<Client>,
    user: PathId<User>,
) -> Answered<One<PortalUserView>> {
    let found: PortalUser = client::find_portal_user(call.app(), &call.ctx, client.0, user.0).await?;
    Ok(One {
        version: crate::reply::Versioned::version(&found),
        view: PortalUserView::of(&found),
    })
}

pub(super) async fn unlink_user(
    call: Call,
    client: PathId<Client>,
    user: PathId<User>,
    version: IfMatch,
) -> Answered<Removed> {
    let show = call.removed();
    let written = client::unlink_user(
        call.app(),
        &call.ctx,
        client.0,
        user.0,
        version.expected(),
        show.render(),
    )
    .await?;
    Ok(show.sent(written))
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
