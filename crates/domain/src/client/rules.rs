//! Rules for the data of clients, their sites and contacts.

use super::{Client, Contact, Site};
use crate::text::{FieldIssue, IssueCode, Issues};

/// Whether the data of a client are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate(client: &Client) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.length("nom_entreprise", &client.name, 1, 255);
    issues.optional_length("secteur_activite", client.sector.as_deref(), 100);
    issues.optional_length("adresse", client.address.as_deref(), 500);
    issues.optional_length("ville", client.city.as_deref(), 100);
    issues.phone("telephone", client.phone.as_deref());
    if let Some(email) = &client.email {
        issues.email("email", email);
    }
    issues.optional_length("contact_principal", client.main_contact.as_deref(), 255);
    if let Some(ice) = &client.ice
        && (ice.len() != 15 || !ice.bytes().all(|b| b.is_ascii_digit()))
    {
        issues.0.push(FieldIssue::expecting(
            "ice",
            IssueCode::InvalidFormat,
            "15 chiffres",
        ));
    }
    issues.optional_length("identifiant_fiscal", client.tax_id.as_deref(), 50);
    issues.into_result()
}

/// Whether the data of a site are right.
///
/// # Errors
/// What is wrong, by wire name.
pub fn validate_site(site: &Site) -> Result<(), Issues> {
    let mut issues = Issues::default();
    issues.length("nom", &site.name, 1, 255);
    issues.optional_length("adresse", site.address.as_deref(), 500);
    issues.optional_length("ville", site.city.as_deref(), 100);
    issues.optional_length("zone", site.zone.as_deref(), 100);
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
    issues.length("nom", &contact.name, 1, 255);
    issues.optional_length("fonction", contact.function.as_deref(), 100);
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
