//! What belongs to a client: sites, contacts, portal accounts.

use domain::Id;
use domain::client::{Client, ClientQueries, Contact, NameSort, Site};
use domain::error::Constraint;
use domain::page::{PageRequest, Start};
use domain::policy::{Role, Visibility};
use infra_postgres::clients::PgClientQueries;
use test_support::TestDb;

use crate::clients::{client, contact, new_client, own, site};
use crate::support::{conflict, must, new_user_id, page, run, walk};
use crate::workplace::{Workplace, workplace};

#[tokio::test]
async fn sites_and_contacts_come_back_page_by_page_and_go() {
    let db = TestDb::new().await;
    let owner = new_client(&db, "A").await.id;
    let (sites, contacts) = must(&db, move |tx| {
        let mut made = (Vec::new(), Vec::new());
        for name in ["b", "a", "c"] {
            made.0.push(tx.clients().insert_site(&site(owner, name), None)?);
            made.1
                .push(tx.clients().insert_contact(&contact(owner, name, false), None)?);
        }
        Ok(made)
    })
    .await;
    let queries = PgClientQueries::new(db.reader());
    for (key, descending, order) in [
        (NameSort::Id, false, [0, 1, 2]),
        (NameSort::Id, true, [2, 1, 0]),
        (NameSort::Name, false, [1, 0, 2]),
        (NameSort::Name, true, [2, 0, 1]),
    ] {
        let seen = (
            walk(key, descending, async |request| {
                queries.list_sites(owner, &Visibility::All, &request).await
            })
            .await,
            walk(key, descending, async |request| {
                queries.list_contacts(owner, &Visibility::All, &request).await
            })
            .await,
        );
        assert_eq!(seen.0, order.map(|i| sites[i].clone()), "{key:?} {descending}");
        assert_eq!(seen.1, order.map(|i| contacts[i].clone()), "{key:?} {descending}");
    }
    let other = new_client(&db, "B").await.id;
    let (site_id, contact_id) = (sites[0].id, contacts[0].id);
    assert_eq!(
        queries.find_site(owner, site_id, &Visibility::All).await.unwrap(),
        Some(sites[0].clone())
    );
    assert_eq!(
        queries.find_site(other, site_id, &Visibility::All).await.unwrap(),
        None
    );
    assert_eq!(
        queries
            .find_contact(owner, contact_id, &Visibility::All)
            .await
            .unwrap(),
        Some(contacts[0].clone())
    );
    assert_eq!(
        queries
            .find_contact(other, contact_id, &Visibility::All)
            .await
            .unwrap(),
        None
    );

    must(&db, move |tx| {
        let before = tx.clients().lock_site(site_id)?.unwrap();
        let moved = tx.clients().update_site(
            &before,
            &Site {
                zone: None,
                ..before.data.clone()
            },
        )?;
        assert_eq!((moved.version, moved.zone.clone()), (2, None));
        tx.clients().delete_site(&moved)?;
        let before = tx.clients().lock_contact(contact_id)?.unwrap();
        let moved = tx.clients().update_contact(
            &before,
            &Contact {
                email: None,
                ..before.data.clone()
            },
        )?;
        tx.clients().delete_contact(&moved)
    })
    .await;
    assert_eq!(
        queries.find_site(owner, site_id, &Visibility::All).await.unwrap(),
        None
    );
    assert_eq!(
        queries
            .find_contact(owner, contact_id, &Visibility::All)
            .await
            .unwrap(),
        None
    );
    for table in ["sites", "clients_contacts"] {
        for (action, n) in [("creation", 3), ("modification", 1), ("suppression", 1)] {
            let sql = format!(
                "SELECT count(*) FROM audit_log WHERE objet_type = '{table}' AND action = '{action}'"
            );
            assert_eq!(db.number(&sql), n, "{table} {action}");
        }
    }
}

#[tokio::test]
async fn a_site_where_equipment_stands_stays() {
    let Workplace { db, site, .. } = workplace().await;
    let used = conflict(
        run(&db, move |tx| {
            let before = tx.clients().lock_site(site)?.unwrap();
            tx.clients().delete_site(&before)
        })
        .await,
    );
    assert_eq!(used, Constraint::InUse);
}

#[tokio::test]
async fn a_client_has_one_principal_contact() {
    let db = TestDb::new().await;
    let owner = new_client(&db, "A").await.id;
    let first = must(&db, move |tx| {
        tx.clients().insert_contact(&contact(owner, "Nadia", true), None)
    })
    .await;
    let second = conflict(
        run(&db, move |tx| {
            tx.clients().insert_contact(&contact(owner, "Omar", true), None)
        })
        .await,
    );
    assert_eq!(second, Constraint::ContactPrincipal);
    let other = new_client(&db, "B").await.id;
    must(&db, move |tx| {
        tx.clients().insert_contact(&contact(other, "Omar", true), None)
    })
    .await;
    let principal = must(&db, move |tx| tx.clients().lock_principal(owner)).await;
    assert_eq!(principal, Some(first));
    let orphan = Id::new(999_999);
    let missing = conflict(
        run(&db, move |tx| {
            tx.clients().insert_contact(&contact(orphan, "X", false), None)
        })
        .await,
    );
    assert_eq!(missing, Constraint::MissingReference);
}

#[tokio::test]
async fn portal_accounts_are_the_main_one_and_the_linked_ones() {
    let db = TestDb::new().await;
    let (main, linked, stranger) = (
        new_user_id(&db, "principal", Role::Client).await,
        new_user_id(&db, "associe", Role::Client).await,
        new_user_id(&db, "tiers", Role::Client).await,
    );
    let id = must(&db, move |tx| {
        let id = tx
            .clients()
            .insert(
                &Client {
                    user: Some(main),
                    ..client("A")
                },
                None,
            )?
            .id;
        tx.clients().link_user(id, linked, None)?;
        Ok(id)
    })
    .await;
    let twice = conflict(run(&db, move |tx| tx.clients().link_user(id, linked, None)).await);
    assert_eq!(twice, Constraint::ClientUser);

    let queries = PgClientQueries::new(db.reader());
    let mut seen = Vec::new();
    for (key, descending) in [(NameSort::Id, false), (NameSort::Name, true)] {
        let request = PageRequest {
            limit: 1,
            ..page(key, descending, Start::Offset(0))
        };
        let one = queries
            .list_portal_users(id, &Visibility::All, &request)
            .await
            .unwrap();
        assert_eq!((one.total, one.items.len()), (2, 1));
        let next = PageRequest {
            start: Start::Cursor(one.next_cursor.unwrap()),
            ..request
        };
        let two = queries
            .list_portal_users(id, &Visibility::All, &next)
            .await
            .unwrap();
        seen.push(
            [one.items, two.items]
                .concat()
                .into_iter()
                .map(|u| (u.user, u.main))
                .collect::<Vec<_>>(),
        );
    }
    let expected = [(main, true), (linked, false)];
    assert_eq!(seen, [expected, expected], "by number, and by name backwards");
    let hidden = queries
        .list_portal_users(
            id,
            &own(&[Id::new(999_999)]),
            &page(NameSort::Id, false, Start::Offset(0)),
        )
        .await
        .unwrap();
    assert_eq!(hidden.total, 0);
    let find = |user, seen| {
        let queries = queries.clone();
        async move {
            queries
                .find_portal_user(id, user, &seen)
                .await
                .unwrap()
                .map(|u| (u.user, u.main))
        }
    };
    assert_eq!(find(linked, Visibility::All).await, Some((linked, false)));
    assert_eq!(find(main, own(&[id])).await, Some((main, true)));
    assert_eq!(find(main, own(&[])).await, None);
    assert_eq!(find(stranger, Visibility::All).await, None);

    let (m, l, s) = must(&db, move |tx| {
        let clients = tx.clients();
        Ok((
            clients.portal_user(id, main)?,
            clients.portal_user(id, linked)?,
            clients.portal_user(id, stranger)?,
        ))
    })
    .await;
    assert_eq!(
        (m.map(|u| u.main), l.map(|u| u.main), s),
        (Some(true), Some(false), None)
    );
    for user in [main, linked] {
        assert_eq!(
            must(&db, move |tx| tx.users().actor(user)).await.unwrap().clients,
            [id]
        );
    }
    assert!(must(&db, move |tx| tx.clients().unlink_user(id, linked)).await);
    assert!(!must(&db, move |tx| tx.clients().unlink_user(id, linked)).await);
    assert!(
        must(&db, move |tx| tx.users().actor(linked))
            .await
            .unwrap()
            .clients
            .is_empty()
    );
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE objet_type = 'clients_utilisateurs'"),
        2,
        "one link, one end of it"
    );
}

#[tokio::test]
async fn a_client_names_its_sites_once_however_it_writes_them() {
    let db = TestDb::new().await;
    let (owner, other) = (new_client(&db, "A").await.id, new_client(&db, "B").await.id);
    must(&db, move |tx| {
        tx.clients().insert_site(&site(owner, "Port de Safi"), None)?;
        tx.clients().insert_site(&site(other, "Port de Safi"), None)
    })
    .await;
    let again = conflict(
        run(&db, move |tx| {
            tx.clients().insert_site(&site(owner, "PORT de safi"), None)
        })
        .await,
    );
    assert_eq!(again, Constraint::SiteName);
}

#[tokio::test]
async fn what_does_not_change_keeps_its_version_and_leaves_no_trace() {
    let db = TestDb::new().await;
    let owner = new_client(&db, "A").await;
    let before = owner.clone();
    let after = must(&db, move |tx| tx.clients().update(&before, &before.data)).await;
    assert_eq!(after, owner);
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE objet_type = 'clients' AND action = 'modification'"),
        0
    );
}
