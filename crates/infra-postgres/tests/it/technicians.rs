//! Technicians, their skills, teams.

use domain::error::{Constraint, RepoError};
use domain::page::{PageRequest, Start};
use domain::policy::{Reach, Role, Visibility};
use domain::skill::{HeldSkill, RequiredSkill, Skill, SkillLevel, SkillQueries, SkillSort};
use domain::team::{Team, TeamQueries, TeamSort};
use domain::technician::{Availability, Technician, TechnicianFilter, TechnicianQueries, TechnicianSort};
use domain::{Id, Record};
use infra_postgres::skills::PgSkillQueries;
use infra_postgres::teams::PgTeamQueries;
use infra_postgres::technicians::PgTechnicianQueries;
use jiff::civil::{Date, date};
use test_support::TestDb;

use crate::support::{conflict, must, new_user_id, page, repo_error, run, user, walk};
use crate::workplace::{Workplace, named_team, technician, workplace};

const TODAY: Date = date(2026, 3, 2);

/// A skill; all but refrigeration need a certificate.
fn skill(name: &str) -> Skill {
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

async fn ids(db: &TestDb, filter: &TechnicianFilter, seen: &Visibility) -> Vec<Id<Technician>> {
    let queries = PgTechnicianQueries::new(db.reader());
    let got = queries.list(filter, seen, TODAY, &everybody()).await.unwrap();
    assert_eq!(got.total as usize, got.items.len());
    got.items.into_iter().map(|t| t.record.id).collect()
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
async fn each_caller_sees_the_technicians_that_the_policy_says() {
    let place = workplace().await;
    let (busy, idle) = (place.technician, place.idle_technician);
    let only = Visibility::Only;
    let cases = [
        ("all", Visibility::All, vec![busy, idle]),
        ("nobody", only(Reach::default()), vec![]),
        (
            "the account",
            only(Reach {
                user: Some(place.technician_user),
                ..Reach::default()
            }),
            vec![busy],
        ),
        (
            "the profile",
            only(Reach {
                technician: Some(idle),
                ..Reach::default()
            }),
            vec![idle],
        ),
        (
            "the lead of the team",
            only(Reach {
                teams: vec![place.team],
                ..Reach::default()
            }),
            vec![busy],
        ),
        (
            "the lead of another",
            only(Reach {
                teams: vec![place.other_team],
                ..Reach::default()
            }),
            vec![],
        ),
        (
            "a client",
            only(Reach {
                clients: vec![place.client],
                ..Reach::default()
            }),
            vec![],
        ),
    ];
    let queries = PgTechnicianQueries::new(place.db.reader());
    for (who, seen, expected) in cases {
        assert_eq!(
            ids(&place.db, &TechnicianFilter::default(), &seen).await,
            expected,
            "{who}"
        );
        for id in [busy, idle] {
            let found = queries.find(id, &seen).await.unwrap().is_some();
            assert_eq!(found, expected.contains(&id), "{who}");
        }
        // A filter narrows what is seen, it does not widen it.
        let filter = TechnicianFilter {
            availability: Some(Availability::OnLeave),
            ..TechnicianFilter::default()
        };
        assert_eq!(ids(&place.db, &filter, &seen).await, [], "{who}");
    }
}

#[tokio::test]
async fn filters_look_at_skill_level_certificate_zone_team_state_and_account() {
    let db = TestDb::new().await;
    let (weld, cool) = two_skills(&db).await;
    let team = must(&db, |tx| Ok(tx.teams().insert(&named_team("Nord"), None)?.id)).await;
    let made = must(&db, move |tx| {
        let people: Vec<(&str, Vec<HeldSkill>)> = vec![
            (
                "expert",
                vec![
                    held(weld, SkillLevel::Expert, Some(date(2027, 1, 31))),
                    held(cool, SkillLevel::Beginner, None),
                ],
            ),
            ("debutant", vec![held(weld, SkillLevel::Beginner, Some(TODAY))]),
            (
                "perime",
                vec![held(weld, SkillLevel::Expert, Some(date(2026, 3, 1)))],
            ),
            ("sans certificat", vec![held(weld, SkillLevel::Expert, None)]),
        ];
        let mut made = Vec::new();
        for (at, (name, skills)) in people.into_iter().enumerate() {
            let mut account = user(name, Role::Technician);
            account.is_active = at != 3;
            let account = tx.users().insert(&account, None)?.id;
            let data = Technician {
                skills,
                team: (at == 1).then_some(team),
                zone: Some(if at == 0 { "Tanger" } else { "Safi" }.into()),
                availability: if at == 2 {
                    Availability::OnLeave
                } else {
                    Availability::Available
                },
                ..technician(account)
            };
            made.push(tx.technicians().insert(&data, None)?.id);
        }
        Ok(made)
    })
    .await;
    let [expert, beginner, expired, without] = made.try_into().unwrap();
    let any = TechnicianFilter::default;
    let needs = |skill, min_level| RequiredSkill { skill, min_level };
    let cases = [
        (
            "skill, any level",
            TechnicianFilter {
                skill: Some(weld),
                ..any()
            },
            vec![expert, beginner],
        ),
        (
            "skill, level",
            TechnicianFilter {
                skill: Some(weld),
                min_level: Some(SkillLevel::Intermediate),
                ..any()
            },
            vec![expert],
        ),
        (
            "all of several",
            TechnicianFilter {
                required: vec![
                    needs(weld, SkillLevel::Beginner),
                    needs(cool, SkillLevel::Beginner),
                ],
                ..any()
            },
            vec![expert],
        ),
        (
            "one of several is not enough",
            TechnicianFilter {
                required: vec![needs(weld, SkillLevel::Beginner), needs(cool, SkillLevel::Expert)],
                ..any()
            },
            vec![],
        ),
        (
            "zone",
            TechnicianFilter {
                zone: Some("Tanger".into()),
                ..any()
            },
            vec![expert],
        ),
        (
            "team",
            TechnicianFilter {
                team: Some(team),
                ..any()
            },
            vec![beginner],
        ),
        (
            "state",
            TechnicianFilter {
                availability: Some(Availability::OnLeave),
                ..any()
            },
            vec![expired],
        ),
        (
            "active",
            TechnicianFilter {
                is_active: Some(true),
                ..any()
            },
            vec![expert, beginner, expired],
        ),
        (
            "inactive",
            TechnicianFilter {
                is_active: Some(false),
                ..any()
            },
            vec![without],
        ),
    ];
    for (what, filter, expected) in cases {
        assert_eq!(ids(&db, &filter, &Visibility::All).await, expected, "{what}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_over_ties_and_empty_values() {
    let db = TestDb::new().await;
    must(&db, |tx| {
        for (at, zone) in [Some("B"), None, Some("A"), None, Some("B"), None, Some("B")]
            .into_iter()
            .enumerate()
        {
            let mut account = user(&format!("t{at}"), Role::Technician);
            account.full_name = if at % 2 == 0 { "Pair" } else { "Impair" }.into();
            let account = tx.users().insert(&account, None)?.id;
            let hired_on = zone.map(|z| {
                if z == "A" {
                    date(1999, 12, 31)
                } else {
                    date(2020, 5, 1)
                }
            });
            tx.technicians().insert(
                &Technician {
                    zone: zone.map(str::to_owned),
                    hired_on,
                    ..technician(account)
                },
                None,
            )?;
        }
        Ok(())
    })
    .await;
    let queries = PgTechnicianQueries::new(db.reader());
    for key in [
        TechnicianSort::Id,
        TechnicianSort::FullName,
        TechnicianSort::Zone,
        TechnicianSort::HiredOn,
    ] {
        for descending in [false, true] {
            let all = walk(key, descending, async |request| {
                let filter = TechnicianFilter::default();
                queries.list(&filter, &Visibility::All, TODAY, &request).await
            })
            .await;
            let seen: Vec<_> = all
                .into_iter()
                .map(|t| {
                    let value = match key {
                        TechnicianSort::Id => Some(String::new()),
                        TechnicianSort::FullName => Some(t.full_name),
                        TechnicianSort::Zone => t.record.zone.clone(),
                        TechnicianSort::HiredOn => t.record.hired_on.map(|d| d.to_string()),
                    };
                    (value, t.record.id)
                })
                .collect();
            let mut expected = seen.clone();
            expected.sort_by_key(|(value, id)| (value.is_none(), value.clone(), *id));
            if descending {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{key:?} {descending}");
            assert_eq!(seen.len(), 7);
        }
    }
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

#[tokio::test]
async fn teams_and_skills_come_back_page_by_page() {
    let db = TestDb::new().await;
    let lead = new_user_id(&db, "amal", Role::Manager).await;
    let (teams, skills): (Vec<Record<Team>>, Vec<Record<Skill>>) = must(&db, move |tx| {
        let mut made = (Vec::new(), Vec::new());
        for name in ["b", "c", "a"] {
            made.0.push(tx.teams().insert(
                &Team {
                    name: name.into(),
                    lead: Some(lead),
                },
                Some(lead),
            )?);
            made.1.push(tx.skills().insert(&skill(name), None)?);
        }
        Ok(made)
    })
    .await;
    assert_eq!(
        must(&db, move |tx| tx.users().actor(lead))
            .await
            .unwrap()
            .teams
            .len(),
        3
    );
    let (team_queries, skill_queries) = (PgTeamQueries::new(db.reader()), PgSkillQueries::new(db.reader()));
    for (by_name, descending, order) in [
        (false, false, [0, 1, 2]),
        (false, true, [2, 1, 0]),
        (true, false, [2, 0, 1]),
        (true, true, [1, 0, 2]),
    ] {
        let team_key = if by_name { TeamSort::Name } else { TeamSort::Id };
        let skill_key = if by_name { SkillSort::Name } else { SkillSort::Id };
        let seen = (
            walk(team_key, descending, async |request| {
                team_queries.list(&request).await
            })
            .await,
            walk(skill_key, descending, async |request| {
                skill_queries.list(&request).await
            })
            .await,
        );
        assert_eq!(seen.0, order.map(|i| teams[i].clone()), "{by_name} {descending}");
        assert_eq!(seen.1, order.map(|i| skills[i].clone()), "{by_name} {descending}");
    }
    assert_eq!(
        team_queries.find(teams[0].id).await.unwrap(),
        Some(teams[0].clone())
    );
    assert_eq!(
        skill_queries.find(skills[0].id).await.unwrap(),
        Some(skills[0].clone())
    );
    assert_eq!(team_queries.find(Id::new(999_999)).await.unwrap(), None);

    let (team, one_skill) = (teams[0].clone(), skills[0].clone());
    must(&db, move |tx| {
        assert_eq!(tx.teams().find(team.id)?.as_ref(), Some(&team));
        let renamed = tx.teams().update(&team, &named_team("d"))?;
        assert_eq!((renamed.version, renamed.lead), (2, None));
        tx.teams().delete(&renamed)?;
        let before = tx.skills().lock(one_skill.id)?.unwrap();
        let renamed = tx.skills().update(
            &before,
            &Skill {
                domain: None,
                ..before.data.clone()
            },
        )?;
        tx.skills().delete(&renamed)
    })
    .await;
    assert_eq!(team_queries.find(teams[0].id).await.unwrap(), None);
    assert_eq!(skill_queries.find(skills[0].id).await.unwrap(), None);
    for table in ["equipes", "competences"] {
        for (action, n) in [("creation", 3), ("modification", 1), ("suppression", 1)] {
            let sql = format!(
                "SELECT count(*) FROM audit_log WHERE objet_type = '{table}' AND action = '{action}'"
            );
            assert_eq!(db.number(&sql), n, "{table} {action}");
        }
    }
}
