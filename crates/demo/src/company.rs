//! The company and its clients, as they stand when the story begins.

use std::collections::HashMap;

use application::equipment::CreateEquipment;
use application::technician::{Account, CreateTechnician, TechnicianProfile};
use application::write::silent;
use application::{App, AppError, Ctx, Written};
use domain::client::{Client, Contact, Site};
use domain::equipment::Equipment;
use domain::policy::Role;
use domain::skill::{HeldSkill, RequiredSkill, Skill, SkillLevel};
use domain::team::Team;
use domain::technician::Technician;
use domain::user::User;
use domain::{Id, Record};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::accounts::{self, account};
use crate::calendar::Calendar;
use crate::data::clients::{self, CLIENTS, Who};
use crate::data::equipment;
use crate::data::people::{self, ADMIN, MANAGER, NORTH_MANAGER, SKILLS, Staff, TEAMS, TECHNICIANS, Tech};
use crate::error::{During, SeedError, missing};
use crate::story::By;

/// What has been made, by the names of the tables.
#[derive(Default)]
pub(crate) struct Company {
    pub(crate) contexts: HashMap<By, Ctx>,
    pub(crate) technicians: HashMap<Tech, Id<Technician>>,
    pub(crate) clients: HashMap<Who, Id<Client>>,
    pub(crate) machines: HashMap<&'static str, Id<Equipment>>,
    staff: HashMap<Staff, Id<User>>,
    skills: HashMap<people::Skill, Id<Skill>>,
    sites: HashMap<(Who, usize), Id<Site>>,
}

/// Makes everything; `app` hashes no password.
pub(crate) async fn found(
    app: &App,
    calendar: &Calendar,
    first_due: &HashMap<&'static str, Date>,
) -> Result<Company, SeedError> {
    let now = calendar.on(calendar.date(-200)?, 9, 0)?;
    let origin = accounts::origin(None);
    let admin = application::user::create_first_admin(app, &origin, account(ADMIN, Role::Admin)).await;
    let admin = admin.during(|| format!("compte {}", ADMIN.email))?;
    let ctx = accounts::context(app, admin.id, now).await?;
    let mut company = Company::default();
    company.staff.insert(Staff::Admin, admin.id);
    let mut founder = Founder {
        app,
        calendar,
        ctx,
        company,
    };
    founder.staff().await?;
    founder.skills().await?;
    let users = founder.technicians().await?;
    let portals = founder.clients().await?;
    founder.machines(first_due).await?;
    let mut company = founder.company;
    // Rights are read when everything is linked: teams led, portal accounts, profiles.
    let staff = company.staff.iter().map(|(staff, id)| (By::Staff(*staff), *id));
    for (by, user) in staff.chain(users).chain(portals).collect::<Vec<_>>() {
        company
            .contexts
            .insert(by, accounts::context(app, user, now).await?);
    }
    Ok(company)
}

struct Founder<'a> {
    app: &'a App,
    calendar: &'a Calendar,
    /// The administrator's.
    ctx: Ctx,
    company: Company,
}

/// The value of a write that was done now.
pub(crate) trait Done<V> {
    fn done(self, step: impl FnOnce() -> String) -> Result<V, SeedError>;
}

impl<V> Done<V> for Result<Written<V>, AppError> {
    fn done(self, step: impl FnOnce() -> String) -> Result<V, SeedError> {
        self.and_then(Written::into_value).during(step)
    }
}

impl Founder<'_> {
    async fn user(&self, person: people::Person, role: Role) -> Result<Id<User>, SeedError> {
        let made = application::user::create(self.app, &self.ctx, account(person, role), silent()).await;
        Ok(made.done(|| format!("compte {}", person.email))?.id)
    }

    async fn staff(&mut self) -> Result<(), SeedError> {
        for (staff, person) in [(Staff::Manager, MANAGER), (Staff::NorthManager, NORTH_MANAGER)] {
            let id = self.user(person, Role::Manager).await?;
            self.company.staff.insert(staff, id);
        }
        Ok(())
    }

    async fn skills(&mut self) -> Result<(), SeedError> {
        for (skill, name, domain, certified) in SKILLS {
            let new = Skill {
                name: (*name).to_owned(),
                domain: Some((*domain).to_owned()),
                certification_required: *certified,
            };
            let made = application::skill::create(self.app, &self.ctx, new, silent()).await;
            let made: Record<Skill> = made.done(|| format!("compétence {name}"))?;
            self.company.skills.insert(*skill, made.id);
        }
        Ok(())
    }

    async fn technicians(&mut self) -> Result<Vec<(By, Id<User>)>, SeedError> {
        let mut teams = Vec::new();
        for (team, name, lead) in TEAMS {
            let lead = self.company.staff.get(lead).copied();
            let new = Team {
                name: (*name).to_owned(),
                lead,
            };
            let made = application::team::create(self.app, &self.ctx, new, silent()).await;
            teams.push((*team, made.done(|| format!("équipe {name}"))?.id));
        }
        let mut users = Vec::new();
        for row in TECHNICIANS {
            let mut skills = Vec::new();
            for (skill, level, valid) in row.skills {
                let valid_until = valid.map(|days| self.calendar.date(days)).transpose()?;
                skills.push(HeldSkill {
                    skill: self.skill(*skill)?,
                    level: *level,
                    valid_until,
                });
            }
            let profile = TechnicianProfile {
                specialty: Some(row.specialty.to_owned()),
                team: teams
                    .iter()
                    .find(|(team, _)| *team == row.team)
                    .map(|(_, id)| *id),
                zone: Some(row.zone.to_owned()),
                hired_on: Some(row.hired_on),
                hourly_rate: Some(Decimal::from(row.rate)),
                phone: Some(row.phone.to_owned()),
                skills,
            };
            let new = Account::New(Box::new(account(row.person, Role::Technician)));
            let cmd = CreateTechnician {
                account: new,
                profile,
            };
            let made = application::technician::create(self.app, &self.ctx, cmd, silent()).await;
            let record = made
                .done(|| format!("technicien {}", row.person.full_name))?
                .detail
                .record;
            self.company.technicians.insert(row.tech, record.id);
            users.push((By::Tech(row.tech), record.user));
        }
        Ok(users)
    }

    async fn clients(&mut self) -> Result<Vec<(By, Id<User>)>, SeedError> {
        let mut users = Vec::new();
        for row in CLIENTS {
            let user = match row.portal {
                Some(person) => Some(self.user(person, Role::Client).await?),
                None => None,
            };
            users.extend(user.map(|user| (By::Portal(row.who), user)));
            let made = application::client::create(self.app, &self.ctx, client(row, user), silent()).await;
            let id = made.done(|| format!("client {}", row.name))?.id;
            self.company.clients.insert(row.who, id);
            for (at, site) in row.sites.iter().enumerate() {
                let new = Site {
                    client: id,
                    name: site.name.to_owned(),
                    address: Some(site.address.to_owned()),
                    city: Some(site.city.to_owned()),
                    zone: Some(site.zone.to_owned()),
                    latitude: Some(site.at.0),
                    longitude: Some(site.at.1),
                };
                let made = application::client::create_site(self.app, &self.ctx, new, silent()).await;
                let site = made.done(|| format!("site {} de {}", site.name, row.name))?.id;
                self.company.sites.insert((row.who, at), site);
            }
            for (at, contact) in row.contacts.iter().enumerate() {
                let new = Contact {
                    client: id,
                    name: contact.name.to_owned(),
                    function: Some(contact.function.to_owned()),
                    email: Some(contact.email.to_owned()),
                    phone: Some(contact.phone.to_owned()),
                    principal: at == 0,
                };
                let made = application::client::create_contact(self.app, &self.ctx, new, silent()).await;
                made.done(|| format!("contact {} de {}", contact.name, row.name))?;
            }
        }
        Ok(users)
    }

    async fn machines(&mut self, first_due: &HashMap<&'static str, Date>) -> Result<(), SeedError> {
        for row in equipment::all() {
            let parent = row.parent.map(|key| {
                self.company
                    .machines
                    .get(key)
                    .copied()
                    .ok_or_else(|| missing(key))
            });
            let client = self.company.clients.get(&row.owner).copied();
            let new = CreateEquipment {
                client: client.ok_or_else(|| missing(row.owner))?,
                site: self.company.sites.get(&(row.owner, row.site)).copied(),
                parent: parent.transpose()?,
                name: row.name.to_owned(),
                model: Some(row.model.to_owned()),
                brand: None,
                serial_number: row.serial.to_owned(),
                kind: row.family.kind().to_owned(),
                criticality: row.criticality,
                location: Some(row.location.to_owned()),
                installed_on: Some(row.installed_on),
                next_maintenance: first_due.get(row.key).copied(),
                maintenance_every_days: row.visits.map(|(every, _)| every),
                meter_unit: row.hours.map(|_| "h".to_owned()),
                meter_value: row.hours.map(Decimal::from),
                replacement_value: Some(Decimal::from(row.value * 1000)),
                notes: None,
                required_skills: self.required(row.needs)?,
            };
            let made = application::equipment::create(self.app, &self.ctx, new, silent()).await;
            let detail = made.done(|| format!("équipement {}", row.name))?;
            self.company.machines.insert(row.key, detail.record.id);
        }
        Ok(())
    }

    fn skill(&self, skill: people::Skill) -> Result<Id<Skill>, SeedError> {
        self.company
            .skills
            .get(&skill)
            .copied()
            .ok_or_else(|| missing(skill))
    }

    fn required(&self, needs: &[(people::Skill, SkillLevel)]) -> Result<Vec<RequiredSkill>, SeedError> {
        let required = |(skill, min_level): &(people::Skill, SkillLevel)| {
            Ok(RequiredSkill {
                skill: self.skill(*skill)?,
                min_level: *min_level,
            })
        };
        needs.iter().map(required).collect()
    }
}

fn client(row: &clients::Client, user: Option<Id<User>>) -> Client {
    Client {
        user,
        name: row.name.to_owned(),
        sector: Some(row.sector.to_owned()),
        address: Some(row.address.to_owned()),
        city: Some(row.city.to_owned()),
        phone: Some(row.phone.to_owned()),
        email: Some(row.email.to_owned()),
        main_contact: row.contacts.first().map(|contact| contact.name.to_owned()),
        kind: row.kind,
        service_level: row.level,
        status: row.status,
        ice: row.ice.map(str::to_owned),
        tax_id: row.tax_id.map(str::to_owned),
        since: row.since,
    }
}
