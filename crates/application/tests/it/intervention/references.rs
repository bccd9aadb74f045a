//! What an edit refers to.

use super::*;

#[tokio::test]
async fn a_job_is_no_follow_up_of_itself() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    tx.interventions
        .expect_lock()
        .returning(|_| Ok(Some(job(Status::Open, None))));
    tx.interventions
        .expect_detail()
        .returning(|_| Ok(Some(detail(job(Status::Open, None)))));
    let of_itself: EditJob = Arc::new(|seen| {
        Ok(Intervention {
            follow_up_of: Some(Id::new(JOB)),
            ..seen.detail.record.data.clone()
        })
    });
    match update(&fakes.app(), &manager(), Id::new(JOB), None, of_itself, silent()).await {
        Err(AppError::Invalid(issues)) => assert_eq!(issues[0].field, "suite_de_id"),
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[tokio::test]
async fn a_job_follows_only_one_that_was_there_before_it() {
    let opened = job(Status::Open, None).opened_at;
    let hour = jiff::Span::new().hours(1);
    for (id, opened_at, fits) in [
        (JOB - 1, opened - hour, true),
        (JOB + 1, opened + hour, false),
        // The clocks of two servers differ; numbers do not go back.
        (JOB - 1, opened + hour, true),
        (JOB + 1, opened - hour, false),
    ] {
        let mut fakes = Fakes::default();
        let tx = &mut fakes.tx;
        tx.interventions
            .expect_lock()
            .returning(|_| Ok(Some(job(Status::Open, None))));
        tx.interventions
            .expect_detail()
            .returning(|_| Ok(Some(detail(job(Status::Open, None)))));
        tx.interventions.expect_find().returning(move |id| {
            let mut first = job(Status::Closed, None);
            first.id = id;
            first.data.opened_at = opened_at;
            Ok(Some(first))
        });
        tx.interventions
            .expect_update()
            .times(usize::from(fits))
            .returning(|before, after| Ok(written(before, after)));
        tx.interventions.expect_append_history().returning(|_| Ok(()));
        let follows: EditJob = Arc::new(move |seen| {
            Ok(Intervention {
                follow_up_of: Some(Id::new(id)),
                ..seen.detail.record.data.clone()
            })
        });
        match update(&fakes.app(), &manager(), Id::new(JOB), None, follows, silent()).await {
            Ok(_) => assert!(fits, "{id} {opened_at}"),
            Err(AppError::Invalid(issues)) => {
                let told = (issues[0].field.as_str(), issues[0].code);
                assert_eq!((told, fits), (("suite_de_id", IssueCode::Inconsistent), false));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn who_may_not_change_a_field_learns_nothing_of_what_it_would_refer_to() {
    let mut fakes = Fakes::default();
    let tx = &mut fakes.tx;
    let stored = || job(Status::InProgress, Some(TECH));
    tx.interventions
        .expect_lock()
        .returning(move |_| Ok(Some(stored())));
    tx.interventions
        .expect_detail()
        .returning(move |_| Ok(Some(detail(stored()))));
    // No reference is looked up, and no row of somebody else locked.
    let elsewhere: EditJob = Arc::new(|seen| {
        Ok(Intervention {
            follow_up_of: Some(Id::new(9)),
            equipment: Id::new(PUMP + 1),
            ..seen.detail.record.data.clone()
        })
    });
    let by = support::technician(TECH);
    match update(&fakes.app(), &by, Id::new(JOB), None, elsewhere, silent()).await {
        Err(AppError::DeniedFields(fields)) => assert_eq!(fields, ["equipement_id", "suite_de_id"]),
        other => panic!("{:?}", other.map(|_| ())),
    }
}
