//! The types that settings have.

use ipnet::{IpNet, Ipv4Net};
use secrecy::SecretString;

/// A type that a setting can have.
pub trait Value: Sized {
    /// How the documentation names the type.
    const KIND: &'static str;
    /// Whether the text must never be shown.
    const SECRET: bool = false;

    /// Reads the text.
    ///
    /// # Errors
    /// What is wrong, in words that do not repeat a secret.
    fn parse(raw: &str) -> Result<Self, String>;

    /// The value when there is no text and no default; `None` when the setting is mandatory.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Value> Value for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;

    fn parse(raw: &str) -> Result<Self, String> {
        T::parse(raw).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Value for String {
    const KIND: &'static str = "text";
    fn parse(raw: &str) -> Result<Self, String> {
        Ok(raw.trim().to_owned())
    }
}

impl Value for SecretString {
    const KIND: &'static str = "secret";
    const SECRET: bool = true;
    fn parse(raw: &str) -> Result<Self, String> {
        // A secret that was read from a file brings the end of its line.
        Ok(raw.trim_end_matches(['\r', '\n']).into())
    }
}

impl Value for bool {
    const KIND: &'static str = "true or false";
    fn parse(raw: &str) -> Result<Self, String> {
        match raw.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err("neither true nor false".to_owned()),
        }
    }
}

macro_rules! numbers {
    ($($ty:ty),+) => {$(
        impl Value for $ty {
            const KIND: &'static str = "number";
            fn parse(raw: &str) -> Result<Self, String> {
                raw.trim().parse().map_err(|_| format!("not a whole number up to {}", <$ty>::MAX))
            }
        }
    )+};
}
numbers!(u16, u32);

macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal),+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl Value for $name {
            const KIND: &'static str = concat!("one of" $(, " `", $code, "`")+);
            fn parse(raw: &str) -> Result<Self, String> {
                match raw.trim() {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(format!("must be {}", Self::KIND)),
                }
            }
        }
    };
}

choices! {
    /// What the program runs for.
    Environment {
        /// On a developer's machine: demonstration accounts, a throw-away secret.
        Development = "development",
        /// Under automatic tests.
        Test = "test",
        /// For real.
        Production = "production"
    }
}

choices! {
    /// Form of the log lines.
    LogFormat {
        /// One JSON object per line.
        Json = "json",
        /// For people.
        Pretty = "pretty"
    }
}

choices! {
    /// Protection of the connection to the mail server.
    SmtpTls {
        /// Encrypted after STARTTLS, or not at all.
        StartTls = "starttls",
        /// Encrypted from the first byte.
        Tls = "tls",
        /// In clear: a server on this machine.
        Off = "none"
    }
}

/// What is logged: levels, for everything or for named modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(pub Vec<(Option<String>, String)>);

impl Value for LogFilter {
    const KIND: &'static str = "level or filter";
    fn parse(raw: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let (module, level) = match part.split_once('=') {
                Some((module, level)) => (Some(module.trim().to_owned()), level),
                None => (None, part),
            };
            let level = level.trim().to_ascii_lowercase();
            let known = ["off", "error", "warn", "info", "debug", "trace"].contains(&level.as_str());
            let named = |m: &String| {
                !m.is_empty() && m.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))
            };
            if !known || !module.as_ref().is_none_or(named) {
                return Err(format!(
                    "`{part}` is neither a level (off, error, warn, info, debug, trace) nor module=level"
                ));
            }
            Ok((module, level))
        };
        raw.split(',')
            .map(|text| part(text.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// A web origin (`https://host[:port]`), as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(pub String);

impl Value for Origin {
    const KIND: &'static str = "origin";
    fn parse(raw: &str) -> Result<Self, String> {
        let text = raw.trim().trim_end_matches('/').to_ascii_lowercase();
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let fine = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        match host {
            Some(host) if !host.is_empty() && host.chars().all(fine) => Ok(Self(text)),
            _ => Err(format!(
                "`{}` is not an origin such as https://app.example.ma",
                raw.trim()
            )),
        }
    }
}

/// A network of IPv4 that is written as mapped addresses (`::ffff:10.0.0.0/104`), as what it is: addresses
/// are compared in that form.
fn unmapped(net: IpNet) -> IpNet {
    let IpNet::V6(v6) = net else { return net };
    let prefix = v6.prefix_len().checked_sub(96);
    match (v6.addr().to_ipv4_mapped(), prefix) {
        (Some(v4), Some(prefix)) => Ipv4Net::new(v4, prefix).map_or(net, IpNet::V4),
        _ => net,
    }
}

impl Value for IpNet {
    const KIND: &'static str = "address or network";
    fn parse(raw: &str) -> Result<Self, String> {
        let text = raw.trim();
        let single = || text.parse::<std::net::IpAddr>().map(IpNet::from);
        text.parse()
            .or_else(|_| single())
            .map(unmapped)
            .map_err(|_| format!("`{text}` is not an address or network"))
    }
}

/// A list of values, separated by commas.
impl<T: Value> Value for Vec<T> {
    const KIND: &'static str = "list, separated by commas";
    fn parse(raw: &str) -> Result<Self, String> {
        // JSON lists are what the configuration of older installations holds.
        let raw = raw.trim().trim_start_matches('[').trim_end_matches(']');
        raw.split(',')
            .map(|item| item.trim().trim_matches('"'))
            .filter(|item| !item.is_empty())
            .map(T::parse)
            .collect()
    }
}
