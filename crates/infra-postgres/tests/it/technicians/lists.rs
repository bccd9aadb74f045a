//! Lists: what each caller sees, filters, pages.

use domain::Id;
use domain::policy::{Reach, Role, Visibility};
use domain::skill::{HeldSkill, RequiredSkill, SkillLevel};
use domain::technician::{Availability, Technician, TechnicianFilter, TechnicianQueries, TechnicianSort};
use infra_postgres::technicians::PgTechnicianQueries;
use jiff::civil::date;
use test_support::TestDb;

use super::{TODAY, everybody, held, two_skills};
use crate::support::{must, user, walk};
use crate::workplace::{named_team, technician, workplace};

async fn ids(db: &TestDb, filter: &TechnicianFilter, seen: &Visibility) -> Vec<Id<Technician>> {
    let queries = PgTechnicianQueries::new(db.reader());
    let got = queries.list(filter, seen, TODAY, &everybody()).await.unwrap();
    assert_eq!(got.total as usize, got.items.len());
    got.items.into_iter().map(|t| t.record.id).collect()
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
