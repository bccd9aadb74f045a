//! Teams and skills.

use std::sync::Arc;

use application::skill::{self, EditSkill};
use application::team::{self, EditTeam};
use application::write::silent;
use application::{AppError, Code, Ctx};
use domain::error::{Constraint, RepoError};
use domain::page::{PageRequest, Sort, Start};
use domain::policy::Role;
use domain::skill::{Skill, SkillSort};
use domain::team::{Team, TeamSort};
use domain::text::{FieldIssue, IssueCode};
use domain::{Id, Record};

use crate::support::{Fakes, actor, ctx, now, user};

fn manager() -> Ctx {
    ctx(actor(2, Role::Manager))
}

fn led_by(lead: Option<i64>) -> Team {
    Team {
        name: "Nord".into(),
        lead: lead.map(Id::new),
    }
}

fn stored() -> Record<Team> {
    Record::fresh(Id::new(1), now(), led_by(Some(3)))
}

fn soudure() -> Skill {
    Skill {
        name: "Soudure".into(),
        domain: None,
        certification_required: true,
    }
}

#[tokio::test]
async fn technicians_see_teams_and_skills_clients_do_not_and_neither_changes_them() {
    let teams = PageRequest {
        limit: 5,
        start: Start::Offset(0),
        sort: Sort {
            key: TeamSort::Id,
            descending: false,
        },
    };
    let skills = PageRequest {
        limit: 5,
        start: Start::Offset(0),
        sort: Sort {
            key: SkillSort::Id,
            descending: false,
        },
    };
    let app = Fakes::default().app();
    let client = ctx(actor(7, Role::Client));
    for refused in [
        team::list(&app, &client, &teams).await.map(|_| ()),
        team::find(&app, &client, Id::new(1)).await.map(|_| ()),
        skill::list(&app, &client, &skills).await.map(|_| ()),
        skill::find(&app, &client, Id::new(1)).await.map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    }
    let mut fakes = Fakes::default();
    fakes.teams.expect_find().once().returning(|_| Ok(Some(stored())));
    fakes.skills.expect_find().once().returning(|_| Ok(None));
    let app = fakes.app();
    let technician = ctx(actor(7, Role::Technician));
    assert_eq!(team::find(&app, &technician, Id::new(1)).await.unwrap(), stored());
    assert_eq!(
        skill::find(&app, &technician, Id::new(1))
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let keep_team: EditTeam = Arc::new(|b| Ok(b.data.clone()));
    let keep_skill: EditSkill = Arc::new(|b| Ok(b.data.clone()));
    for refused in [
        team::create(&app, &technician, led_by(None), silent())
            .await
            .map(|_| ()),
        team::update(&app, &technician, Id::new(1), None, keep_team, silent())
            .await
            .map(|_| ()),
        team::delete(&app, &technician, Id::new(1), None, silent())
            .await
            .map(|_| ()),
        skill::create(&app, &technician, soudure(), silent())
            .await
            .map(|_| ()),
        skill::update(&app, &technician, Id::new(1), None, keep_skill, silent())
            .await
            .map(|_| ()),
        skill::delete(&app, &technician, Id::new(1), None, silent())
            .await
            .map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    }
}

#[tokio::test]
async fn a_team_is_led_by_a_manager() {
    for (role, right) in [
        (None, false),
        (Some(Role::Technician), false),
        (Some(Role::Manager), true),
        (Some(Role::Admin), true),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .users
            .expect_lock()
            .once()
            .returning(move |_| Ok(role.map(|r| user(3, r))));
        fakes
            .tx
            .teams
            .expect_insert()
            .times(usize::from(right))
            .returning(|_, _| Ok(stored()));
        match team::create(&fakes.app(), &manager(), led_by(Some(3)), silent()).await {
            Err(AppError::Invalid(issues)) if !right => {
                assert_eq!(
                    issues,
                    [FieldIssue::new("responsable_id", IssueCode::UnknownReference)]
                );
            }
            answer => assert!(answer.is_ok() && right, "{answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_lead_who_stays_is_not_judged_again_a_new_one_is() {
    let mut fakes = Fakes::default();
    fakes.tx.teams.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .teams
        .expect_update()
        .once()
        .withf(|_, a| a.name == "Sud")
        .returning(|b, _| Ok(b.clone()));
    let rename: EditTeam = Arc::new(|b| {
        Ok(Team {
            name: "Sud".into(),
            ..b.data.clone()
        })
    });
    team::update(&fakes.app(), &manager(), Id::new(1), Some(1), rename, silent())
        .await
        .unwrap();

    let mut fakes = Fakes::default();
    fakes.tx.teams.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .users
        .expect_lock()
        .once()
        .returning(|_| Ok(Some(user(4, Role::Client))));
    let demote: EditTeam = Arc::new(|b| {
        Ok(Team {
            lead: Some(Id::new(4)),
            ..b.data.clone()
        })
    });
    let refused = team::update(&fakes.app(), &manager(), Id::new(1), None, demote, silent())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ValidationError);
}

#[tokio::test]
async fn bad_data_and_old_versions_are_refused() {
    let nameless = Team {
        name: String::new(),
        lead: None,
    };
    let refused = team::create(&Fakes::default().app(), &manager(), nameless, silent())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ValidationError);
    let nameless = Skill {
        name: String::new(),
        ..soudure()
    };
    let refused = skill::create(&Fakes::default().app(), &manager(), nameless, silent())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ValidationError);

    let mut fakes = Fakes::default();
    fakes.tx.teams.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .skills
        .expect_lock()
        .returning(|_| Ok(Some(Record::fresh(Id::new(1), now(), soudure()))));
    let (app, who) = (fakes.app(), manager());
    let keep_team: EditTeam = Arc::new(|b| Ok(b.data.clone()));
    let keep_skill: EditSkill = Arc::new(|b| Ok(b.data.clone()));
    for refused in [
        team::update(&app, &who, Id::new(1), Some(4), keep_team, silent())
            .await
            .map(|_| ()),
        team::delete(&app, &who, Id::new(1), Some(4), silent())
            .await
            .map(|_| ()),
        skill::update(&app, &who, Id::new(1), Some(4), keep_skill, silent())
            .await
            .map(|_| ()),
        skill::delete(&app, &who, Id::new(1), Some(4), silent())
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(refused, Err(AppError::StaleVersion { current: Some(1) })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn what_is_used_stays_and_names_are_taken_once() {
    let in_use = || RepoError::Conflict {
        constraint: Constraint::InUse,
        name: "fk".into(),
    };
    let taken = || RepoError::Conflict {
        constraint: Constraint::SkillName,
        name: "uq_competences_nom".into(),
    };
    let mut fakes = Fakes::default();
    fakes.tx.teams.expect_lock().returning(|_| Ok(Some(stored())));
    fakes.tx.teams.expect_delete().returning(move |_| Err(in_use()));
    fakes
        .tx
        .skills
        .expect_lock()
        .returning(|_| Ok(Some(Record::fresh(Id::new(1), now(), soudure()))));
    fakes.tx.skills.expect_delete().returning(move |_| Err(in_use()));
    fakes
        .tx
        .skills
        .expect_insert()
        .returning(move |_, _| Err(taken()));
    let (app, who) = (fakes.app(), manager());
    let refused = team::delete(&app, &who, Id::new(1), None, silent())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InUse);
    let refused = skill::delete(&app, &who, Id::new(1), None, silent())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InUse);
    let refused = skill::create(&app, &who, soudure(), silent()).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}
