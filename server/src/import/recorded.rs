//! Imports as the log tells them, for the members of a channel.
//!
//! Never tells of a preview or a run: those are their owner's.

use migrations_free_store::Id;

use super::job::{Fault, ImportJob, JobState, Outcome};
use crate::chat::Refusal;
use crate::chat::event::Event;
use crate::chat::state::Import;
use crate::export::line::hex;
use crate::views::{Views, unavailable};

/// Imports listed of one channel.
const LISTED_MAX: usize = 200;

/// One import, with the lines that could not be read.
pub fn get(views: &Views, person: Id, id: Id) -> Result<ImportJob, Refusal> {
    let facts = {
        let state = views.state.read();
        let facts = state.imports.get(&id).ok_or(Refusal::NotFound)?;
        state
            .seen_channel(facts.channel, person)
            .ok_or(Refusal::NotFound)?;
        facts.clone()
    };
    told(views, id, &facts, true)
}

/// The finished imports of a channel, newest first.
pub fn list(views: &Views, person: Id, channel: Id) -> Result<Vec<ImportJob>, Refusal> {
    let mut done: Vec<(Id, Import)> = {
        let state = views.state.read();
        state
            .seen_channel(channel, person)
            .ok_or(Refusal::NotFound)?;
        state
            .imports
            .iter()
            .filter(|(_, i)| i.channel == channel && i.finished.is_some())
            .map(|(id, facts)| (*id, facts.clone()))
            .collect()
    };
    done.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    done.truncate(LISTED_MAX);
    done.iter()
        .map(|(id, facts)| told(views, *id, facts, false))
        .collect()
}

fn told(views: &Views, id: Id, facts: &Import, with_lines: bool) -> Result<ImportJob, Refusal> {
    let position = facts.finished.map_or(facts.started, |f| f.0);
    let record = views.store.read(position).map_err(unavailable)?;
    let content = Event::read(&record)
        .ok()
        .and_then(|e| e.content)
        .unwrap_or_default();
    let result = facts.finished.map(
        |(_, added, already_here, attachments, unreadable)| Outcome {
            added,
            already_here,
            attachments,
            unreadable,
        },
    );
    let added = result.map_or(0, |r| r.added);
    let state = if result.is_some() {
        JobState::Done
    } else {
        JobState::Failed
    };
    Ok(ImportJob {
        id,
        c: facts.channel,
        state,
        file: content.name.unwrap_or_default(),
        sha256: hex(&facts.sha256.0),
        bytes: facts.bytes,
        by: facts.by,
        at: facts.at,
        done: added,
        total: added,
        error: result.is_none().then(interrupted),
        preview: None,
        result,
        unreadable: content
            .unreadable
            .into_iter()
            .filter(|_| with_lines)
            .map(Into::into)
            .collect(),
    })
}

fn interrupted() -> Fault {
    Fault {
        code: "import/interrupted",
        message: "The import stopped before its end. Upload the file again: only what is missing is added.".into(),
        line: None,
    }
}
