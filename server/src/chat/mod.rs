//! The chat rules. Pure: no I/O, no clock, no async; what they need is handed in.
//!
//! Reading order: command -> authorise -> decide -> event -> state. A refusal is an expected answer. `fate` says what
//! is kept when something is to be forgotten.

pub mod account;
pub mod archive;
pub mod asks;
pub mod authorise;
pub mod command;
pub mod content;
pub mod decide;
pub mod directory;
pub mod event;
pub mod fate;
pub mod grant;
pub mod hash;
pub mod preview;
pub mod proposal;
pub mod quiet;
pub mod refusal;
pub mod schedule;
pub mod second;
pub mod state;
pub mod subject;
pub mod supervision;
pub mod tag;
pub mod taken;

pub use authorise::{Actor, Authorised, Sight, authorise};
pub use command::{Command, Door, ExportFormat, Role};
pub use decide::{Ack, Decision, Draft, Facts, decide};
pub use event::{Act, Content, Event, Hash, Header};
pub use refusal::Refusal;
pub use state::State;
