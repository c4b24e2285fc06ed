//! Daylight: team chat whose record proves itself. The map of the crate, in reading order.
//!
//! 1. `http`      the edge: bytes to types, and who is asking. Only here: axum, tungstenite, rustls.
//! 2. `sequencer` the one door: authorise, decide, append, apply, answer, fan out.
//! 3. `chat`      the rules. Pure.
//! 4. `views`     the only way to read: `views.seen_by(person)`.
//! 5. `fanout`    who hears what.
//!
//! `identity`, `files`, `retention`, `export` and `import` are callers of the door with no privileges
//! of their own. `clock` and `config` are inputs.

pub mod chat;
pub mod clock;
pub mod config;
pub mod export;
pub mod fanout;
pub mod files;
pub mod http;
pub mod identity;
pub mod import;
pub mod open;
pub mod retention;
pub mod sequencer;
pub mod views;

pub use http::{App, Running, serve};
