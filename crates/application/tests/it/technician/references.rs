//! What a profile refers to, and the certificates of its skills.

use super::*;

#[tokio::test]
async fn unknown_teams_and_skills_are_all_named() {
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Technician);
    without_certificates(&mut fakes);
    fakes.tx.teams.expect_find().once().returning(|_| Ok(None));
    fakes
        .tx
        .skills
        .expect_unknown()
        .once()
        .withf(|ids| ids == [Id::new(1), Id::new(2)])
        .returning(|_| Ok(vec![Id::new(2)]));
    fakes.tx.technicians.expect_insert().never();
    assert_eq!(
        fields(refusal(
            create(&fakes.app(), &manager(), existing(profile()), silent()).await
        )),
        [
            ("equipe_id".to_owned(), IssueCode::UnknownReference),
            (
                "competences[1].competence_id".to_owned(),
                IssueCode::UnknownReference
            )
        ]
    );
}

#[tokio::test]
async fn a_skill_that_needs_a_certificate_is_declared_until_a_day() {
    let missing = |at: usize| {
        let field = format!("competences[{at}].valide_jusqu_au");
        vec![(field, IssueCode::Required)]
    };
    let mut fakes = Fakes::default();
    locks_user(&mut fakes, 7, Role::Technician);
    fakes.tx.teams.expect_find().returning(|_| Ok(None));
    fakes.tx.skills.expect_unknown().returning(|_| Ok(Vec::new()));
    needs_certificate(&mut fakes, 2);
    let new = TechnicianProfile {
        team: None,
        ..profile()
    };
    let made = create(&fakes.app(), &manager(), existing(new), silent()).await;
    assert_eq!(fields(refusal(made)), missing(1));

    // The skill 1 stood there before it needed a certificate.
    let edited = async |change: fn(&mut Technician)| {
        let mut fakes = Fakes::default();
        locks(&mut fakes, Availability::Available);
        shows(&mut fakes, Availability::Available);
        fakes.tx.skills.expect_unknown().returning(|_| Ok(Vec::new()));
        needs_certificate(&mut fakes, 1);
        fakes
            .tx
            .technicians
            .expect_update()
            .returning(|b, _| Ok(b.clone()));
        update(
            &fakes.app(),
            &manager(),
            Id::new(ID),
            None,
            edit(change),
            silent(),
        )
        .await
    };
    edited(|t| t.zone = Some("Safi".into())).await.unwrap();
    edited(|t| t.skills.push(held(9))).await.unwrap();
    edited(|t| t.skills[0].valid_until = Some(jiff::civil::date(2027, 1, 31)))
        .await
        .unwrap();
    let better = edited(|t| t.skills[0].level = SkillLevel::Expert).await;
    assert_eq!(fields(refusal(better)), missing(0));
}

/// Of all skills, this one needs a certificate.
fn needs_certificate(fakes: &mut Fakes, skill: i64) {
    fakes
        .tx
        .skills
        .expect_needing_certificate()
        .returning(move |ids| {
            let ids = ids.iter().copied();
            Ok(ids.filter(|id| *id == Id::new(skill)).collect())
        });
}

#[tokio::test]
async fn only_new_references_are_judged() {
    let mut fakes = Fakes::default();
    locks(&mut fakes, Availability::Available);
    shows(&mut fakes, Availability::Available);
    without_certificates(&mut fakes);
    // The team stays, the skill 1 too.
    fakes
        .tx
        .skills
        .expect_unknown()
        .once()
        .withf(|ids| ids == [Id::new(9)])
        .returning(|_| Ok(vec![Id::new(9)]));
    let learn = edit(|t| t.skills.push(held(9)));
    assert_eq!(
        fields(refusal(
            update(&fakes.app(), &manager(), Id::new(ID), Some(1), learn, silent()).await
        )),
        [(
            "competences[1].competence_id".to_owned(),
            IssueCode::UnknownReference
        )]
    );

    let mut fakes = Fakes::default();
    locks(&mut fakes, Availability::Available);
    fakes
        .tx
        .technicians
        .expect_update()
        .once()
        .withf(|_, a| a.zone.as_deref() == Some("Safi") && a.skills.is_empty())
        .returning(|b, _| Ok(b.clone()));
    shows(&mut fakes, Availability::Available);
    let move_house = edit(|t| {
        t.zone = Some("Safi".into());
        t.skills.clear();
    });
    update(&fakes.app(), &manager(), Id::new(ID), None, move_house, silent())
        .await
        .unwrap();
}
