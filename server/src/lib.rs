//! Daylight: team chat whose record proves itself. The map of the crate, in reading order.
//!
//! 1. `http`      the edge: bytes to types, and who is asking. Only here: axum, tungstenite, rustls.
//! 2. `sequencer` the one door: authorise, decide, append, apply, answer, fan out.
//! 3. `chat`      the rules. Pure.
//! 4. `views`     the only way to read: `views.seen_by(person)`.
//! 5. `fanout`    who hears what.
//!
//! `access` writes what a person may have of her own. `backup` copies what is kept elsewhere and back; `control` and `doctor` serve whoever runs the machine.
//! `kept` are small files of our own. `drafts` is memory alone. `metrics` counts, `telemetry` times; `room` is what the data disk has left.
//! `identity`, `files`, `retention`, `due`, `sessions`, `export`, `import` and `push` are callers of the door with no privileges
//! of their own. `signin` asks the company who somebody is. `witness` lets strangers check the log. `clock` and `config` are inputs.

pub mod access;
pub mod archive;
pub mod backup;
pub mod chat;
pub mod clock;
pub mod config;
pub mod control;
pub mod destruction;
pub mod doctor;
pub mod drafts;
pub mod due;
pub mod export;
pub mod fanout;
pub mod files;
pub mod http;
pub mod identity;
pub mod import;
pub mod kept;
pub mod metrics;
pub mod open;
pub mod previews;
pub mod push;
pub mod retention;
pub mod room;
pub mod running;
pub mod sequencer;
pub mod sessions;
pub mod signin;
pub mod telemetry;
pub mod verified;
pub mod views;
pub mod witness;

pub use http::{App, Running, serve};
