//! Rules that concern one value's content or several settings together.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};

use crate::{Environment, Settings, Wrong};

/// Fewest bytes of a signing key.
pub const MIN_SECRET: usize = 32;

/// What keys of samples and tutorials hold; chance does not, in forty characters.
const PUBLISHED: &[&str] = &["secret", "change", "example", "password", "insecure", "default"];

/// What others of them begin with.
const PUBLISHED_BEGINNINGS: &[&str] = &["your-", "your_", "dev-", "test-"];

/// What an environment asks for beyond the others is not asked for while it is not `known` which it is.
pub(crate) fn check(settings: &Settings, known: bool, wrong: &mut Vec<Wrong>) {
    let mut say = |name: &'static str, why: &str| {
        wrong.push(Wrong {
            name,
            why: why.to_owned(),
        })
    };
    let environment = settings.environment;
    if known && environment != Environment::Development && settings.jwt_secret_key.is_none() {
        say(
            "JWT_SECRET_KEY",
            "is missing: draw one, for example with `openssl rand -base64 48`",
        );
    }
    let keys = [
        ("JWT_SECRET_KEY", &settings.jwt_secret_key),
        ("JWT_SECRET_KEY_PREVIOUS", &settings.jwt_secret_key_previous),
    ];
    for (name, key) in keys {
        if let Some(why) = key.as_ref().and_then(|key| weakness(key, environment)) {
            say(name, why);
        }
    }
    if let (Some(key), Some(previous)) = (&settings.jwt_secret_key, &settings.jwt_secret_key_previous)
        && key.expose_secret() == previous.expose_secret()
    {
        say("JWT_SECRET_KEY_PREVIOUS", "is the present key");
    }
    for (name, other) in other_secrets(settings) {
        for (key_name, key) in keys {
            if key.as_ref().is_some_and(|key| key.expose_secret() == other) {
                say(key_name, &format!("is also {name}: each secret must be its own"));
            }
        }
    }
    if known && environment == Environment::Production && settings.public_base_url.is_none() {
        say(
            "PUBLIC_BASE_URL",
            "is missing: links in e-mails lead there, such as https://erp.company.ma",
        );
    }
    for (name, url, schemes) in addresses(settings) {
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            say(name, &format!("must begin with {}", schemes.join(" or ")));
        }
    }
    if environment == Environment::Development && !settings.remote_development && !is_own(&settings.host) {
        say(
            "HOST",
            "must be this machine's own address in development, unless REMOTE_DEVELOPMENT allows others",
        );
    }
    let mut range = |name: &'static str, value: u32, min: u32, max: u32| {
        if !(min..=max).contains(&value) {
            say(name, &format!("must be between {min} and {max}"));
        }
    };
    range(
        "ACCESS_TOKEN_EXPIRE_MINUTES",
        settings.access_token_expire_minutes,
        1,
        15,
    );
    range(
        "REFRESH_TOKEN_EXPIRE_DAYS",
        settings.refresh_token_expire_days,
        1,
        30,
    );
    range(
        "BCRYPT_COST",
        settings.bcrypt_cost,
        if environment == Environment::Test { 4 } else { 12 },
        16,
    );
    range("SMTP_RETRY_SECONDS", settings.smtp_retry_seconds, 1, 3600);
    range("DATABASE_POOL_SIZE", settings.database_pool_size, 1, 200);
    range("MAX_CONNECTIONS", settings.max_connections, 1, 1_000_000);
    let cost = settings.database_random_page_cost.parse::<f64>();
    if !cost.is_ok_and(|cost| (1.0..=100.0).contains(&cost)) {
        say("DATABASE_RANDOM_PAGE_COST", "must be a number between 1 and 100");
    }
    let prefix = &settings.api_prefix;
    let fine = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    if prefix.len() < 2 || !prefix.starts_with('/') || prefix.ends_with('/') || !prefix.chars().all(fine) {
        say(
            "API_V1_STR",
            "must begin with a slash and not end with one, such as /api/v1",
        );
    }
    if known && environment == Environment::Production && !settings.cookie_secure {
        say("COOKIE_SECURE", "cannot be turned off in production");
    }
}

/// Addresses of servers, with what they may begin with.
fn addresses(settings: &Settings) -> Vec<(&'static str, &str, &'static [&'static str])> {
    let database: &[_] = &["postgres://", "postgresql://"];
    let mut addresses = vec![("DATABASE_URL", settings.database_url.expose_secret(), database)];
    let others: [(_, _, &[_]); 2] = [
        ("REDIS_URL", &settings.redis_url, &["redis://", "rediss://"]),
        ("SMTP_URL", &settings.smtp_url, &["smtp://", "smtps://"]),
    ];
    addresses.extend(
        others
            .into_iter()
            .filter_map(|(name, url, schemes)| Some((name, url.as_ref()?.expose_secret(), schemes))),
    );
    addresses
}

/// The secrets that are no keys, with their names.
fn other_secrets(settings: &Settings) -> Vec<(&'static str, String)> {
    let password = |url: &SecretString| {
        let (_, rest) = url.expose_secret().split_once("://")?;
        let (user, _) = rest.rsplit_once('@')?;
        Some(user.split_once(':')?.1.to_owned())
    };
    let mut secrets = vec![("DEMO_PASSWORD", settings.demo_password.expose_secret().to_owned())];
    let urls = [
        ("the password in DATABASE_URL", Some(&settings.database_url)),
        ("the password in REDIS_URL", settings.redis_url.as_ref()),
        ("the password in SMTP_URL", settings.smtp_url.as_ref()),
    ];
    secrets.extend(
        urls.into_iter()
            .filter_map(|(name, url)| Some((name, password(url?)?))),
    );
    let smtp = settings.smtp_password.as_ref();
    secrets.extend(smtp.map(|password| ("SMTP_PASSWORD", password.expose_secret().to_owned())));
    secrets
}

/// Whether only this machine reaches the address.
fn is_own(host: &str) -> bool {
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Why a key must not be used; published and repetitive ones are tolerated in development only.
fn weakness(key: &SecretString, environment: Environment) -> Option<&'static str> {
    if environment == Environment::Development {
        return None;
    }
    let key = key.expose_secret();
    let lower = key.to_ascii_lowercase();
    let mut bytes = key.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    if key.len() < MIN_SECRET {
        Some("is shorter than 32 bytes")
    } else if PUBLISHED.iter().any(|p| lower.contains(p))
        || PUBLISHED_BEGINNINGS.iter().any(|p| lower.starts_with(p))
        || bytes.len() < 8
    {
        Some("is a sample or can be guessed")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::{Settings, SettingsError, Source};

    const KEY: &str = "Vt7Yk2pQ9sXw4Lz8Rb3Nc6Mf1Hd5Gj0A";

    fn load(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let mut values = vec![
            ("DATABASE_URL", "postgres://u:p@h/d"),
            ("JWT_SECRET_KEY", KEY),
            ("PUBLIC_BASE_URL", "https://erp.ma"),
        ];
        values.extend(changes);
        Settings::load(&Source::of(values))
    }

    fn wrong(changes: &[(&str, &str)]) -> Vec<&'static str> {
        load(changes).map_or_else(|e| e.0.iter().map(|w| w.name).collect(), |_| Vec::new())
    }

    #[test]
    fn defaults_are_those_of_the_product() {
        let settings = load(&[]).expect("settings");
        assert_eq!((settings.port, settings.api_prefix.as_str()), (8000, "/api/v1"));
        assert!(settings.cors_allow_origins.is_empty() && settings.legacy_routes);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let found = wrong(&[
            ("APP_ENV", "staging"),
            ("PORT", "70000"),
            ("LOG_LEVEL", "ifno"),
            ("CORS_ALLOW_ORIGINS", "https://ok.ma,*"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,nobody"),
            ("DATABASE_URL", "mysql://u:p@h/d"),
            ("REDIS_URL", "localhost:6379"),
            ("JWT_SECRET_KEY", "short"),
            ("ACCESS_TOKEN_EXPIRE_MINUTES", "60"),
            ("BCRYPT_COST", "10"),
            ("API_V1_STR", "api"),
        ]);
        let expected = [
            "APP_ENV",
            "PORT",
            "LOG_LEVEL",
            "CORS_ALLOW_ORIGINS",
            "TRUSTED_PROXIES",
            "JWT_SECRET_KEY",
            "DATABASE_URL",
            "REDIS_URL",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "BCRYPT_COST",
            "API_V1_STR",
        ];
        assert_eq!(found, expected);
        // What cannot be read hides nothing else, and asks for nothing.
        let unreadable = [
            ("PUBLIC_BASE_URL", "erp.company.ma"),
            ("JWT_SECRET_KEY", "short"),
            ("BCRYPT_COST", "4"),
        ];
        assert_eq!(
            wrong(&unreadable),
            ["PUBLIC_BASE_URL", "JWT_SECRET_KEY", "BCRYPT_COST"]
        );
        for name in ["APP_ENV", "ENVIRONMENT"] {
            let values = vec![("DATABASE_URL", "postgres://u:p@h/d"), (name, "dev")];
            let error = Settings::load(&Source::of(values)).expect_err("no environment");
            let names: Vec<_> = error.0.iter().map(|wrong| wrong.name).collect();
            assert_eq!(names, [name]);
        }
        // What cannot be read is said once.
        assert_eq!(wrong(&[("BCRYPT_COST", "twelve")]), ["BCRYPT_COST"]);
    }

    #[test]
    fn what_has_no_default_is_mandatory() {
        let of = |values: &[(&str, &str)]| {
            let error = Settings::load(&Source::of(values.to_vec())).expect_err("not enough");
            error
                .0
                .iter()
                .map(|w| (w.name, w.why.clone()))
                .collect::<Vec<_>>()
        };
        let found = of(&[("APP_ENV", "production")]);
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["DATABASE_URL", "JWT_SECRET_KEY", "PUBLIC_BASE_URL"]);
        assert!(
            found.iter().all(|(_, why)| why.starts_with("is missing")),
            "{found:?}"
        );
        // An empty value is none.
        assert_eq!(
            of(&[
                ("APP_ENV", "test"),
                ("JWT_SECRET_KEY", KEY),
                ("DATABASE_URL", " ")
            ])
            .len(),
            1
        );
    }

    #[test]
    fn a_file_of_settings_that_cannot_be_read_is_said() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut source = Source::default();
        source.add_file(&here.join("absent"));
        assert!(source.wrong.is_empty());
        source.add_file(here);
        assert_eq!(source.wrong.len(), 1, "a directory is no file");
    }

    #[test]
    fn weak_keys_refuse_the_start_outside_of_development() {
        let repeated = "ab".repeat(40);
        let weak = [
            "short",
            "change-me-change-me-change-me-change-me",
            "your-secret-key-that-is-long-enough-0",
            "jwt_secret_key_for_production_1234567890",
            "a-key-to-CHANGE-in-production-0123456789",
            &repeated,
        ];
        for key in weak {
            for environment in ["production", "test"] {
                let found = wrong(&[("APP_ENV", environment), ("JWT_SECRET_KEY", key)]);
                assert_eq!(found, ["JWT_SECRET_KEY"], "{key} in {environment}");
            }
            assert_eq!(
                wrong(&[("APP_ENV", "development"), ("JWT_SECRET_KEY", key)]),
                [""; 0],
                "{key}"
            );
        }
        let none = Source::of([("DATABASE_URL", "postgres://u:p@h/d")]);
        assert!(Settings::load(&none).is_err());
        let development = Source::of([("DATABASE_URL", "postgres://u:p@h/d"), ("APP_ENV", "development")]);
        assert!(Settings::load(&development).is_ok());
    }

    #[test]
    fn development_stays_on_its_machine() {
        let development = |host, remote| {
            wrong(&[
                ("APP_ENV", "development"),
                ("HOST", host),
                ("REMOTE_DEVELOPMENT", remote),
            ])
        };
        for host in ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost"] {
            assert_eq!(development(host, ""), [""; 0], "{host}");
        }
        for host in ["0.0.0.0", "::", "192.168.1.4", "erp.example.ma"] {
            assert_eq!(development(host, "false"), ["HOST"], "{host}");
            assert_eq!(development(host, "true"), [""; 0], "{host}");
        }
        assert_eq!(
            wrong(&[("HOST", "0.0.0.0")]),
            [""; 0],
            "production is there to be reached"
        );
    }

    #[test]
    fn a_key_has_no_end_of_line_and_is_no_other_secret() {
        let file = format!("{KEY}\n");
        let settings = load(&[("JWT_SECRET_KEY", &file)]).expect("settings");
        let key = settings.jwt_secret_key.expect("key");
        assert_eq!(secrecy::ExposeSecret::expose_secret(&key), KEY);
        let url = format!("postgres://u:{KEY}@h/d");
        let mail = format!("smtp://u:{KEY}@h:25");
        for (name, value) in [
            ("DATABASE_URL", url.as_str()),
            ("SMTP_PASSWORD", KEY),
            ("SMTP_URL", &mail),
            ("DEMO_PASSWORD", KEY),
        ] {
            assert_eq!(wrong(&[(name, value)]), ["JWT_SECRET_KEY"], "{name}");
        }
    }

    #[test]
    fn the_mail_server_is_found_in_either_form() {
        let server = |name, value| load(&[(name, value)]).expect("settings").mail_server();
        assert_eq!(server("SMTP_HOST", "mail.ma").as_deref(), Some("mail.ma:587"));
        for (url, expected) in [
            ("smtp://mail.ma", "mail.ma:587"),
            ("smtp://u:p@mail.ma:2525", "mail.ma:2525"),
            ("smtps://mail.ma?tls=required", "mail.ma:465"),
            ("smtps://u:p@[2001:db8::1]:465/", "[2001:db8::1]:465"),
        ] {
            assert_eq!(server("SMTP_URL", url).as_deref(), Some(expected));
        }
        assert_eq!(load(&[]).expect("settings").mail_server(), None);
    }

    #[test]
    fn older_names_are_understood_and_newer_ones_win() {
        let other = "Zt7Yk2pQ9sXw4Lz8Rb3Nc6Mf1Hd5Gj0B";
        let old = Source::of([
            ("APP_ENV", "test"),
            ("DATABASE_URL", "postgres://u:p@h/d"),
            ("SECRET_KEY", other),
        ]);
        assert!(Settings::load(&old).is_ok());
        assert_eq!(
            wrong(&[("SECRET_KEY", "short")]),
            [""; 0],
            "JWT_SECRET_KEY comes first"
        );
        assert_eq!(
            wrong(&[("JWT_SECRET_KEY_PREVIOUS", KEY)]),
            ["JWT_SECRET_KEY_PREVIOUS"]
        );
    }

    #[test]
    fn lists_are_written_with_commas_or_as_json() {
        for text in [
            "https://a.ma,http://b.ma:3000/",
            r#"["https://a.ma", "http://b.ma:3000"]"#,
        ] {
            let settings = load(&[("CORS_ALLOW_ORIGINS", text)]).expect("settings");
            let origins: Vec<_> = settings.cors_allow_origins.iter().map(|o| o.0.as_str()).collect();
            assert_eq!(origins, ["https://a.ma", "http://b.ma:3000"]);
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = load(&[
            ("SMTP_PASSWORD", "hunter-canary"),
            ("DEMO_PASSWORD", "demo-canary"),
        ])
        .expect("settings");
        let shown = format!("{settings:?}");
        for secret in [KEY, "hunter-canary", "demo-canary", "u:p@h"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        let error = load(&[("JWT_SECRET_KEY", "tiny-canary")]).expect_err("weak");
        assert!(!format!("{error} {error:?}").contains("tiny-canary"));
    }
}
