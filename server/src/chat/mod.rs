//! The chat rules. Pure: no I/O, no clock, no async; what they need is handed in.
//!
//! Reading order: command -> authorise -> decide -> event -> state. A refusal is an expected answer.

pub mod authorise;
pub mod command;
pub mod decide;
pub mod event;
pub mod refusal;
pub mod state;

pub use authorise::{Actor, Authorised, authorise};
pub use command::{Command, Door, Role};
pub use decide::{Ack, Decision, Draft, Facts, decide};
pub use event::{Act, Content, Event, Hash, Header};
pub use refusal::Refusal;
pub use state::State;
