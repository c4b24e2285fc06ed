//! People, devices and how they come in: secrets, throttling, links.
//!
//! Never decides what anyone may do: that is `chat::authorise`.

pub mod links;
pub mod secret;
pub mod throttle;
