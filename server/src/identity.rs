//! People, devices and how they come in: secrets, throttling, links.
//!
//! Never decides what anyone may do: that is `chat::authorise`.

pub mod challenges;
pub mod links;
pub mod passkey;
pub mod secret;
pub mod throttle;
pub mod tickets;
