//! Values on the wire.

use api_actix::wire::{Amount, Day, Field, Instant, Set, Wire};
use domain::policy::{Permission, Role};
use domain::user::Locale;
use serde_json::json;
use utoipa::{PartialSchema, ToSchema};

#[test]
fn codes_are_those_of_the_vocabulary() {
    assert_eq!(
        serde_json::to_value(Wire(Role::Manager)).expect("JSON"),
        json!("responsable")
    );
    assert_eq!(
        serde_json::from_value::<Wire<Role>>(json!("client"))
            .expect("role")
            .0,
        Role::Client
    );
    assert!(serde_json::from_value::<Wire<Role>>(json!("Client")).is_err());
    let schema = serde_json::to_value(Wire::<Locale>::schema()).expect("JSON");
    assert_eq!(schema["enum"], json!(["fr", "en", "ar"]));
    assert_eq!(Wire::<Role>::name(), "Role");
    assert_eq!(Wire::<Permission>::name(), "Permission");
    assert_eq!(Wire::<Locale>::name(), "UserLocale");
    assert_eq!(Wire::<domain::intervention::Status>::name(), "InterventionStatus");
}

#[test]
fn instants_days_and_amounts() {
    let instant: Instant = serde_json::from_value(json!("2026-01-27T11:00:00+01:00")).expect("instant");
    assert_eq!(
        serde_json::to_value(instant).expect("JSON"),
        json!("2026-01-27T10:00:00Z")
    );
    let day: Day = serde_json::from_value(json!("2026-01-27")).expect("day");
    assert_eq!(serde_json::to_value(day).expect("JSON"), json!("2026-01-27"));
    let amount: Amount = serde_json::from_value(json!("1250.00")).expect("amount");
    assert_eq!(serde_json::to_value(amount).expect("JSON"), json!("1250.00"));
    let amount: Amount = serde_json::from_value(json!(0.1)).expect("amount");
    assert_eq!(serde_json::to_value(amount).expect("JSON"), json!("0.1"));
}

#[test]
fn fields_are_applied() {
    let mut name = "a".to_owned();
    Set::<String>::Absent.apply(&mut name);
    assert_eq!(name, "a");
    Set::Value("b".to_owned()).apply(&mut name);
    assert_eq!(name, "b");
    let mut city = Some("a".to_owned());
    Field::<String>::Absent.apply(&mut city);
    assert_eq!(city.as_deref(), Some("a"));
    Field::<String>::Null.apply(&mut city);
    assert_eq!(city, None);
    Field::Value("b".to_owned()).apply(&mut city);
    assert_eq!(city.as_deref(), Some("b"));
}
