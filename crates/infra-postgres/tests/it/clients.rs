//! Clients, sites, contacts, portal accounts.

use domain::client::{
    Client, ClientFilter, ClientKind, ClientQueries, ClientSort, ClientStatus, Contact, NameSort,
    ServiceLevel, Site,
};
use domain::error::{Constraint, RepoError};
use domain::page::{PageRequest, Start};
use domain::policy::{Reach, Role, Visibility};
use domain::{Id, Record};
use infra_postgres::clients::PgClientQueries;
use test_support::TestDb;

use crate::support::{conflict, must, new_user_id, page, repo_error, run, walk};
use crate::workplace::{Workplace, workplace};

pub fn client(name: &str) -> Client {
    Client {
        user: None,
        name: name.into(),
        sector: Some("agroalimentaire".into()),
        address: Some("Zone franche".into()),
        city: Some("Tanger".into()),
        phone: Some("0539000000".into()),
        email: Some("contact@exemple.ma".into()),
        main_contact: Some("Nadia".into()),
        kind: ClientKind::Company,
        service_level: ServiceLevel::Premium,
        status: ClientStatus::Active,
        ice: Some("001234567000089".into()),
        tax_id: Some("IF 12".into()),
        since: "2024-01-15".parse().unwrap(),
    }
}

pub fn site(client: Id<Client>, name: &str) -> Site {
    Site {
        client,
        name: name.into(),
        address: Some("Rue 1".into()),
        city: Some("Safi".into()),
        zone: Some("Sud".into()),
        latitude: Some(32.299_39),
        longitude: Some(-9.237_18),
    }
}

pub fn contact(client: Id<Client>, name: &str, principal: bool) -> Contact {
    Contact {
        client,
        name: name.into(),
        function: Some("Chef d'atelier".into()),
        email: Some("atelier@exemple.ma".into()),
        phone: Some("0600000000".into()),
        principal,
    }
}

pub async fn new_client(db: &TestDb, name: &'static str) -> Record<Client> {
    must(db, move |tx| tx.clients().insert(&client(name), None)).await
}

pub fn own(ids: &[Id<Client>]) -> Visibility {
    Visibility::Only(Reach {
        clients: ids.to_vec(),
        ..Reach::default()
    })
}

#[tokio::test]
async fn a_client_comes_back_as_it_went_and_changes_with_its_version() {
    let db = TestDb::new().await;
    let author = new_user_id(&db, "amal", Role::Admin).await;
    let stored = must(&db, move |tx| {
        let id = tx.clients().insert(&client("Conserverie"), Some(author))?.id;
        tx.clients().find(id)
    })
    .await
    .unwrap();
    assert_eq!(
        (stored.data.clone(), stored.version, stored.created_by),
        (client("Conserverie"), 1, Some(author))
    );
    let queries = PgClientQueries::new(db.reader());
    assert_eq!(
        queries.find(stored.id, &Visibility::All).await.unwrap().as_ref(),
        Some(&stored)
    );

    let bare = Client {
        sector: None,
        address: None,
        city: None,
        phone: None,
        email: None,
        main_contact: None,
        ice: None,
        tax_id: None,
        ..client("Conserverie")
    };
    let (before, after) = (stored.clone(), bare.clone());
    let emptied = must(&db, move |tx| tx.clients().update(&before, &after)).await;
    assert_eq!(
        (emptied.version, &emptied.data),
        (2, &bare),
        "what is emptied is NULL, not what it was"
    );
    assert_eq!(
        queries.find(stored.id, &Visibility::All).await.unwrap(),
        Some(emptied)
    );
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE objet_type = 'clients' AND action = 'modification' \
             AND avant->>'ville' = 'Tanger' AND apres->'ville' = 'null' AND NOT avant ? 'nom_entreprise'"
        ),
        1
    );
    let stale = repo_error(
        run(&db, move |tx| {
            let after = client("Autre nom");
            tx.clients().update(&stored, &after)
        })
        .await,
    );
    assert!(matches!(stale, RepoError::Stale));
}

#[tokio::test]
async fn an_account_is_the_main_one_of_one_client() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "portail", Role::Client).await;
    let with_account = move |name| Client {
        user: Some(user),
        ..client(name)
    };
    let first = must(&db, move |tx| tx.clients().insert(&with_account("A"), None)).await;
    let taken = conflict(run(&db, move |tx| tx.clients().insert(&with_account("B"), None)).await);
    assert_eq!(taken, Constraint::ClientUser);
    let nobody = conflict(
        run(&db, |tx| {
            tx.clients().insert(
                &Client {
                    user: Some(Id::new(999_999)),
                    ..client("C")
                },
                None,
            )
        })
        .await,
    );
    assert_eq!(nobody, Constraint::MissingReference);
    let actor = must(&db, move |tx| tx.users().actor(user)).await.unwrap();
    assert_eq!(actor.clients, [first.id]);
}

#[tokio::test]
async fn the_schema_refuses_what_validation_should_have() {
    let db = TestDb::new().await;
    let bad: Vec<Client> = vec![
        Client {
            name: String::new(),
            ..client("x")
        },
        Client {
            ice: Some("12".into()),
            ..client("x")
        },
        Client {
            city: Some("x".repeat(101)),
            ..client("x")
        },
    ];
    for data in bad {
        let refused = conflict(run(&db, move |tx| tx.clients().insert(&data, None)).await);
        assert_eq!(refused, Constraint::CheckViolation);
    }
    let owner = new_client(&db, "A").await.id;
    let half = Site {
        longitude: None,
        ..site(owner, "S")
    };
    let refused = conflict(run(&db, move |tx| tx.clients().insert_site(&half, None)).await);
    assert_eq!(refused, Constraint::CheckViolation);
}

#[tokio::test]
async fn a_client_with_children_cannot_be_removed_and_one_without_goes_with_its_links() {
    let Workplace {
        db, client: owner, ..
    } = workplace().await;
    let used = conflict(
        run(&db, move |tx| {
            let before = tx.clients().lock(owner)?.unwrap();
            tx.clients().delete(&before)
        })
        .await,
    );
    assert_eq!(used, Constraint::InUse);

    for child in ["site", "contact"] {
        let used = conflict(
            run(&db, move |tx| {
                let before = tx.clients().insert(&client("Parent"), None)?;
                match child {
                    "site" => tx
                        .clients()
                        .insert_site(&site(before.id, "S"), None)
                        .map(|_| ())?,
                    _ => tx
                        .clients()
                        .insert_contact(&contact(before.id, "C", true), None)
                        .map(|_| ())?,
                }
                tx.clients().delete(&before)
            })
            .await,
        );
        assert_eq!(used, Constraint::InUse, "{child}");
    }

    let user = new_user_id(&db, "portail", Role::Client).await;
    must(&db, move |tx| {
        let before = tx.clients().insert(&client("Vide"), None)?;
        tx.clients().link_user(before.id, user, None)?;
        tx.clients().delete(&before)
    })
    .await;
    assert_eq!(
        db.number("SELECT count(*) FROM clients WHERE nom_entreprise = 'Vide'"),
        0
    );
    assert_eq!(db.number("SELECT count(*) FROM clients_utilisateurs"), 0);
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE action = 'suppression' \
             AND objet_type IN ('clients', 'clients_utilisateurs')"
        ),
        2
    );
}

#[tokio::test]
async fn each_role_sees_its_clients_and_what_belongs_to_them() {
    let place = workplace().await;
    let (db, client, other) = (&place.db, place.client, place.other_client);
    must(db, move |tx| {
        for owner in [client, other] {
            tx.clients().insert_site(&site(owner, "S"), None)?;
            tx.clients().insert_contact(&contact(owner, "C", true), None)?;
        }
        Ok(())
    })
    .await;
    let queries = PgClientQueries::new(db.reader());
    let by_technician = |t| {
        Visibility::Only(Reach {
            technician: Some(t),
            user: Some(Id::new(1)),
            ..Reach::default()
        })
    };
    let by_team = |t| {
        Visibility::Only(Reach {
            teams: vec![t],
            ..Reach::default()
        })
    };
    let cases = [
        ("all", Visibility::All, vec![client, other]),
        ("nobody", Visibility::Only(Reach::default()), vec![]),
        ("the client itself", own(&[client]), vec![client]),
        ("two clients", own(&[client, other]), vec![client, other]),
        (
            "the technician of a job",
            by_technician(place.technician),
            vec![client],
        ),
        (
            "a technician without job",
            by_technician(place.idle_technician),
            vec![],
        ),
        (
            "the lead of the technician's team",
            by_team(place.team),
            vec![client],
        ),
        ("the lead of another team", by_team(place.other_team), vec![]),
    ];
    for (who, seen, expected) in cases {
        let all = PageRequest {
            limit: 50,
            ..page(ClientSort::Id, false, Start::Offset(0))
        };
        let listed = queries.list(&ClientFilter::default(), &seen, &all).await.unwrap();
        assert_eq!(
            listed.items.iter().map(|c| c.id).collect::<Vec<_>>(),
            expected,
            "{who}"
        );
        assert_eq!(listed.total as usize, expected.len(), "{who}");
        for owner in [client, other] {
            let known = expected.contains(&owner);
            let first = page(NameSort::Id, false, Start::Offset(0));
            assert_eq!(
                queries.find(owner, &seen).await.unwrap().is_some(),
                known,
                "{who}"
            );
            let sites = queries.list_sites(owner, &seen, &first).await.unwrap();
            let contacts = queries.list_contacts(owner, &seen, &first).await.unwrap();
            assert_eq!((sites.total > 0, contacts.total > 0), (known, known), "{who}");
            // Asked for by identifier, as somebody would who guesses.
            let all_sites = queries.list_sites(owner, &Visibility::All, &first).await.unwrap();
            let all_contacts = queries
                .list_contacts(owner, &Visibility::All, &first)
                .await
                .unwrap();
            let (site, contact) = (all_sites.items[0].id, all_contacts.items[0].id);
            assert_eq!(
                queries.find_site(owner, site, &seen).await.unwrap().is_some(),
                known,
                "{who}"
            );
            assert_eq!(
                queries
                    .find_contact(owner, contact, &seen)
                    .await
                    .unwrap()
                    .is_some(),
                known,
                "{who}"
            );
        }
    }
    let technician = place.technician;
    assert!(must(db, move |tx| tx.clients().has_job_of(client, technician)).await);
    assert!(!must(db, move |tx| tx.clients().has_job_of(other, technician)).await);
}

#[tokio::test]
async fn visibility_and_filters_narrow_together() {
    let place = workplace().await;
    let queries = PgClientQueries::new(place.db.reader());
    let all = page(ClientSort::Id, false, Start::Offset(0));
    // Seen through the job; a filter that fits another client only must not bring that one in.
    let seen = Visibility::Only(Reach {
        technician: Some(place.technician),
        ..Reach::default()
    });
    let elsewhere = ClientFilter {
        city: Some("Safi".into()),
        ..ClientFilter::default()
    };
    assert_eq!(queries.list(&elsewhere, &seen, &all).await.unwrap().total, 0);
    assert_eq!(
        queries
            .list(&elsewhere, &Visibility::All, &all)
            .await
            .unwrap()
            .items[0]
            .id,
        place.other_client
    );
    for (filter, expected) in [
        (
            ClientFilter {
                sector: Some("textile".into()),
                ..ClientFilter::default()
            },
            vec![place.other_client],
        ),
        (
            ClientFilter {
                status: Some(ClientStatus::Suspended),
                ..ClientFilter::default()
            },
            vec![place.other_client],
        ),
        (
            ClientFilter {
                service_level: Some(ServiceLevel::Premium),
                ..ClientFilter::default()
            },
            vec![place.client],
        ),
        (
            ClientFilter {
                city: Some("tanger".into()),
                ..ClientFilter::default()
            },
            vec![place.client],
        ),
        (
            ClientFilter {
                city: Some("Tange".into()),
                ..ClientFilter::default()
            },
            vec![],
        ),
    ] {
        let got = queries.list(&filter, &Visibility::All, &all).await.unwrap();
        assert_eq!(
            got.items.iter().map(|c| c.id).collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
    }
}

#[tokio::test]
async fn pages_follow_each_other_over_ties_and_empty_cities() {
    let db = TestDb::new().await;
    for city in [
        Some("Tanger"),
        None,
        Some("Safi"),
        None,
        Some("Tanger"),
        None,
        Some("Tanger"),
    ] {
        must(&db, move |tx| {
            let data = Client {
                city: city.map(str::to_owned),
                ..client("Même nom")
            };
            tx.clients().insert(&data, None)
        })
        .await;
    }
    let queries = PgClientQueries::new(db.reader());
    for key in [
        ClientSort::Id,
        ClientSort::Name,
        ClientSort::City,
        ClientSort::CreatedAt,
    ] {
        for descending in [false, true] {
            let all = walk(key, descending, async |request| {
                let filter = ClientFilter::default();
                queries.list(&filter, &Visibility::All, &request).await
            })
            .await;
            let seen: Vec<_> = all.iter().map(|c| (c.city.clone(), c.id)).collect();
            // NULL sorts above every text, as PostgreSQL has it.
            let rank = |(city, id): &(Option<String>, Id<Client>)| {
                let city = city.clone().filter(|_| key == ClientSort::City);
                (key == ClientSort::City && city.is_none(), city, *id)
            };
            let mut expected = seen.clone();
            expected.sort_by_key(rank);
            if descending {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{key:?} {descending}");
            assert_eq!(seen.len(), 7);
        }
    }
}

#[tokio::test]
async fn cursors_of_other_lists_are_refused() {
    let db = TestDb::new().await;
    for _ in 0..3 {
        new_client(&db, "Même nom").await;
    }
    let queries = PgClientQueries::new(db.reader());
    let first = page(ClientSort::City, false, Start::Offset(0));
    let cursor = queries
        .list(&ClientFilter::default(), &Visibility::All, &first)
        .await
        .unwrap()
        .next_cursor
        .unwrap();
    for (key, descending, text) in [
        (ClientSort::Name, false, cursor.clone()),
        (ClientSort::City, true, cursor),
        (ClientSort::City, false, "x".into()),
    ] {
        let request = page(key, descending, Start::Cursor(text));
        let refused = queries
            .list(&ClientFilter::default(), &Visibility::All, &request)
            .await
            .unwrap_err();
        assert!(matches!(refused, RepoError::BadCursor), "{refused:?}");
    }
}
