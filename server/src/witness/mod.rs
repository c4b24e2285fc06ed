//! Eyes from outside: who has seen this log, and seeing other logs for others (C2SP tlog-witness, RFC 3161).
//!
//! Never reads an event and never stops the chat: an unreachable witness is told about, and no more.

pub mod bring;
pub mod cosigning;
pub mod fetched;
pub mod kept;
pub mod start;
pub mod status;
mod timestamp;
