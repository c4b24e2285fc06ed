//! Names of a file and the people here: who is suggested, and what an owner chose.

use std::collections::HashMap;

use migrations_free_store::Id;

use super::compare::{Who, folded};
use super::whatsapp::{Sender, SenderKind};
use crate::chat::command::NAME_CHARS_MAX;
use crate::chat::{Refusal, State};

/// What tells an imported person's name from a name somebody gave themselves.
const IMPORTED: &str = " (imported)";

/// What an owner decides about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Person(Id),
    New,
    NameOnly,
}

/// Reads the choices; names that are not in the file, and people nobody knows, are refused.
pub fn choices(
    raw: &HashMap<String, String>,
    names: &[super::job::Sender],
    state: &State,
    asker: Id,
) -> Result<HashMap<String, Choice>, Refusal> {
    let mut choices = HashMap::new();
    for (name, choice) in raw {
        if !names.iter().any(|sender| sender.name == *name) {
            return Err(Refusal::invalid(
                "A name is matched that does not stand in the file.",
            ));
        }
        let choice = match choice.as_str() {
            "new" => Choice::New,
            "none" => Choice::NameOnly,
            id => {
                let person = id.parse::<Id>().map_err(|_| {
                    Refusal::BadRequest("A name is matched to a person, new or none.".into())
                })?;
                if !state.people.contains_key(&person) || !state.may_know(asker, person) {
                    return Err(Refusal::invalid(
                        "A name is matched to somebody who is not here.",
                    ));
                }
                Choice::Person(person)
            }
        };
        choices.insert(name.clone(), choice);
    }
    Ok(choices)
}

/// The name an imported person gets.
pub fn imported_name(name: &str) -> String {
    let kept: String = name
        .strip_prefix("~ ")
        .unwrap_or(name)
        .chars()
        .take(NAME_CHARS_MAX - IMPORTED.len())
        .collect();
    format!("{kept}{IMPORTED}")
}

/// People by their folded names, as one owner may know them.
pub struct Directory {
    by_name: HashMap<String, Vec<(Id, bool)>>,
}

impl Directory {
    pub fn of(state: &State, channel: Id, asker: Id) -> Directory {
        let members = state.channels.get(&channel).map(|c| &c.members);
        let mut by_name: HashMap<String, Vec<(Id, bool)>> = HashMap::new();
        for (id, person) in &state.people {
            if !(person.active || person.imported) || !state.may_know(asker, *id) {
                continue;
            }
            let name = person.name.strip_suffix(IMPORTED).unwrap_or(&person.name);
            let inside = members.is_some_and(|m| m.contains_key(id));
            by_name.entry(folded(name)).or_default().push((*id, inside));
        }
        Directory { by_name }
    }

    /// Whom earlier copies say, else the only one of that name, those in the channel first.
    pub fn suggest(&self, sender: &Sender, earlier: &HashMap<String, Who>) -> Option<Id> {
        if let Some(Who::Person(person)) = earlier.get(&sender.name) {
            return Some(*person);
        }
        if matches!(sender.kind, SenderKind::Phone { .. }) {
            return None;
        }
        let found = self.by_name.get(&folded(&sender.name))?;
        let mut inside = found.iter().filter(|(_, inside)| *inside);
        match (inside.next(), inside.next(), found.as_slice()) {
            (Some((id, _)), None, _) | (None, None, [(id, _)]) => Some(*id),
            _ => None,
        }
    }
}
