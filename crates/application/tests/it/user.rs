//! Accounts.

use application::user::{CreateUser, create, list, set_active, update};
use application::write::silent;
use application::{AppError, Code};
use domain::policy::Role;
use domain::samples;
use domain::session::{EndReason, SessionId};
use domain::user::{Locale, User, UserFilter, UserSort};
use domain::{Id, Record};

use crate::support::{Fakes, actor, admin, code_of, ctx, denied_fields, edit, locks_user, page, user};

fn new_user(role: Role) -> CreateUser {
    CreateUser {
        username: "samir".into(),
        email: "samir@exemple.ma".into(),
        full_name: "Samir".into(),
        password: "une phrase assez longue".into(),
        role,
        other_roles: Vec::new(),
        locale: Locale::French,
        is_active: true,
    }
}

#[tokio::test]
async fn only_an_admin_creates_accounts() {
    for role in [Role::Manager, Role::Technician, Role::Client] {
        assert_eq!(
            code_of(
                create(
                    &Fakes::default().app(),
                    &ctx(actor(2, role)),
                    new_user(Role::Client),
                    silent(),
                )
                .await
            ),
            Code::Forbidden
        );
    }
    let mut fakes = Fakes::default();
    fakes.hasher.expect_hash().once().returning(|_| Ok("h".into()));
    fakes
        .tx
        .users
        .expect_insert()
        .once()
        .withf(|u, by| u.password_hash == "h" && *by == Some(Id::new(1)))
        .returning(|u, _| {
            Ok(Record {
                data: u.clone(),
                ..user(9, Role::Client)
            })
        });
    let created = create(&fakes.app(), &admin(), new_user(Role::Client), silent())
        .await
        .unwrap()
        .into_value()
        .unwrap();
    assert_eq!(created.email, "samir@exemple.ma");
}

#[tokio::test]
async fn bad_data_is_refused_before_the_costly_hash() {
    let bad = CreateUser {
        email: "x".into(),
        ..new_user(Role::Client)
    };
    assert_eq!(
        code_of(create(&Fakes::default().app(), &admin(), bad, silent()).await),
        Code::ValidationError
    );
    let weak = CreateUser {
        password: "12345678".into(),
        ..new_user(Role::Client)
    };
    assert_eq!(
        code_of(create(&Fakes::default().app(), &admin(), weak, silent()).await),
        Code::ValidationError
    );
}

#[tokio::test]
async fn somebody_changes_their_own_profile_but_not_their_role() {
    let own = ctx(actor(7, Role::Technician));
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Technician);
    fakes.tx.users.expect_update().never();
    let promote = edit(|u: &mut User| u.role = Role::Admin);
    assert_eq!(
        denied_fields(update(&fakes.app(), &own, Id::new(7), None, promote, silent()).await),
        ["role"]
    );

    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Technician);
    fakes
        .tx
        .users
        .expect_update()
        .once()
        .withf(|_, a| a.full_name == "Nouveau" && a.auth_version == 3)
        .returning(|b, _| Ok(b.clone()));
    let rename = edit(|u: &mut User| u.full_name = "Nouveau".into());
    update(&fakes.app(), &own, Id::new(7), None, rename, silent())
        .await
        .unwrap();
}

#[tokio::test]
async fn other_peoples_accounts_are_hidden_from_who_sees_only_their_own() {
    let own = ctx(actor(7, Role::Technician));
    let nothing = edit::<User>(|_| {});
    assert_eq!(
        code_of(update(&Fakes::default().app(), &own, Id::new(8), None, nothing, silent()).await),
        Code::NotFound
    );
    let nothing = edit::<User>(|_| {});
    let manager = ctx(actor(7, Role::Manager));
    assert_eq!(
        code_of(
            update(
                &Fakes::default().app(),
                &manager,
                Id::new(8),
                None,
                nothing,
                silent(),
            )
            .await
        ),
        Code::Forbidden,
        "a manager sees them, and may not change them"
    );
}

#[tokio::test]
async fn a_new_address_ends_the_other_sessions_of_the_account() {
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Client);
    fakes
        .tx
        .users
        .expect_update()
        .once()
        .withf(|_, a| a.auth_version == 4)
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .sessions
        .expect_end_all()
        .once()
        .withf(|u, keep, _, why| *u == Id::new(7) && keep.is_none() && *why == EndReason::AccessChanged)
        .returning(|_, _, _, _| Ok(vec![SessionId(8)]));
    fakes
        .session_cache
        .expect_revoke()
        .once()
        .withf(|s| s == [SessionId(8)])
        .returning(|_| ());
    let move_house = edit(|u: &mut User| u.email = "ailleurs@exemple.ma".into());
    update(&fakes.app(), &admin(), Id::new(7), None, move_house, silent())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stale_version_is_told_with_the_present_one() {
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Client);
    let refused = update(
        &fakes.app(),
        &admin(),
        Id::new(7),
        Some(9),
        edit::<User>(|_| {}),
        silent(),
    )
    .await
    .unwrap_err();
    assert!(matches!(refused, AppError::StaleVersion { current: Some(1) }));
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    for (others, refused) in [(vec![], true), (vec![Id::new(2)], false)] {
        let mut fakes = Fakes::default();
        locks_user(&mut fakes, 1, Role::Admin);
        fakes
            .tx
            .users
            .expect_lock_active_with_role()
            .once()
            .returning(move |_| Ok([vec![Id::new(1)], others.clone()].concat()));
        if !refused {
            fakes.tx.technicians.expect_lock_by_user().returning(|_| Ok(None));
            fakes
                .tx
                .users
                .expect_update()
                .once()
                .returning(|b, _| Ok(b.clone()));
            fakes
                .tx
                .sessions
                .expect_end_all()
                .once()
                .withf(|_, keep, _, why| keep.is_none() && *why == EndReason::Deactivated)
                .returning(|_, _, _, _| Ok(vec![]));
        }
        let result = set_active(&fakes.app(), &admin(), Id::new(1), false, None, silent()).await;
        assert_eq!(result.err().map(|e| e.code()), refused.then_some(Code::LastAdmin));
    }
}

#[tokio::test]
async fn a_technician_at_work_is_not_deactivated() {
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Technician);
    fakes.tx.technicians.expect_lock_by_user().once().returning(|_| {
        let technician = domain::technician::Technician {
            availability: domain::technician::Availability::Busy,
            ..samples::technician(Id::new(7))
        };
        Ok(Some(Record::fresh(Id::new(3), crate::support::now(), technician)))
    });
    fakes
        .tx
        .technicians
        .expect_running_job()
        .once()
        .returning(|_| Ok(Some(Id::new(55))));
    match set_active(&fakes.app(), &admin(), Id::new(7), false, None, silent())
        .await
        .unwrap_err()
    {
        AppError::Rule {
            code: Code::TechnicianBusy,
            details,
        } => {
            assert_eq!(details, [("intervention_id", application::Detail::Number(55))]);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lists_are_for_who_sees_everybody() {
    let page = page(UserSort::Id);
    for role in [Role::Technician, Role::Client] {
        assert_eq!(
            code_of(
                list(
                    &Fakes::default().app(),
                    &ctx(actor(7, role)),
                    &UserFilter::default(),
                    &page,
                )
                .await
            ),
            Code::Forbidden
        );
    }
}

#[tokio::test]
async fn a_role_stays_while_something_needs_it() {
    use domain::policy::Actor;
    let numbers = |ids: &[i64]| application::Detail::List(ids.iter().map(ToString::to_string).collect());
    let cases = [
        (
            Role::Technician,
            Actor {
                technician: Some(Id::new(3)),
                ..actor(7, Role::Technician)
            },
            ("technicien_id", application::Detail::Number(3)),
        ),
        (
            Role::Client,
            Actor {
                clients: vec![Id::new(40), Id::new(41)],
                ..actor(7, Role::Client)
            },
            ("clients", numbers(&[40, 41])),
        ),
        (
            Role::Manager,
            Actor {
                teams: vec![Id::new(9)],
                ..actor(7, Role::Manager)
            },
            ("equipes", numbers(&[9])),
        ),
    ];
    for (role, tied, detail) in cases {
        // Into a role for which nothing of this counts, and into one beside which it is kept.
        let other = if role == Role::Technician {
            Role::Client
        } else {
            Role::Technician
        };
        for (keeps, free) in [(false, false), (false, true), (true, false)] {
            let mut fakes = Fakes::default();
            let tx = &mut fakes.tx;
            tx.users.expect_lock().returning(move |_| Ok(Some(user(7, role))));
            tx.technicians.expect_lock_by_user().returning(|_| Ok(None));
            let tied = if free { actor(7, role) } else { tied.clone() };
            tx.users.expect_actor().returning(move |_| Ok(Some(tied.clone())));
            tx.users.expect_update().returning(|b, _| Ok(b.clone()));
            tx.sessions.expect_end_all().returning(|_, _, _, _| Ok(vec![]));
            let change = edit(move |u: &mut User| {
                u.role = other;
                u.other_roles = if keeps { vec![role] } else { vec![] };
            });
            let result = update(&fakes.app(), &admin(), Id::new(7), None, change, silent()).await;
            if keeps || free {
                result.expect("nothing is in the way");
                continue;
            }
            match result.unwrap_err() {
                AppError::Rule {
                    code: Code::RoleInUse,
                    details,
                } => assert_eq!(details, std::slice::from_ref(&detail)),
                other => panic!("{other:?}"),
            }
        }
    }
}
