//! Sites and contacts of a client.

use super::*;

#[tokio::test]
async fn sites_and_contacts_of_another_client_do_not_exist_here() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes.tx.clients.expect_find().returning(|_| Ok(None));
    locks_site(&mut fakes, site(6));
    locks_contact(&mut fakes, contact(6, false));
    let (app, who) = (fakes.app(), manager());
    let keep_site = || edit::<Site>(|_| {});
    let keep_contact = || edit::<Contact>(|_| {});
    let client = Id::new(5);
    for code in [
        code_of(update_site(&app, &who, client, Id::new(3), None, keep_site(), silent()).await),
        code_of(delete_site(&app, &who, client, Id::new(3), None, silent()).await),
        code_of(update_contact(&app, &who, client, Id::new(4), None, keep_contact(), silent()).await),
        code_of(delete_contact(&app, &who, client, Id::new(4), None, silent()).await),
        code_of(create_site(&app, &who, site(99), silent()).await),
    ] {
        assert_eq!(code, Code::NotFound);
    }
}

#[tokio::test]
async fn an_edit_cannot_move_a_site_to_another_client() {
    let mut fakes = Fakes::default();
    locks_site(&mut fakes, site(5));
    fakes
        .tx
        .clients
        .expect_update_site()
        .once()
        .withf(|_, after| after.client == Id::new(5) && after.name == "Dépôt")
        .returning(|b, _| Ok(b.clone()));
    let steal = edit(|site: &mut Site| {
        site.name = "Dépôt".into();
        site.client = Id::new(6);
    });
    update_site(
        &fakes.app(),
        &manager(),
        Id::new(5),
        Id::new(3),
        None,
        steal,
        silent(),
    )
    .await
    .unwrap();
}

fn principal(id: i64) -> Record<Contact> {
    Record::fresh(Id::new(id), now(), contact(5, true))
}

#[tokio::test]
async fn a_new_principal_contact_takes_it_from_the_one_before() {
    let mut order = mockall::Sequence::new();
    let mut fakes = Fakes::default();
    // The client is held first: two such requests follow each other.
    fakes
        .tx
        .clients
        .expect_lock()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .clients
        .expect_lock_principal()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(principal(4))));
    fakes
        .tx
        .clients
        .expect_update_contact()
        .once()
        .in_sequence(&mut order)
        .withf(|before, after| before.id == Id::new(4) && !after.principal)
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .clients
        .expect_insert_contact()
        .once()
        .in_sequence(&mut order)
        .withf(|c, _| c.principal)
        .returning(|c, _| Ok(Record::fresh(Id::new(9), now(), c.clone())));
    create_contact(&fakes.app(), &manager(), contact(5, true), silent())
        .await
        .unwrap();
}

#[tokio::test]
async fn the_principal_contact_does_not_take_it_from_itself_and_others_do_not_ask() {
    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .clients
        .expect_lock_contact()
        .returning(|_| Ok(Some(principal(4))));
    fakes
        .tx
        .clients
        .expect_lock_principal()
        .once()
        .returning(|_| Ok(Some(principal(4))));
    fakes
        .tx
        .clients
        .expect_update_contact()
        .once()
        .withf(|_, a| a.principal)
        .returning(|b, _| Ok(b.clone()));
    let rename = edit(|contact: &mut Contact| contact.name = "Nadia B.".into());
    update_contact(
        &fakes.app(),
        &manager(),
        Id::new(5),
        Id::new(4),
        None,
        rename,
        silent(),
    )
    .await
    .unwrap();

    let mut fakes = Fakes::default();
    fakes.tx.clients.expect_lock().returning(|_| Ok(Some(stored())));
    fakes.tx.clients.expect_lock_principal().never();
    fakes
        .tx
        .clients
        .expect_insert_contact()
        .once()
        .returning(|c, _| Ok(Record::fresh(Id::new(9), now(), c.clone())));
    create_contact(&fakes.app(), &manager(), contact(5, false), silent())
        .await
        .unwrap();
}
