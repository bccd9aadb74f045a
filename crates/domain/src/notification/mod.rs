//! Notifications: one row per recipient and channel.

use jiff::Timestamp;

use crate::Id;
use crate::equipment::Equipment;
use crate::event::EventId;
use crate::intervention::Intervention;
use crate::technician::Technician;
use crate::user::User;
use crate::vocab::vocab;

pub mod facts;
pub mod notice;
pub mod routes;
pub mod store;

pub use facts::{EquipmentFacts, JobFacts, TechnicianFacts};
pub use notice::Notice;
pub use routes::{Addressee, Circumstances, addressees};
#[cfg(feature = "mocks")]
pub use store::MockNotificationStore;
pub use store::{Inserted, NotificationStore, Outgoing};

vocab! {
    /// What it is about.
    NotificationKind {
        /// A job was assigned.
        Assignment = "affectation",
        /// A job was closed or cancelled.
        Closing = "cloture",
        /// Something is coming up, or needs attention.
        Reminder = "rappel",
        /// Something is late.
        Late = "retard",
        /// An equipment failed.
        Failure = "panne",
        /// A technician is away.
        Availability = "disponibilite",
        /// A contract.
        Contract = "contrat",
        /// Stock.
        Stock = "stock",
    }
}
vocab! {
    /// How it goes out.
    Channel {
        /// E-mail.
        Email = "email",
        /// A line in the log; always works.
        Log = "log",
        /// Text message.
        Sms = "sms",
        /// Shown in the inbox.
        Push = "push",
    }
}
vocab! {
    /// How far delivery is.
    DeliveryStatus {
        /// Not yet tried, or a try is under way.
        Pending = "en_attente",
        /// Accepted by the other side.
        Sent = "envoyee",
        /// The last try failed; another follows.
        Failed = "echec",
        /// Given up.
        Abandoned = "abandonnee",
    }
}

/// The object that a notification leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A job.
    Intervention(Id<Intervention>),
    /// An equipment.
    Equipment(Id<Equipment>),
    /// A technician.
    Technician(Id<Technician>),
}

/// A notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Recipient.
    pub user: Id<User>,
    /// The event that it tells of; `None` once retention has removed that.
    pub event: Option<EventId>,
    /// The object that it leads to.
    pub about: Option<About>,
    /// What it is about.
    pub kind: NotificationKind,
    /// How it goes out.
    pub channel: Channel,
    /// Subject, French.
    pub subject: String,
    /// Text, French, plain.
    pub body: String,
    /// How far delivery is.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: i32,
    /// When the other side accepted it.
    pub sent_at: Option<Timestamp>,
}

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 255;
/// Longest text, in characters.
pub const MAX_BODY: usize = 10_000;

/// A person who may be told of something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipient {
    /// Account.
    pub user: Id<User>,
    /// Name.
    pub full_name: String,
}

/// Who is concerned by an object; active accounts only.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Concerned {
    /// The assigned technician.
    pub technician: Option<Recipient>,
    /// The technician who had the job before the event.
    pub previous: Option<Recipient>,
    /// Lead of the technician's team.
    pub team_lead: Option<Recipient>,
    /// Portal accounts of the client.
    pub clients: Vec<Recipient>,
    /// The requester, when it is a portal account of the client.
    pub requester: Option<Recipient>,
    /// All active managers.
    pub managers: Vec<Recipient>,
    /// All active admins.
    pub admins: Vec<Recipient>,
}

impl Concerned {
    /// The team's lead; without one every active manager; without any the admins.
    pub fn leads(&self) -> Vec<Recipient> {
        match &self.team_lead {
            Some(lead) => vec![lead.clone()],
            None if !self.managers.is_empty() => self.managers.clone(),
            None => self.admins.clone(),
        }
    }
}
