//! What the lines of a bundle add up to while they are written: counts, gaps, people, files.
//!
//! Grows with people, files and destroyed days, never with messages.

use std::collections::{BTreeMap, BTreeSet};

use migrations_free_store::Id;
use serde_json::Value;

use super::fault::ExportError;
use super::line::{Part, Reason, gap_scope};
use super::manifest::{Counts, Gap};
use super::order::Order;
use super::select::Picked;
use crate::chat::event::FileFact;

/// More attachments than this make a bundle that common tools no longer open.
pub const FILES_MAX: usize = 200_000;
/// Scopes with forgotten content; each is an entry of the manifest.
pub const GAPS_MAX: usize = 10_000;

#[derive(Default)]
pub struct Told {
    pub counts: Counts,
    pub log_index: Option<(u64, u64)>,
    pub gaps: BTreeMap<(String, Reason), Gap>,
    pub people: BTreeSet<Id>,
    pub files: BTreeMap<Id, (String, FileFact)>,
    pub requested: bool,
    pub approved: bool,
}

impl Told {
    pub fn note(
        &mut self,
        order: &Order,
        export: &str,
        picked: &Picked,
        scope: &str,
        natives: &[Option<String>],
    ) -> Result<(), ExportError> {
        let at = picked.position;
        self.counts.events += 1;
        self.counts.withheld += u64::from(picked.withheld);
        self.log_index = Some((self.log_index.map_or(at, |(first, _)| first), at));
        if let Some(reason) = picked.forgotten {
            self.counts.forgotten += 1;
            let scope = gap_scope(scope, reason, picked.header.as_ref().map(|(_, head)| head));
            let gap = self
                .gaps
                .entry((scope.clone(), reason))
                .or_insert_with(|| Gap {
                    scope,
                    reason,
                    events: 0,
                    first_log_index: at,
                    last_log_index: at,
                    destroyed_at: None,
                });
            gap.events += 1;
            gap.last_log_index = at;
            limit("destroyed days", self.gaps.len(), GAPS_MAX)?;
        }
        let Some((_, head)) = &picked.header else {
            return Ok(());
        };
        self.counts.messages += u64::from(picked.part == Part::Range && head.is_message());
        for gap in head.explains(order.channel) {
            if let Some(gap) = self.gaps.get_mut(&gap) {
                gap.destroyed_at.get_or_insert(at);
            }
        }
        if head.export() == Some(export) {
            self.requested |=
                head.act == "export.requested" && head.actor == order.requester.to_string();
            self.approved |=
                head.act == "export.approved" && head.actor == order.approver.to_string();
        }
        self.people.extend(head.actor.parse::<Id>());
        gather(&head.object, order, &mut self.people);
        let said = picked.content.as_ref().map(|(_, said)| said);
        let asked = said
            .map(|said| said.audience.as_slice())
            .unwrap_or_default();
        let known = asked.iter().filter(|id| order.people.contains_key(id));
        self.people.extend(known.copied());
        for (path, file) in natives
            .iter()
            .zip(said.map(|said| said.files.as_slice()).unwrap_or_default())
        {
            match path {
                Some(path) => {
                    self.files
                        .entry(file.id)
                        .or_insert_with(|| (path.clone(), file.clone()));
                }
                None => self.counts.files_missing += 1,
            }
        }
        self.counts.files = self.files.len() as u64;
        limit("attachments", self.files.len(), FILES_MAX)
    }
}

/// Every person an act names, wherever in it.
fn gather(object: &Value, order: &Order, people: &mut BTreeSet<Id>) {
    match object {
        Value::String(text) => people.extend(
            text.parse::<Id>()
                .ok()
                .filter(|id| order.people.contains_key(id)),
        ),
        Value::Array(items) => items.iter().for_each(|item| gather(item, order, people)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| gather(value, order, people)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn limit(what: &'static str, count: usize, limit: usize) -> Result<(), ExportError> {
    if count > limit {
        Err(ExportError::TooMany { what, limit })
    } else {
        Ok(())
    }
}
