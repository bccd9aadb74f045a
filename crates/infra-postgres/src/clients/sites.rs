//! Sites inside a unit of work.

use domain::client::Site;

use super::row::SiteData;
use crate::crud::crud;

crud!(sites, SiteData, Site);

pub(super) use self::crud::{delete, insert, lock, update};
