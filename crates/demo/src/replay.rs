//! Plays the timeline: every moment is one use case, by whoever does it, at its instant.

use std::collections::HashMap;
use std::sync::Arc;

use application::client::EditClient;
use application::intervention::transition::Goal;
use application::intervention::{Asked, CreateJob, EditJob, RequestJob};
use application::write::silent;
use application::{App, Ctx};
use domain::client::{Client, ClientStatus};
use domain::equipment::{Equipment, machine as equipment};
use domain::intervention::{Action, Intervention};
use domain::technician::{Technician, machine as technician};
use domain::{Id, Vocab};
use jiff::Timestamp;

use crate::calendar::{Calendar, When};
use crate::company::{Company, Done};
use crate::data::clients::Who;
use crate::data::people::Tech;
use crate::error::{SeedError, missing};
use crate::story::{Act, By, Story, Turn};
use crate::timeline::{Moment, Timeline, What};

/// Plays all of it; answers how many jobs there are.
pub(crate) async fn play(
    app: &App,
    calendar: &Calendar,
    company: &Company,
    timeline: &Timeline,
) -> Result<usize, SeedError> {
    let stories = &timeline.stories;
    let mut player = Player {
        app,
        calendar,
        company,
        stories,
        jobs: HashMap::new(),
    };
    for moment in &timeline.moments {
        player.moment(moment).await?;
    }
    Ok(player.jobs.len())
}

struct Player<'a> {
    app: &'a App,
    calendar: &'a Calendar,
    company: &'a Company,
    stories: &'a [Story],
    /// By the index of their stories.
    jobs: HashMap<usize, Id<Intervention>>,
}

impl Player<'_> {
    async fn moment(&mut self, moment: &Moment) -> Result<(), SeedError> {
        let ctx = self.context(moment.by, moment.at)?;
        match &moment.what {
            What::Open(at) => {
                let job = self.open(&ctx, self.story(*at)?).await?;
                self.jobs.insert(*at, job);
                Ok(())
            }
            What::Act(at, act) => {
                let job = self.jobs.get(at).copied().ok_or_else(|| missing(at))?;
                self.act(&ctx, job, self.story(*at)?, act).await
            }
            What::Turn(turn) => self.turn(&ctx, turn).await,
        }
    }

    async fn open(&self, ctx: &Ctx, story: &Story) -> Result<Id<Intervention>, SeedError> {
        let named = |name| self.stories.iter().position(|other| other.name == Some(name));
        let followed = story.follows.map(|name| {
            let first = named(name).and_then(|at| self.jobs.get(&at).copied());
            first.ok_or_else(|| missing(name))
        });
        let (equipment, planned_at) = (self.machine(story.equipment)?, self.planned(story.planned)?);
        let (title, description) = (Some(story.title.to_owned()), story.text.to_owned());
        let made = match story.by {
            By::Portal(_) => {
                let (urgent, failure) = (story.urgent, story.stops);
                let cmd = RequestJob {
                    equipment,
                    title,
                    description,
                    urgent,
                    planned_at,
                    failure,
                };
                application::intervention::request(self.app, ctx, cmd, silent()).await
            }
            By::Staff(_) | By::Tech(_) => {
                let cmd = CreateJob {
                    equipment,
                    title,
                    description,
                    kind: story.kind,
                    priority: story.priority,
                    urgent: story.urgent,
                    planned_at,
                    estimated_minutes: story.minutes,
                    follow_up_of: followed.transpose()?,
                    required_skills: Vec::new(),
                    technician: None,
                    failure: story.stops,
                };
                application::intervention::create(self.app, ctx, cmd, silent()).await
            }
        };
        let view = made.done(|| format!("intervention « {} » ({})", story.title, story.equipment))?;
        Ok(view.detail.record.id)
    }

    async fn act(&self, ctx: &Ctx, job: Id<Intervention>, story: &Story, act: &Act) -> Result<(), SeedError> {
        let step = || {
            format!(
                "{act:?} le {} sur « {} » ({})",
                ctx.now, story.title, story.equipment
            )
        };
        let done = match act {
            Act::Prioritise(priority) => {
                let priority = *priority;
                let edit: EditJob = Arc::new(move |seen| {
                    Ok(Intervention {
                        priority,
                        ..seen.detail.record.data.clone()
                    })
                });
                application::intervention::update(self.app, ctx, job, None, edit, silent()).await
            }
            Act::Rate(marks, words) => {
                let words = words.map(str::to_owned);
                application::intervention::rate(self.app, ctx, job, *marks, words, silent()).await
            }
            other => {
                let asked = self.asked(other)?;
                application::intervention::transition(self.app, ctx, job, None, asked, silent()).await
            }
        };
        done.done(step).map(drop)
    }

    /// The transition that an act asks for.
    fn asked(&self, act: &Act) -> Result<Asked, SeedError> {
        let to = |action| Asked::to(Goal::Action(action));
        let say = |word: &str| Some(word.to_owned());
        Ok(match act {
            Act::Assign(tech, planned, word) => Asked {
                technician: Some(self.technician(*tech)?),
                planned_at: self.planned(*planned)?,
                comment: word.map(str::to_owned),
                ..to(Action::Assign)
            },
            Act::Unassign(word) => Asked {
                comment: say(word),
                ..to(Action::Unassign)
            },
            Act::Start => to(Action::Start),
            Act::Hold { why, returned, word } => Asked {
                reason: say(why.code()),
                equipment_returned: *returned,
                comment: say(word),
                ..to(Action::Hold)
            },
            Act::Resume(word) => Asked {
                comment: say(word),
                ..to(Action::Resume)
            },
            Act::Close {
                outcome,
                diagnosis,
                report,
            } => Asked {
                report: say(report),
                outcome: Some(*outcome),
                diagnosis: diagnosis.map(str::to_owned),
                ..to(Action::Close)
            },
            Act::Cancel(why) => Asked {
                reason: say(why),
                ..to(Action::Cancel)
            },
            Act::Archive => to(Action::Archive),
            Act::Prioritise(_) | Act::Rate(..) => {
                return Err(SeedError::Table(format!("{act:?} is no transition")));
            }
        })
    }

    async fn turn(&self, ctx: &Ctx, turn: &Turn) -> Result<(), SeedError> {
        use equipment::Action as E;
        use technician::Action as T;
        let step = || format!("{turn:?} le {}", ctx.now);
        let (machine, person) = match turn {
            Turn::Fail(key, why) => (Some((*key, E::DeclareFailure, *why)), None),
            Turn::Maintain(key, why) => (Some((*key, E::EnterMaintenance, *why)), None),
            Turn::Leave(tech, why) => (None, Some((*tech, T::TakeLeave, *why))),
            Turn::Train(tech, why) => (None, Some((*tech, T::TakeTraining, *why))),
            Turn::Drop(tech, why) => (None, Some((*tech, T::DeclareUnavailable, *why))),
            Turn::Return(tech, why) => (None, Some((*tech, T::BecomeAvailable, *why))),
            Turn::Suspend(who) => {
                let edit: EditClient = Arc::new(|before| {
                    Ok(Client {
                        status: ClientStatus::Suspended,
                        ..before.data.clone()
                    })
                });
                let id = self.client(*who)?;
                let done = application::client::update(self.app, ctx, id, None, edit, silent()).await;
                return done.done(step).map(drop);
            }
        };
        if let Some((key, action, why)) = machine {
            let command = equipment::Command {
                action,
                reason: Some(why.to_owned()),
                cancel_open: false,
            };
            let id = self.machine(key)?;
            let done =
                application::equipment::change_status(self.app, ctx, id, None, command, silent()).await;
            done.done(step)?;
        }
        if let Some((tech, action, why)) = person {
            let command = technician::Command {
                action,
                reason: Some(why.to_owned()),
            };
            let id = self.technician(tech)?;
            let done =
                application::technician::change_availability(self.app, ctx, id, None, command, silent())
                    .await;
            done.done(step)?;
        }
        Ok(())
    }

    fn context(&self, by: By, now: Timestamp) -> Result<Ctx, SeedError> {
        let ctx = self.company.contexts.get(&by).ok_or_else(|| missing(by))?;
        Ok(Ctx { now, ..ctx.clone() })
    }

    fn story(&self, at: usize) -> Result<&Story, SeedError> {
        self.stories.get(at).ok_or_else(|| missing(at))
    }

    fn planned(&self, when: Option<When>) -> Result<Option<Timestamp>, SeedError> {
        when.map(|when| self.calendar.resolve(when)).transpose()
    }

    fn machine(&self, key: &'static str) -> Result<Id<Equipment>, SeedError> {
        self.company
            .machines
            .get(key)
            .copied()
            .ok_or_else(|| missing(key))
    }

    fn technician(&self, tech: Tech) -> Result<Id<Technician>, SeedError> {
        self.company
            .technicians
            .get(&tech)
            .copied()
            .ok_or_else(|| missing(tech))
    }

    fn client(&self, who: Who) -> Result<Id<Client>, SeedError> {
        self.company
            .clients
            .get(&who)
            .copied()
            .ok_or_else(|| missing(who))
    }
}
