//! A client's accounts of the portal.

use super::*;

#[tokio::test]
async fn the_portal_account_must_be_one_of_role_client() {
    for (found, right) in [
        (None, false),
        (Some(user(7, Role::Technician)), false),
        (Some(user(7, Role::Client)), true),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .users
            .expect_lock()
            .once()
            .returning(move |_| Ok(found.clone()));
        fakes
            .tx
            .clients
            .expect_insert()
            .times(usize::from(right))
            .returning(|_, _| Ok(stored()));
        let with_account = Client {
            user: Some(Id::new(7)),
            ..client()
        };
        let answer = create(&fakes.app(), &manager(), with_account, silent()).await;
        if !right {
            let expected = FieldIssue::new("user_id", IssueCode::UnknownReference);
            assert_eq!(issues(answer.unwrap_err()), [expected]);
        } else {
            answer.unwrap();
        }
    }
}

#[tokio::test]
async fn an_account_that_stays_is_not_judged_again() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| {
        let mut record = stored();
        record.data.user = Some(Id::new(7));
        Ok(Some(record))
    });
    fakes.tx.users.expect_lock().never();
    fakes
        .tx
        .clients
        .expect_update()
        .once()
        .returning(|b, _| Ok(b.clone()));
    let rename = edit(|c: &mut Client| c.name = "Conserverie".into());
    update(&fakes.app(), &manager(), Id::new(5), None, rename, silent())
        .await
        .unwrap();
}

fn portal_user(main: bool) -> PortalUser {
    PortalUser {
        user: Id::new(7),
        version: 3,
        full_name: "Personne 7".into(),
        email: "u7@exemple.ma".into(),
        is_active: true,
        main,
    }
}

#[tokio::test]
async fn a_portal_account_is_linked_once() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    locks_user(&mut fakes, 7, Role::Client);
    fakes
        .tx
        .clients
        .expect_portal_user()
        .once()
        .returning(|_, _| Ok(Some(portal_user(true))));
    fakes.tx.clients.expect_link_user().never();
    match link_user(&fakes.app(), &manager(), Id::new(5), Id::new(7), silent())
        .await
        .unwrap_err()
    {
        AppError::Rule {
            code: Code::AlreadyExists,
            details,
        } => {
            assert_eq!(details, [("champ", Detail::Text("user_id".into()))]);
        }
        other => panic!("{other:?}"),
    }

    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    locks_user(&mut fakes, 7, Role::Technician);
    assert_eq!(
        issues(refusal(
            link_user(&fakes.app(), &manager(), Id::new(5), Id::new(7), silent()).await
        )),
        [FieldIssue::new("user_id", IssueCode::UnknownReference)]
    );

    let mut fakes = Fakes::default();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    locks_user(&mut fakes, 7, Role::Client);
    fakes
        .tx
        .clients
        .expect_portal_user()
        .times(2)
        .returning(move |_, _| {
            let linked = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
            Ok(linked.then(|| portal_user(false)))
        });
    fakes
        .tx
        .clients
        .expect_link_user()
        .once()
        .withf(|c, u, by| (*c, *u, *by) == (Id::new(5), Id::new(7), Some(Id::new(2))))
        .returning(|_, _, _| Ok(()));
    let linked = link_user(&fakes.app(), &manager(), Id::new(5), Id::new(7), silent())
        .await
        .unwrap();
    assert_eq!(linked.into_value().unwrap(), portal_user(false));
}

#[tokio::test]
async fn taking_an_account_off_the_portal_covers_the_main_one() {
    let client_of = |main: Option<i64>| {
        let mut record = stored();
        record.data.user = main.map(Id::new);
        record
    };
    for (main, linked, updates, found) in [
        (Some(7), false, 1, true),
        (Some(6), true, 0, true),
        (Some(6), false, 0, false),
        (None, false, 0, false),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .clients
            .expect_lock()
            .returning(move |_| Ok(Some(client_of(main))));
        fakes
            .tx
            .clients
            .expect_unlink_user()
            .once()
            .returning(move |_, _| Ok(linked));
        fakes
            .tx
            .clients
            .expect_update()
            .times(updates)
            .withf(|_, after| after.user.is_none())
            .returning(|b, _| Ok(b.clone()));
        let answer = unlink_user(&fakes.app(), &manager(), Id::new(5), Id::new(7), None, silent()).await;
        assert_eq!(answer.err().map(|e| e.code()), (!found).then_some(Code::NotFound));
    }
}
