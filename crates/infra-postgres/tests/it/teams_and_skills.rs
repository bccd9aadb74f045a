//! Teams and skills.

use domain::policy::Role;
use domain::skill::{Skill, SkillQueries, SkillSort};
use domain::team::{Team, TeamQueries, TeamSort};
use domain::{Id, Record};
use infra_postgres::skills::PgSkillQueries;
use infra_postgres::teams::PgTeamQueries;
use test_support::TestDb;

use crate::support::{must, new_user_id, walk};
use crate::technicians::skill;
use crate::workplace::named_team;

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
