//! Rules for the data of clients, their sites and contacts.

use super::{Client, Contact, Site};
use crate::text::{FieldIssue, IssueCode, Issues, Lengths, MAX_EMAIL, MAX_PHONE};

/// Digits of an ICE, the common identifier of Moroccan companies.
const ICE: usize = 15;

/// The texts of a client.
pub const TEXTS: Lengths = &[
    ("nom_entreprise", 1, 255),
    ("secteur_activite", 0, 100),
    ("adresse", 0, 500),
    ("ville", 0, 100),
    ("telephone", 0, MAX_PHONE),
    ("email", 0, MAX_EMAIL),
    ("contact_principal", 0, 255),
    ("ice", 0, ICE),
    ("identifiant_fiscal", 0, 50),
];

/// The texts of a site.
pub const SITE_TEXTS: Lengths = &[
    ("nom", 1, 255),
    ("adresse", 0, 500),
    ("ville", 0, 100),
    ("zone", 0, 100),
];

/// The texts of a contact.
pub const CONTACT_TEXTS: Lengths = &[
    ("nom", 1, 255),
    ("fonction", 0, 100),
    ("email", 0, MAX_EMAIL),
    ("telephone", 0, MAX_PHONE),
];

/// Whether the data of a client are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(client: &Client) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("nom_entreprise", Some(client.name.as_str())),
        ("secteur_activite", client.sector.as_deref()),
        ("adresse", client.address.as_deref()),
        ("ville", client.city.as_deref()),
        ("contact_principal", client.main_contact.as_deref()),
        ("identifiant_fiscal", client.tax_id.as_deref()),
    ];
    issues.lengths(TEXTS, texts);
    issues.phone("telephone", client.phone.as_deref());
    if let Some(email) = &client.email {
        issues.email("email", email);
    }
    if let Some(ice) = &client.ice
        && (ice.len() != ICE || !ice.bytes().all(|b| b.is_ascii_digit()))
    {
        issues.0.push(FieldIssue::expecting(
            "ice",
            IssueCode::InvalidFormat,
            format!("{ICE} chiffres"),
        ));
    }
    issues.into_result()
}

/// Whether the data of a site are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate_site(site: &Site) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("nom", Some(site.name.as_str())),
        ("adresse", site.address.as_deref()),
        ("ville", site.city.as_deref()),
        ("zone", site.zone.as_deref()),
    ];
    issues.lengths(SITE_TEXTS, texts);
    for (field, degrees, most) in [
        ("latitude", site.latitude, 90.0),
        ("longitude", site.longitude, 180.0),
    ] {
        if degrees.is_some_and(|d| !(-most..=most).contains(&d)) {
            issues.0.push(FieldIssue::expecting(
                field,
                IssueCode::OutOfRange,
                format!("±{most}"),
            ));
        }
    }
    // Half a position is none.
    issues.when(
        site.latitude.is_some() && site.longitude.is_none(),
        "longitude",
        IssueCode::Required,
    );
    issues.when(
        site.longitude.is_some() && site.latitude.is_none(),
        "latitude",
        IssueCode::Required,
    );
    issues.into_result()
}

/// Whether the data of a contact are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate_contact(contact: &Contact) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let texts = [
        ("nom", Some(contact.name.as_str())),
        ("fonction", contact.function.as_deref()),
    ];
    issues.lengths(CONTACT_TEXTS, texts);
    if let Some(email) = &contact.email {
        issues.email("email", email);
    }
    issues.phone("telephone", contact.phone.as_deref());
    issues.into_result()
}

/// Of what a client changed in the own record, the fields that are not contact data.
///
/// A client keeps the own contact data up to date; everything commercial is the company's.
pub fn beyond_contact_data(before: &Client, after: &Client) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut differs = |changed: bool, field| {
        if changed {
            fields.push(field);
        }
    };
    differs(before.user != after.user, "user_id");
    differs(before.name != after.name, "nom_entreprise");
    differs(before.sector != after.sector, "secteur_activite");
    differs(before.kind != after.kind, "type_client");
    differs(before.service_level != after.service_level, "niveau_service");
    differs(before.status != after.status, "statut_client");
    differs(before.ice != after.ice, "ice");
    differs(before.tax_id != after.tax_id, "identifiant_fiscal");
    differs(before.since != after.since, "date_creation");
    fields
}
