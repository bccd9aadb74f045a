//! Teams and skills.

use application::write::silent;
use application::{AppError, Code, skill, team};
use domain::error::{Constraint, RepoError};
use domain::policy::Role;
use domain::skill::{Skill, SkillSort};
use domain::team::{Team, TeamSort};
use domain::text::{FieldIssue, IssueCode};
use domain::{Id, Record};

use crate::support::{Fakes, actor, assert_stale, code_of, ctx, edit, manager, now, page, user};

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
    let teams = page(TeamSort::Id);
    let skills = page(SkillSort::Id);
    let app = Fakes::default().app();
    let client = ctx(actor(7, Role::Client));
    for code in [
        code_of(team::list(&app, &client, &teams).await),
        code_of(team::find(&app, &client, Id::new(1)).await),
        code_of(skill::list(&app, &client, &skills).await),
        code_of(skill::find(&app, &client, Id::new(1)).await),
    ] {
        assert_eq!(code, Code::Forbidden);
    }
    let mut fakes = Fakes::default();
    fakes.teams.expect_find().once().returning(|_| Ok(Some(stored())));
    fakes.skills.expect_find().once().returning(|_| Ok(None));
    let app = fakes.app();
    let technician = ctx(actor(7, Role::Technician));
    assert_eq!(team::find(&app, &technician, Id::new(1)).await.unwrap(), stored());
    assert_eq!(
        code_of(skill::find(&app, &technician, Id::new(1)).await),
        Code::NotFound
    );
    let keep_team = || edit::<Team>(|_| {});
    let keep_skill = || edit::<Skill>(|_| {});
    for code in [
        code_of(team::create(&app, &technician, led_by(None), silent()).await),
        code_of(team::update(&app, &technician, Id::new(1), None, keep_team(), silent()).await),
        code_of(team::delete(&app, &technician, Id::new(1), None, silent()).await),
        code_of(skill::create(&app, &technician, soudure(), silent()).await),
        code_of(skill::update(&app, &technician, Id::new(1), None, keep_skill(), silent()).await),
        code_of(skill::delete(&app, &technician, Id::new(1), None, silent()).await),
    ] {
        assert_eq!(code, Code::Forbidden);
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
    let rename = edit(|team: &mut Team| team.name = "Sud".into());
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
    let demote = edit(|team: &mut Team| team.lead = Some(Id::new(4)));
    assert_eq!(
        code_of(team::update(&fakes.app(), &manager(), Id::new(1), None, demote, silent()).await),
        Code::ValidationError
    );
}

#[tokio::test]
async fn bad_data_and_old_versions_are_refused() {
    let nameless = Team {
        name: String::new(),
        lead: None,
    };
    assert_eq!(
        code_of(team::create(&Fakes::default().app(), &manager(), nameless, silent()).await),
        Code::ValidationError
    );
    let nameless = Skill {
        name: String::new(),
        ..soudure()
    };
    assert_eq!(
        code_of(skill::create(&Fakes::default().app(), &manager(), nameless, silent()).await),
        Code::ValidationError
    );

    let mut fakes = Fakes::default();
    fakes.tx.teams.expect_lock().returning(|_| Ok(Some(stored())));
    fakes
        .tx
        .skills
        .expect_lock()
        .returning(|_| Ok(Some(Record::fresh(Id::new(1), now(), soudure()))));
    let (app, who) = (fakes.app(), manager());
    let keep_team = || edit::<Team>(|_| {});
    let keep_skill = || edit::<Skill>(|_| {});
    assert_stale(team::update(&app, &who, Id::new(1), Some(4), keep_team(), silent()).await);
    assert_stale(team::delete(&app, &who, Id::new(1), Some(4), silent()).await);
    assert_stale(skill::update(&app, &who, Id::new(1), Some(4), keep_skill(), silent()).await);
    assert_stale(skill::delete(&app, &who, Id::new(1), Some(4), silent()).await);
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
    assert_eq!(
        code_of(team::delete(&app, &who, Id::new(1), None, silent()).await),
        Code::InUse
    );
    assert_eq!(
        code_of(skill::delete(&app, &who, Id::new(1), None, silent()).await),
        Code::InUse
    );
    assert_eq!(
        code_of(skill::create(&app, &who, soudure(), silent()).await),
        Code::AlreadyExists
    );
}
