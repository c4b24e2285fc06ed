//! A provable, forgettable, append-only event log, with views that are rebuilt and never migrated.
//! It knows nothing of chat, holds no policy, and opens no socket.

mod error;
mod id;
mod record;
mod scope;
mod surface;
pub mod verify;

pub use error::Error;
pub use id::{BadId, Id};
pub use record::{Commitment, NewRecord, Part, Pushed, Record};
pub use scope::{BadScope, Scope};
pub use surface::*;

/// The index of an event in the log, from 0.
pub type Position = u64;
