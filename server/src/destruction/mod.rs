//! Certificates of destruction: what the log says of each plan that was carried out, for whoever may read the ledger.
//!
//! Made of the log alone, never of what the server remembers. Never destroys, and never decides what is destroyed.

mod facts;
mod find;
mod pack;
mod page;
mod verify;

use std::collections::BTreeMap;

use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use facts::Facts;
pub use find::{Found, RUNS_MAX};
pub use pack::packed;
pub use verify::{is_certificate, verify_certificate};

use crate::chat::command::Role;

pub const FORMAT: &str = "daylight/destruction/v1";

/// One destruction as its certificate tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    pub format: String,
    /// For whom it was made: an administrator's does not tell what is held.
    #[schema(value_type = String)]
    pub made_for: Role,
    pub facts: Facts,
    pub names: Names,
    /// The events that it is made of, in the log's order.
    pub evidence: Vec<Evidence>,
    /// Who signs the log: the key that the proofs are checked with.
    pub log_key: String,
}

/// What ids are called, as whoever it was made for may know it: the server's word of that day, proved by nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Names {
    pub workspace: String,
    #[schema(value_type = BTreeMap<String, String>)]
    pub channels: BTreeMap<Id, String>,
    #[schema(value_type = BTreeMap<String, String>)]
    pub people: BTreeMap<Id, String>,
    #[schema(value_type = BTreeMap<String, String>)]
    pub matters: BTreeMap<Id, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    pub position: Position,
    pub at: u64,
    pub act: String,
    /// RFC 6962 leaf hash, in base64url as the ledger shows it.
    pub leaf: String,
}
