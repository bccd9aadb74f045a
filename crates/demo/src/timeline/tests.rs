#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{HashMap, HashSet};

use super::*;
use crate::calendar::When;
use crate::data::equipment;
use crate::data::people::Tech;

/// A working morning, a working evening, a night at the end of a year, a Sunday, the first days of
/// permanent UTC+0.
const INSTANTS: [&str; 5] = [
    "2026-11-20T09:12:34.567891Z",
    "2026-06-17T18:45:00Z",
    "2026-12-31T23:59:59Z",
    "2027-02-28T04:03:00Z",
    "2026-09-21T08:00:00Z",
];

fn timelines() -> impl Iterator<Item = (Calendar, Timeline)> {
    INSTANTS.into_iter().map(|at| {
        let calendar = Calendar::new(at.parse().unwrap()).unwrap();
        let timeline = Timeline::new(&calendar).unwrap();
        (calendar, timeline)
    })
}

#[test]
fn the_same_instant_gives_the_same_timeline() {
    for ((_, one), (_, other)) in timelines().zip(timelines()) {
        assert_eq!(one.moments, other.moments);
        assert_eq!(one.first_due, other.first_due);
    }
}

#[test]
fn every_story_goes_forward_in_time_and_nothing_is_in_the_future() {
    for (calendar, timeline) in timelines() {
        for story in &timeline.stories {
            let mut last = calendar.resolve(story.opened).unwrap();
            for (when, _, act) in &story.acts {
                let at = calendar.resolve(*when).unwrap();
                assert!(
                    last <= at,
                    "{} on {}: {act:?} at {at} after {last}",
                    story.title,
                    story.equipment
                );
                last = at;
            }
            assert!(
                last <= calendar.now(),
                "{} on {} at {last}",
                story.title,
                story.equipment
            );
        }
    }
}

#[test]
fn nobody_works_on_two_jobs_at_once_or_while_away() {
    for (_, timeline) in timelines() {
        let mut assigned: HashMap<usize, Tech> = HashMap::new();
        let mut working: HashMap<Tech, usize> = HashMap::new();
        let mut running: HashSet<usize> = HashSet::new();
        let mut away: HashSet<Tech> = HashSet::new();
        for moment in &timeline.moments {
            match &moment.what {
                What::Act(job, Act::Assign(tech, ..)) => {
                    if running.contains(job) {
                        working.retain(|_, at| at != job);
                        assert_eq!(
                            working.insert(*tech, *job),
                            None,
                            "{tech:?} takes over at {}",
                            moment.at
                        );
                    }
                    assigned.insert(*job, *tech);
                }
                What::Act(job, Act::Start | Act::Resume(_)) => {
                    let tech = assigned.get(job).copied().unwrap();
                    assert!(!away.contains(&tech), "{tech:?} works at {}", moment.at);
                    assert_eq!(
                        working.insert(tech, *job),
                        None,
                        "{tech:?} starts at {}",
                        moment.at
                    );
                    running.insert(*job);
                }
                What::Act(job, Act::Hold { .. } | Act::Close { .. } | Act::Cancel(_)) => {
                    working.retain(|_, at| at != job);
                    running.remove(job);
                }
                What::Turn(Turn::Drop(tech, _)) => {
                    away.insert(*tech);
                    if let Some(job) = working.remove(tech) {
                        running.remove(&job);
                    }
                }
                What::Turn(Turn::Leave(tech, _) | Turn::Train(tech, _)) => {
                    away.insert(*tech);
                    assert!(!working.contains_key(tech), "{tech:?} leaves a job");
                }
                What::Turn(Turn::Return(tech, _)) => {
                    away.remove(tech);
                }
                _ => {}
            }
        }
        assert_eq!(working.len(), 3, "three jobs are running at the end");
    }
}

#[test]
fn there_is_enough_of_everything() {
    for (at, (_, timeline)) in INSTANTS.iter().zip(timelines()) {
        let over = |wanted: fn(&Act) -> bool| {
            timeline
                .stories
                .iter()
                .filter(|s| s.acts.iter().any(|(_, _, act)| wanted(act)))
                .count()
        };
        let told = [
            timeline.stories.len(),
            over(|act| matches!(act, Act::Close { .. })),
            over(|act| matches!(act, Act::Cancel(_))),
            over(|act| matches!(act, Act::Hold { .. })),
            over(|act| matches!(act, Act::Rate(..))),
            over(|act| matches!(act, Act::Archive)),
        ];
        let expected = [115..=130, 75..=95, 8..=14, 8..=18, 15..=45, 8..=25];
        assert!(
            told.iter().zip(&expected).all(|(n, range)| range.contains(n)),
            "{at}: {told:?}"
        );
    }
}

#[test]
fn the_computed_past_keeps_working_hours() {
    for (calendar, timeline) in timelines() {
        for story in timeline
            .stories
            .iter()
            .filter(|story| matches!(story.opened, When::At(_)))
        {
            for (when, _, act) in &story.acts {
                let at = calendar.resolve(*when).unwrap();
                assert_eq!(calendar.fitting(at, 0).unwrap(), at, "{act:?} of {}", story.title);
            }
        }
    }
}

#[test]
fn every_name_is_in_its_table() {
    let keys: Vec<_> = equipment::all().map(|row| row.key).collect();
    assert_eq!(
        keys.iter().collect::<HashSet<_>>().len(),
        keys.len(),
        "a key twice"
    );
    for (at, row) in equipment::all().enumerate() {
        let above = row
            .parent
            .map(|parent| keys.iter().position(|key| *key == parent).unwrap());
        assert!(
            above.is_none_or(|above| above < at),
            "{} stands before what it is a part of",
            row.key
        );
    }
    let (_, timeline) = timelines().next().unwrap();
    let names: HashSet<_> = timeline.stories.iter().filter_map(|story| story.name).collect();
    for story in &timeline.stories {
        assert!(keys.contains(&story.equipment), "{}", story.equipment);
        assert!(
            story.follows.is_none_or(|name| names.contains(name)),
            "{:?}",
            story.follows
        );
    }
}
