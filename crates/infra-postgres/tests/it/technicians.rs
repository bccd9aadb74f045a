//! Technicians and their skills.

mod lists;

use domain::Id;
use domain::error::{Constraint, RepoError};
use domain::page::{PageRequest, Start};
use domain::policy::{Role, Visibility};
use domain::skill::{HeldSkill, Skill, SkillLevel};
use domain::technician::{Availability, Technician, TechnicianFilter, TechnicianQueries, TechnicianSort};
use infra_postgres::technicians::PgTechnicianQueries;
use jiff::civil::{Date, date};
use test_support::TestDb;

use crate::support::{conflict, must, new_user_id, page, repo_error, run};
use crate::workplace::{Workplace, named_team, technician, workplace};

const TODAY: Date = date(2026, 3, 2);

/// A skill; all but refrigeration need a certificate.
pub fn skill(name: &str) -> Skill {
    Skill {
        name: name.into(),
        domain: Some("Atelier".into()),
        certification_required: name != "Froid",
    }
}

fn held(skill: Id<Skill>, level: SkillLevel, valid_until: Option<Date>) -> HeldSkill {
    HeldSkill {
        skill,
        level,
        valid_until,
    }
}

async fn two_skills(db: &TestDb) -> (Id<Skill>, Id<Skill>) {
    must(db, |tx| {
        Ok((
            tx.skills().insert(&skill("Soudure"), None)?.id,
            tx.skills().insert(&skill("Froid"), None)?.id,
        ))
    })
    .await
}

fn everybody() -> PageRequest<TechnicianSort> {
    PageRequest {
        limit: 50,
        ..page(TechnicianSort::Id, false, Start::Offset(0))
    }
}

#[tokio::test]
async fn a_technician_comes_back_with_skills_and_names_from_both_sides() {
    let db = TestDb::new().await;
    let (weld, cool) = two_skills(&db).await;
    let account = new_user_id(&db, "samir", Role::Technician).await;
    let full = move |team| Technician {
        specialty: Some("Soudeur".into()),
        team: Some(team),
        availability: Availability::Busy,
        pending_absence: Some(Availability::OnLeave),
        zone: Some("Tanger".into()),
        hired_on: Some(date(2019, 9, 1)),
        hourly_rate: Some("120.50".parse().unwrap()),
        phone: Some("0612345678".into()),
        skills: vec![
            held(cool, SkillLevel::Expert, Some(date(2027, 1, 31))),
            held(weld, SkillLevel::Beginner, None),
        ],
        ..technician(account)
    };
    let (stored, detail) = must(&db, move |tx| {
        let team = tx.teams().insert(&named_team("Nord"), None)?.id;
        let made = tx.technicians().insert(&full(team), None)?;
        let found = tx.technicians().find(made.id)?.unwrap();
        assert_eq!(made, found, "what the write answers is what is stored");
        let mut expected = full(team);
        expected.skills.reverse();
        assert_eq!(found.data, expected, "skills in the order of their identifiers");
        assert_eq!(tx.technicians().lock(made.id)?.unwrap(), found);
        assert_eq!(tx.technicians().lock_by_user(account)?.unwrap(), found);
        Ok((found, tx.technicians().detail(made.id)?.unwrap()))
    })
    .await;
    assert_eq!(detail.record, stored);
    assert_eq!(
        (
            detail.full_name.as_str(),
            detail.email.as_str(),
            detail.is_active,
            detail.team_name.as_deref()
        ),
        ("Prénom samir", "samir@exemple.ma", true, Some("Nord"))
    );
    assert_eq!(detail.skill_names, ["Soudure", "Froid"]);
    assert_eq!(detail.uncertified, [weld], "which needs a certificate");
    let queries = PgTechnicianQueries::new(db.reader());
    assert_eq!(
        queries.find(stored.id, &Visibility::All).await.unwrap(),
        Some(detail.clone())
    );
    let listed = queries
        .list(
            &TechnicianFilter::default(),
            &Visibility::All,
            TODAY,
            &everybody(),
        )
        .await
        .unwrap();
    assert_eq!(listed.items, [detail]);
}

#[tokio::test]
async fn skills_are_replaced_and_audited_with_the_profile() {
    let db = TestDb::new().await;
    let (weld, cool) = two_skills(&db).await;
    let account = new_user_id(&db, "samir", Role::Technician).await;
    let before = must(&db, move |tx| {
        let skills = vec![held(weld, SkillLevel::Beginner, None)];
        tx.technicians().insert(
            &Technician {
                skills,
                ..technician(account)
            },
            None,
        )
    })
    .await;
    let stale = before.clone();
    let after = must(&db, move |tx| {
        let skills = vec![
            held(cool, SkillLevel::Advanced, None),
            held(weld, SkillLevel::Expert, Some(TODAY)),
        ];
        tx.technicians().update(
            &before,
            &Technician {
                skills,
                ..before.data.clone()
            },
        )
    })
    .await;
    assert_eq!(after.version, 2);
    assert_eq!(
        must(&db, move |tx| tx.technicians().find(after.id))
            .await
            .as_ref(),
        Some(&after)
    );
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE objet_type = 'techniciens_competences' \
             AND jsonb_array_length(avant->'competences') = 1 AND apres->'competences'->0->>'niveau' = 'expert'"
        ),
        1
    );
    // The same skills once more: a new version, no second entry.
    let same = must(&db, move |tx| {
        tx.technicians().update(
            &after,
            &Technician {
                zone: Some("Safi".into()),
                ..after.data.clone()
            },
        )
    })
    .await;
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE objet_type = 'techniciens_competences'"),
        2
    );
    let refused = repo_error(
        run(&db, move |tx| {
            let mut data = stale.data.clone();
            data.zone = Some("Kénitra".into());
            tx.technicians().update(&stale, &data)
        })
        .await,
    );
    assert!(matches!(refused, RepoError::Stale));
    must(&db, move |tx| tx.technicians().delete(&same)).await;
    assert_eq!(db.number("SELECT count(*) FROM techniciens"), 0);
    assert_eq!(db.number("SELECT count(*) FROM techniciens_competences"), 0);
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE action = 'suppression' \
             AND objet_type IN ('techniciens', 'techniciens_competences')"
        ),
        2
    );
}

#[tokio::test]
async fn constraints_answer_by_name() {
    let Workplace {
        db,
        technician: busy,
        technician_user,
        team,
        ..
    } = workplace().await;
    let twice = run(&db, move |tx| {
        tx.technicians().insert(&technician(technician_user), None)
    })
    .await;
    assert_eq!(conflict(twice), Constraint::TechnicianUser);
    let nobody = run(&db, |tx| {
        tx.technicians().insert(&technician(Id::new(999_999)), None)
    })
    .await;
    assert_eq!(conflict(nobody), Constraint::MissingReference);
    let used = run(&db, move |tx| {
        let before = tx.technicians().lock(busy)?.unwrap();
        tx.technicians().delete(&before)
    })
    .await;
    assert_eq!(conflict(used), Constraint::InUse);
    let used = run(&db, move |tx| {
        let before = tx.teams().lock(team)?.unwrap();
        tx.teams().delete(&before)
    })
    .await;
    assert_eq!(conflict(used), Constraint::InUse);
    let taken = run(&db, |tx| tx.teams().insert(&named_team("Nord"), None)).await;
    assert_eq!(conflict(taken), Constraint::TeamName);
    let negative = run(&db, move |tx| {
        let before = tx.technicians().lock(busy)?.unwrap();
        let after = Technician {
            hourly_rate: Some("-1".parse().unwrap()),
            ..before.data.clone()
        };
        tx.technicians().update(&before, &after)
    })
    .await;
    assert_eq!(conflict(negative), Constraint::CheckViolation);
    let unknown_skill = run(&db, move |tx| {
        let before = tx.technicians().lock(busy)?.unwrap();
        let skills = vec![held(Id::new(999_999), SkillLevel::Beginner, None)];
        tx.technicians().update(
            &before,
            &Technician {
                skills,
                ..before.data.clone()
            },
        )
    })
    .await;
    assert_eq!(conflict(unknown_skill), Constraint::MissingReference);

    let soudure = must(&db, move |tx| {
        let soudure = tx.skills().insert(&skill("Soudure"), None)?;
        let before = tx.technicians().lock(busy)?.unwrap();
        let skills = vec![held(soudure.id, SkillLevel::Beginner, None)];
        tx.technicians().update(
            &before,
            &Technician {
                skills,
                ..before.data.clone()
            },
        )?;
        Ok(soudure)
    })
    .await;
    let taken = run(&db, |tx| tx.skills().insert(&skill("Soudure"), None)).await;
    assert_eq!(conflict(taken), Constraint::SkillName);
    let (id, used) = (soudure.id, run(&db, move |tx| tx.skills().delete(&soudure)).await);
    assert_eq!(conflict(used), Constraint::InUse);
    let unknown = must(&db, move |tx| {
        tx.skills().unknown(&[Id::new(77), id, Id::new(78)])
    })
    .await;
    assert_eq!(unknown, [Id::new(77), Id::new(78)]);
    let certified = must(&db, move |tx| {
        let free = tx.skills().insert(&skill("Froid"), None)?.id;
        tx.skills().needing_certificate(&[Id::new(77), free, id])
    })
    .await;
    assert_eq!(certified, [id]);
}

#[tokio::test]
async fn jobs_of_a_technician_are_told_by_state() {
    let Workplace {
        db,
        technician: busy,
        idle_technician: idle,
        client,
        job,
        ..
    } = workplace().await;
    let jobs = |id| {
        must(&db, move |tx| {
            Ok((tx.technicians().running_job(id)?, tx.technicians().open_jobs(id)?))
        })
    };
    assert_eq!(jobs(busy).await, (None, vec![job]));
    assert_eq!(jobs(idle).await, (None, vec![]));
    db.execute(&format!(
        "INSERT INTO interventions (id, numero, equipement_id, client_id, technicien_id, titre, description, type, \
         origine, statut, date_debut, date_fin, motif_attente) VALUES \
         (2, 'INT-2026-00002', 1, {client}, {busy}, 'T', 'Dix lettres', 'corrective', 'interne', 'en_cours', now(), NULL, NULL), \
         (3, 'INT-2026-00003', 1, {client}, {busy}, 'T', 'Dix lettres', 'corrective', 'interne', 'en_attente', now(), NULL, 'pieces'), \
         (4, 'INT-2026-00004', 1, {client}, {busy}, 'T', 'Dix lettres', 'corrective', 'interne', 'cloturee', now(), now(), NULL), \
         (5, 'INT-2026-00005', 1, {client}, {busy}, 'T', 'Dix lettres', 'corrective', 'interne', 'annulee', NULL, NULL, NULL)"
    ));
    assert_eq!(jobs(busy).await, (Some(Id::new(2)), vec![job, Id::new(3)]));
}
