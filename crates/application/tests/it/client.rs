//! Clients, sites, contacts, portal accounts.

mod accounts;
mod contacts;

use application::client::{
    create, create_contact, create_site, delete, delete_contact, delete_site, find, link_user, list_contacts,
    list_equipments, list_portal_users, list_sites, unlink_user, update, update_contact, update_site,
};
use application::write::silent;
use application::{AppError, Code, Detail};
use domain::client::{Client, ClientKind, ClientStatus, Contact, NameSort, PortalUser, ServiceLevel, Site};
use domain::equipment::{EquipmentFilter, EquipmentSort};
use domain::error::{Constraint, RepoError};
use domain::policy::{Role, Visibility};
use domain::text::{FieldIssue, IssueCode};
use domain::{Id, Record};

use crate::support::{
    Fakes, actor, assert_stale, code_of, ctx, denied_fields, edit, issues, locks_user, manager, now, page,
    page_of, portal, refusal, technician, user,
};

fn client() -> Client {
    Client {
        user: None,
        name: "Conserverie du Détroit".into(),
        sector: Some("agroalimentaire".into()),
        address: None,
        city: Some("Tanger".into()),
        phone: None,
        email: None,
        main_contact: None,
        kind: ClientKind::Company,
        service_level: ServiceLevel::Standard,
        status: ClientStatus::Active,
        ice: None,
        tax_id: None,
        since: "2024-01-15".parse().unwrap(),
    }
}

fn stored() -> Record<Client> {
    Record::fresh(Id::new(5), now(), client())
}

fn site(client: i64) -> Site {
    Site {
        client: Id::new(client),
        name: "Usine".into(),
        address: None,
        city: None,
        zone: None,
        latitude: None,
        longitude: None,
    }
}

fn contact(client: i64, principal: bool) -> Contact {
    Contact {
        client: Id::new(client),
        name: "Nadia".into(),
        function: None,
        email: None,
        phone: None,
        principal,
    }
}

fn locks_site(fakes: &mut Fakes, site: Site) {
    let found = Record::fresh(Id::new(3), now(), site);
    let clients = &mut fakes.tx.clients;
    clients
        .expect_lock_site()
        .returning(move |_| Ok(Some(found.clone())));
}

fn locks_contact(fakes: &mut Fakes, contact: Contact) {
    let found = Record::fresh(Id::new(4), now(), contact);
    let clients = &mut fakes.tx.clients;
    clients
        .expect_lock_contact()
        .returning(move |_| Ok(Some(found.clone())));
}

#[tokio::test]
async fn only_the_company_creates_and_removes_clients() {
    for who in [technician(80), portal(&[5])] {
        let app = Fakes::default().app();
        assert_eq!(
            code_of(create(&app, &who, client(), silent()).await),
            Code::Forbidden
        );
        assert_eq!(
            code_of(delete(&app, &who, Id::new(5), None, silent()).await),
            Code::Forbidden
        );
        assert_eq!(
            code_of(create_site(&app, &who, site(5), silent()).await),
            Code::Forbidden
        );
        assert_eq!(
            code_of(create_contact(&app, &who, contact(5, true), silent()).await),
            Code::Forbidden
        );
        assert_eq!(
            code_of(link_user(&app, &who, Id::new(5), Id::new(9), silent()).await),
            Code::Forbidden
        );
    }
    let mut fakes = Fakes::default();
    fakes
        .tx
        .clients
        .expect_insert()
        .once()
        .withf(|c, by| *c == client() && *by == Some(Id::new(2)))
        .returning(|_, _| Ok(stored()));
    create(&fakes.app(), &manager(), client(), silent())
        .await
        .unwrap();
}

#[tokio::test]
async fn bad_data_never_reach_the_store() {
    let bad = Client {
        name: String::new(),
        ice: Some("12".into()),
        ..client()
    };
    let found = issues(
        create(&Fakes::default().app(), &manager(), bad, silent())
            .await
            .unwrap_err(),
    );
    let fields: Vec<_> = found.iter().map(|i| i.field.as_str()).collect();
    assert_eq!(fields, ["nom_entreprise", "ice"]);

    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    let wipe = edit(|c: &mut Client| c.name.clear());
    assert_eq!(
        code_of(update(&fakes.app(), &manager(), Id::new(5), None, wipe, silent()).await),
        Code::ValidationError
    );

    let half = Site {
        latitude: Some(33.5),
        ..site(5)
    };
    assert_eq!(
        code_of(create_site(&Fakes::default().app(), &manager(), half, silent()).await),
        Code::ValidationError
    );
    let nameless = Contact {
        name: String::new(),
        ..contact(5, false)
    };
    assert_eq!(
        code_of(create_contact(&Fakes::default().app(), &manager(), nameless, silent()).await),
        Code::ValidationError
    );
}

#[tokio::test]
async fn a_client_keeps_the_own_contact_data_up_to_date_and_nothing_else() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .clients
        .expect_update()
        .once()
        .withf(|_, after| {
            after.phone.as_deref() == Some("0522123456") && after.city.as_deref() == Some("Tanger")
        })
        .returning(|b, _| Ok(b.clone()));
    let ring = edit(|c: &mut Client| {
        c.phone = Some("0522123456".into());
        c.email = Some("contact@conserverie.ma".into());
        c.address = Some("Zone franche".into());
        c.main_contact = Some("Nadia".into());
    });
    update(&fakes.app(), &portal(&[5]), Id::new(5), None, ring, silent())
        .await
        .unwrap();

    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes.tx.clients.expect_update().never();
    let upgrade = edit(|c: &mut Client| {
        c.phone = Some("0522123456".into());
        c.service_level = ServiceLevel::Premium;
        c.status = ClientStatus::Prospect;
    });
    assert_eq!(
        denied_fields(update(&fakes.app(), &portal(&[5]), Id::new(5), None, upgrade, silent()).await),
        ["niveau_service", "statut_client"]
    );
}

#[tokio::test]
async fn other_clients_are_hidden_from_a_client() {
    assert_eq!(
        code_of(
            update(
                &Fakes::default().app(),
                &portal(&[6]),
                Id::new(5),
                None,
                edit::<Client>(|_| {}),
                silent(),
            )
            .await
        ),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_technician_may_not_write_to_any_client() {
    assert_eq!(
        code_of(
            update(
                &Fakes::default().app(),
                &technician(80),
                Id::new(5),
                None,
                edit::<Client>(|_| {}),
                silent(),
            )
            .await
        ),
        Code::Forbidden
    );
}

#[tokio::test]
async fn an_account_with_two_roles_is_told_apart_by_the_job_that_ties_it() {
    for (has_job, code) in [(true, Code::Forbidden), (false, Code::NotFound)] {
        let mut who = actor(8, Role::Technician);
        who.roles.push(Role::Client);
        who.technician = Some(Id::new(80));
        let mut fakes = Fakes::default();
        fakes
            .tx
            .clients
            .expect_has_job_of()
            .once()
            .withf(|c, t| *c == Id::new(5) && *t == Id::new(80))
            .returning(move |_, _| Ok(has_job));
        assert_eq!(
            code_of(
                update(
                    &fakes.app(),
                    &ctx(who),
                    Id::new(5),
                    None,
                    edit::<Client>(|_| {}),
                    silent()
                )
                .await
            ),
            code,
            "seen through the job, but not to be changed"
        );
    }
}

#[tokio::test]
async fn versions_are_compared_before_anything_is_written() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    locks_site(&mut fakes, site(5));
    locks_contact(&mut fakes, contact(5, false));
    let (app, who) = (fakes.app(), manager());
    let (client, stale) = (Id::new(5), Some(9));
    let keep_site = || edit::<Site>(|_| {});
    let keep_contact = || edit::<Contact>(|_| {});
    assert_stale(update(&app, &who, client, stale, edit::<Client>(|_| {}), silent()).await);
    assert_stale(delete(&app, &who, client, stale, silent()).await);
    assert_stale(update_site(&app, &who, client, Id::new(3), stale, keep_site(), silent()).await);
    assert_stale(delete_site(&app, &who, client, Id::new(3), stale, silent()).await);
    assert_stale(update_contact(&app, &who, client, Id::new(4), stale, keep_contact(), silent()).await);
    assert_stale(delete_contact(&app, &who, client, Id::new(4), stale, silent()).await);
}

#[tokio::test]
async fn a_client_with_children_stays() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes.tx.clients.expect_delete().once().returning(|_| {
        Err(RepoError::Conflict {
            constraint: Constraint::InUse,
            name: "fk_sites_client".into(),
        })
    });
    assert_eq!(
        code_of(delete(&fakes.app(), &manager(), Id::new(5), None, silent()).await),
        Code::InUse
    );
}

#[tokio::test]
async fn the_equipment_of_a_client_is_narrowed_to_the_client_and_to_what_the_caller_sees() {
    let asked = || EquipmentFilter {
        client: Some(Id::new(99)),
        kind: Some("hydraulique".into()),
        ..EquipmentFilter::default()
    };
    let mut fakes = Fakes::default();
    fakes.clients.expect_find().returning(|_, _| Ok(Some(stored())));
    fakes
        .equipments
        .expect_list()
        .once()
        .withf(|filter, seen, _| {
            filter.client == Some(Id::new(5))
                && filter.kind.as_deref() == Some("hydraulique")
                && matches!(seen, Visibility::Only(reach) if reach.clients == [Id::new(5)])
        })
        .returning(|_, _, _| Ok(page_of(vec![])));
    list_equipments(
        &fakes.app(),
        &portal(&[5]),
        Id::new(5),
        asked(),
        &page(EquipmentSort::Id),
    )
    .await
    .unwrap();

    let mut fakes = Fakes::default();
    fakes.clients.expect_find().returning(|_, _| Ok(None));
    assert_eq!(
        code_of(
            list_equipments(
                &fakes.app(),
                &portal(&[6]),
                Id::new(5),
                asked(),
                &page(EquipmentSort::Id)
            )
            .await
        ),
        Code::NotFound
    );
}

#[tokio::test]
async fn reads_ask_only_for_what_the_caller_may_see() {
    let mut fakes = Fakes::default();
    fakes
        .clients
        .expect_find()
        .withf(|_, seen| matches!(seen, Visibility::Only(reach) if reach.clients == [Id::new(6)]))
        .returning(|_, _| Ok(None));
    let (app, who) = (fakes.app(), portal(&[6]));
    assert_eq!(code_of(find(&app, &who, Id::new(5)).await), Code::NotFound);
    // The lists of an unknown client are not empty lists.
    assert_eq!(
        code_of(list_sites(&app, &who, Id::new(5), &page(NameSort::Id)).await),
        Code::NotFound
    );
    assert_eq!(
        code_of(list_contacts(&app, &who, Id::new(5), &page(NameSort::Id)).await),
        Code::NotFound
    );
    assert_eq!(
        code_of(list_portal_users(&app, &who, Id::new(5), &page(NameSort::Id)).await),
        Code::Forbidden,
        "accounts are the company's business"
    );

    let mut fakes = Fakes::default();
    fakes
        .clients
        .expect_find()
        .withf(|_, seen| *seen == Visibility::All)
        .returning(|_, _| Ok(Some(stored())));
    assert_eq!(
        find(&fakes.app(), &manager(), Id::new(5)).await.unwrap(),
        stored()
    );
}
