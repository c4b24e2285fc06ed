//! A poll as a reader tells it. Never who voted for what: the lines have that.

use std::collections::BTreeMap;

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Poll {
    pub options: Vec<String>,
    pub many: bool,
    pub closed: bool,
    pub votes: BTreeMap<Id, Vec<u8>>,
}

impl Poll {
    pub fn words(&self) -> String {
        use std::fmt::Write as _;
        let kind = if self.many { "several" } else { "one" };
        let state = if self.closed { "closed" } else { "open" };
        let mut words = format!("\n\n[Poll, {kind} to choose, {state}]");
        for (n, option) in self.options.iter().enumerate() {
            let chose = |votes: &&Vec<u8>| votes.iter().any(|vote| usize::from(*vote) == n);
            let count = self.votes.values().filter(chose).count();
            let _infallible = write!(words, "\n{}. {option} ({count})", n + 1);
        }
        words
    }
}
