//! Who sends a request: access tokens, sessions, cookies.

pub mod cookie;
pub mod keys;
pub mod sessions;
pub mod token;

pub use keys::Keys;
pub use sessions::SessionBook;
pub use token::Tokens;
