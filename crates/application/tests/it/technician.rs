//! Technicians: profile, references, what may be seen, availability.

mod references;

use std::sync::Arc;

use application::technician::{
    Account, CreateTechnician, EditTechnician, TechnicianProfile, TechnicianView, available,
    change_availability, create, delete, find, list, update,
};
use application::user::CreateUser;
use application::write::silent;
use application::{AppError, Code, Detail};
use domain::error::{Constraint, RepoError};
use domain::page::Page;
use domain::policy::{Role, Visibility};
use domain::samples;
use domain::skill::{HeldSkill, RequiredSkill, SkillLevel};
use domain::team::Team;
use domain::technician::machine::{Action, Command};
use domain::technician::{Availability, Technician, TechnicianDetail, TechnicianFilter, TechnicianSort};
use domain::text::{FieldIssue, IssueCode};
use domain::user::Locale;
use domain::{Id, Record};

use crate::support::{
    Fakes, actor, admin, assert_stale, code_of, ctx, denied_fields, fields, locks_user, manager, now, page,
    page_of, refusal, technician, user,
};

pub const ID: i64 = 30;

fn held(skill: i64) -> HeldSkill {
    HeldSkill {
        skill: Id::new(skill),
        level: SkillLevel::Advanced,
        valid_until: None,
    }
}

fn profile() -> TechnicianProfile {
    TechnicianProfile {
        team: Some(Id::new(4)),
        zone: Some("Tanger".into()),
        hourly_rate: Some("120.50".parse().unwrap()),
        skills: vec![held(1), held(2)],
        ..TechnicianProfile::default()
    }
}

pub fn stored(availability: Availability) -> Record<Technician> {
    let data = Technician {
        team: Some(Id::new(4)),
        availability,
        zone: Some("Tanger".into()),
        hourly_rate: Some("120.50".parse().unwrap()),
        phone: Some("0612345678".into()),
        skills: vec![held(1)],
        ..samples::technician(Id::new(7))
    };
    Record::fresh(Id::new(ID), now(), data)
}

pub fn detail(record: Record<Technician>) -> TechnicianDetail {
    TechnicianDetail {
        skill_names: record
            .skills
            .iter()
            .map(|s| format!("Compétence {}", s.skill))
            .collect(),
        record,
        full_name: "Personne 7".into(),
        email: "u7@exemple.ma".into(),
        is_active: true,
        team_name: Some("Nord".into()),
        uncertified: Vec::new(),
    }
}

/// The technician is found like this without a lock.
pub fn finds(fakes: &mut Fakes, availability: Availability) {
    let technicians = &mut fakes.tx.technicians;
    technicians
        .expect_find()
        .returning(move |_| Ok(Some(stored(availability))));
}

/// The technician is like this when locked.
pub fn locks(fakes: &mut Fakes, availability: Availability) {
    let technicians = &mut fakes.tx.technicians;
    technicians
        .expect_lock()
        .returning(move |_| Ok(Some(stored(availability))));
}

/// The technician is like this for whoever is shown them.
pub fn shows(fakes: &mut Fakes, availability: Availability) {
    let technicians = &mut fakes.tx.technicians;
    technicians
        .expect_detail()
        .returning(move |_| Ok(Some(detail(stored(availability)))));
}

fn new_account() -> CreateUser {
    CreateUser {
        username: "samir".into(),
        email: "samir@exemple.ma".into(),
        full_name: "Samir".into(),
        password: "une phrase assez longue".into(),
        role: Role::Admin,
        other_roles: vec![Role::Manager],
        locale: Locale::French,
        is_active: true,
    }
}

fn existing(profile: TechnicianProfile) -> CreateTechnician {
    CreateTechnician {
        account: Account::Existing(Id::new(7)),
        profile,
    }
}

/// Stores that know the team 4 and every skill.
fn with_references(fakes: &mut Fakes) {
    fakes.tx.teams.expect_find().returning(|id| {
        let team = Record::fresh(
            Id::new(4),
            now(),
            Team {
                name: "Nord".into(),
                lead: None,
            },
        );
        Ok(Some(team).filter(|t| t.id == id))
    });
    fakes.tx.skills.expect_unknown().returning(|_| Ok(Vec::new()));
    without_certificates(fakes);
}

/// No skill needs a certificate.
fn without_certificates(fakes: &mut Fakes) {
    let skills = &mut fakes.tx.skills;
    skills.expect_needing_certificate().returning(|_| Ok(Vec::new()));
}

#[tokio::test]
async fn a_profile_is_made_for_an_existing_account_of_that_role() {
    for (account, right) in [
        (None, false),
        (Some(user(7, Role::Client)), false),
        (Some(user(7, Role::Technician)), true),
    ] {
        let mut fakes = Fakes::default();
        with_references(&mut fakes);
        fakes
            .tx
            .users
            .expect_lock()
            .once()
            .returning(move |_| Ok(account.clone()));
        fakes
            .tx
            .technicians
            .expect_insert()
            .times(usize::from(right))
            .withf(|t, by| {
                t.user == Id::new(7) && t.availability == Availability::Available && *by == Some(Id::new(2))
            })
            .returning(|_, _| Ok(stored(Availability::Available)));
        shows(&mut fakes, Availability::Available);
        match create(&fakes.app(), &manager(), existing(profile()), silent()).await {
            Err(error) if !right => {
                assert_eq!(
                    fields(error),
                    [("user_id".to_owned(), IssueCode::UnknownReference)]
                );
            }
            answer => assert!(answer.unwrap().into_value().unwrap().private && right),
        }
    }
}

#[tokio::test]
async fn an_administrator_makes_account_and_profile_at_once_and_the_role_is_given() {
    let mut fakes = Fakes::default();
    with_references(&mut fakes);
    fakes.hasher.expect_hash().once().returning(|_| Ok("h".into()));
    fakes
        .tx
        .users
        .expect_insert()
        .once()
        .withf(|u, _| u.role == Role::Technician && u.other_roles.is_empty() && u.password_hash == "h")
        .returning(|_, _| Ok(user(77, Role::Technician)));
    fakes
        .tx
        .technicians
        .expect_insert()
        .once()
        .withf(|t, _| t.user == Id::new(77))
        .returning(|_, _| Ok(stored(Availability::Available)));
    shows(&mut fakes, Availability::Available);
    let both = CreateTechnician {
        account: Account::New(Box::new(new_account())),
        profile: profile(),
    };
    create(&fakes.app(), &admin(), both.clone(), silent())
        .await
        .unwrap();

    assert_eq!(
        denied_fields(create(&Fakes::default().app(), &manager(), both, silent()).await),
        ["utilisateur"]
    );
}

#[tokio::test]
async fn everything_wrong_with_account_and_profile_is_said_at_once_and_before_the_hash() {
    let bad = CreateTechnician {
        account: Account::New(Box::new(CreateUser {
            email: "x".into(),
            ..new_account()
        })),
        profile: TechnicianProfile {
            hourly_rate: Some("-1".parse().unwrap()),
            ..profile()
        },
    };
    // No hash is expected: asking for one would panic.
    let found = fields(
        create(&Fakes::default().app(), &admin(), bad, silent())
            .await
            .unwrap_err(),
    );
    assert_eq!(
        found,
        [
            ("taux_horaire".to_owned(), IssueCode::OutOfRange),
            ("utilisateur.email".to_owned(), IssueCode::InvalidEmail)
        ]
    );
    let bad = CreateTechnician {
        account: Account::New(Box::new(new_account())),
        profile: TechnicianProfile {
            skills: vec![held(1), held(1)],
            ..profile()
        },
    };
    let found = fields(
        create(&Fakes::default().app(), &admin(), bad, silent())
            .await
            .unwrap_err(),
    );
    assert_eq!(
        found,
        [("competences[1].competence_id".to_owned(), IssueCode::Inconsistent)]
    );
}

#[tokio::test]
async fn one_account_has_one_profile() {
    let mut fakes = Fakes::default();
    with_references(&mut fakes);
    locks_user(&mut fakes, 7, Role::Technician);
    fakes.tx.technicians.expect_insert().returning(|_, _| {
        Err(RepoError::Conflict {
            constraint: Constraint::TechnicianUser,
            name: "uq_techniciens_user".into(),
        })
    });
    match create(&fakes.app(), &manager(), existing(profile()), silent())
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
}

fn edit(change: impl Fn(&mut Technician) + Send + Sync + 'static) -> EditTechnician {
    Arc::new(move |before: &TechnicianView| {
        let mut after = before.detail.record.data.clone();
        change(&mut after);
        Ok(after)
    })
}

#[tokio::test]
async fn technicians_and_clients_change_no_profile() {
    for who in [technician(ID), ctx(actor(9, Role::Client))] {
        let app = Fakes::default().app();
        let leave = Command {
            action: Action::TakeLeave,
            reason: None,
        };
        for code in [
            code_of(create(&app, &who, existing(profile()), silent()).await),
            code_of(update(&app, &who, Id::new(ID), None, edit(|_| {}), silent()).await),
            code_of(delete(&app, &who, Id::new(ID), None, silent()).await),
            code_of(change_availability(&app, &who, Id::new(ID), None, leave, silent()).await),
        ] {
            assert_eq!(code, Code::Forbidden);
        }
    }
}

#[tokio::test]
async fn account_and_availability_are_not_edited() {
    let mut fakes = Fakes::default();
    locks(&mut fakes, Availability::Available);
    shows(&mut fakes, Availability::Available);
    let force = edit(|t| {
        t.user = Id::new(8);
        t.availability = Availability::OnLeave;
    });
    assert_eq!(
        fields(refusal(
            update(&fakes.app(), &manager(), Id::new(ID), None, force, silent()).await
        )),
        [
            ("user_id".to_owned(), IssueCode::ReadOnly),
            ("disponibilite".to_owned(), IssueCode::ReadOnly)
        ]
    );
}

#[tokio::test]
async fn old_versions_and_technicians_with_jobs_are_refused() {
    let mut fakes = Fakes::default();
    finds(&mut fakes, Availability::Available);
    locks(&mut fakes, Availability::Available);
    fakes.tx.technicians.expect_delete().once().returning(|_| {
        Err(RepoError::Conflict {
            constraint: Constraint::InUse,
            name: "fk_interventions_technicien".into(),
        })
    });
    let app = fakes.app();
    let leave = Command {
        action: Action::TakeLeave,
        reason: None,
    };
    assert_stale(update(&app, &manager(), Id::new(ID), Some(7), edit(|_| {}), silent()).await);
    assert_stale(delete(&app, &manager(), Id::new(ID), Some(7), silent()).await);
    assert_stale(change_availability(&app, &manager(), Id::new(ID), Some(7), leave, silent()).await);
    assert_eq!(
        code_of(delete(&app, &manager(), Id::new(ID), None, silent()).await),
        Code::InUse
    );
}

#[tokio::test]
async fn rate_and_e_mail_are_for_managers_and_the_technician() {
    for (who, private) in [
        (admin(), true),
        (manager(), true),
        (technician(ID), true),
        (technician(31), false),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .technicians
            .expect_find()
            .returning(|_, _| Ok(Some(detail(stored(Availability::Busy)))));
        fakes.technicians.expect_list().returning(|_, _, _, _| {
            let items = vec![detail(stored(Availability::Busy))];
            Ok(Page {
                items,
                total: 1,
                total_capped: false,
                next_cursor: None,
            })
        });
        let mut who = who;
        if !private {
            // Another account than that of the profile.
            who.actor.user = Id::new(70);
        }
        let app = fakes.app();
        let found = find(&app, &who, Id::new(ID)).await.unwrap();
        assert_eq!(found.private, private);
        let manages = !matches!(who.actor.roles[0], Role::Technician);
        let expected = if manages {
            vec![
                Action::DeclareUnavailable,
                Action::TakeLeave,
                Action::TakeTraining,
            ]
        } else {
            vec![]
        };
        assert_eq!(found.actions, expected, "what a busy technician's manager may do");
        assert!(!found.is_available());
        let listed = list(
            &app,
            &who,
            &TechnicianFilter::default(),
            &page(TechnicianSort::Id),
        )
        .await
        .unwrap();
        assert_eq!(listed.items[0].private, private);
    }
}

#[tokio::test]
async fn clients_see_no_technician() {
    let app = Fakes::default().app();
    let client = ctx(actor(9, Role::Client));
    assert_eq!(code_of(find(&app, &client, Id::new(ID)).await), Code::Forbidden);
    assert_eq!(
        code_of(
            list(
                &app,
                &client,
                &TechnicianFilter::default(),
                &page(TechnicianSort::Id)
            )
            .await
        ),
        Code::Forbidden
    );
    assert_eq!(
        code_of(available(&app, &client, Vec::new(), None, &page(TechnicianSort::Id)).await),
        Code::Forbidden
    );
}

#[tokio::test]
async fn available_means_active_free_skilled_today_and_in_the_zone() {
    let required = vec![RequiredSkill {
        skill: Id::new(1),
        min_level: SkillLevel::Advanced,
    }];
    let mut fakes = Fakes::default();
    let expected = TechnicianFilter {
        availability: Some(Availability::Available),
        is_active: Some(true),
        required: required.clone(),
        zone: Some("Tanger".into()),
        ..TechnicianFilter::default()
    };
    fakes
        .technicians
        .expect_list()
        .once()
        .withf(move |filter, seen, today, _| {
            *filter == expected && *seen == Visibility::All && today.to_string() == "2026-03-02"
        })
        .returning(|_, _, _, _| Ok(page_of(vec![])));
    available(
        &fakes.app(),
        &manager(),
        required,
        Some("Tanger".into()),
        &page(TechnicianSort::Id),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn an_unknown_technician_is_not_found() {
    let mut fakes = Fakes::default();
    fakes.technicians.expect_find().returning(|_, _| Ok(None));
    fakes.tx.technicians.expect_find().returning(|_| Ok(None));
    fakes.tx.technicians.expect_lock().returning(|_| Ok(None));
    let app = fakes.app();
    for code in [
        code_of(find(&app, &manager(), Id::new(99)).await),
        code_of(update(&app, &manager(), Id::new(99), None, edit(|_| {}), silent()).await),
        code_of(delete(&app, &manager(), Id::new(99), None, silent()).await),
        code_of(
            change_availability(
                &app,
                &manager(),
                Id::new(99),
                None,
                Command {
                    action: Action::DeclareUnavailable,
                    reason: None,
                },
                silent(),
            )
            .await,
        ),
    ] {
        assert_eq!(code, Code::NotFound);
    }
    let issue = FieldIssue::new("user_id", IssueCode::UnknownReference);
    let mut fakes = Fakes::default();
    fakes.tx.users.expect_lock().returning(|_| Ok(None));
    match create(&fakes.app(), &manager(), existing(profile()), silent())
        .await
        .unwrap_err()
    {
        AppError::Invalid(issues) => assert_eq!(issues, [issue]),
        other => panic!("{other:?}"),
    }
}
