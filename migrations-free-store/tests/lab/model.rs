//! What must hold, as plainly as it can be said: what was acknowledged, what was forgotten, what was signed.
//! It knows nothing of files.

use std::collections::BTreeMap;

use migrations_free_store::{Blob, Id, NewRecord, Part, Record, Scope, SignedCheckpoint};

/// What is known of one scope's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Alive,
    /// A destruction was begun and did not say that it was done.
    Unknown,
    Destroyed,
}

/// What the content is sealed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealing {
    pub scope: Scope,
    pub author: Option<Id>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub leaf: [u8; 32],
    pub at_ms: u64,
    pub header: Vec<u8>,
    pub content: Option<Vec<u8>>,
    pub author: Id,
    pub place: Option<(Id, u64)>,
    pub tag: [u8; 16],
    /// More than one when a resealing was begun and did not say that it was done.
    pub sealings: Vec<Sealing>,
    /// Its content is forgotten for certain.
    pub forgotten: bool,
    /// Nobody may say whether its content is there.
    pub unknown: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Acknowledged, or seen after a recovery.
    pub log: Vec<Event>,
    /// Pushed since, and how many of them each batch holds that was sent on its way.
    pub pushed: Vec<Event>,
    pub batches: Vec<usize>,
    pub fates: BTreeMap<Scope, Fate>,
    pub signed: Vec<SignedCheckpoint>,
    pub blobs: Vec<BlobState>,
    pub parts: BTreeMap<(Scope, String), PartState>,
}

#[derive(Clone, Debug)]
pub struct BlobState {
    pub id: Id,
    pub sealing: Sealing,
    pub bytes: Vec<u8>,
    pub stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At least so many bytes are on disk, for certain.
    Begun(u64),
    Finished(Blob),
    /// Finished or not, whole or not at all.
    Unknown,
}

/// What may be found under a label: one of these, or nothing.
#[derive(Clone, Debug, Default)]
pub struct PartState {
    pub candidates: Vec<Vec<u8>>,
    /// The last of them is there for certain.
    pub certain: bool,
}

impl Model {
    pub fn fate(&self, scope: &Scope) -> Fate {
        self.fates.get(scope).copied().unwrap_or(Fate::Alive)
    }

    /// The worst of what is known of the keys.
    pub fn fate_of(&self, scopes: &[Scope]) -> Fate {
        let all: Vec<Fate> = scopes.iter().map(|scope| self.fate(scope)).collect();
        if all.contains(&Fate::Destroyed) {
            Fate::Destroyed
        } else if all.contains(&Fate::Unknown) {
            Fate::Unknown
        } else {
            Fate::Alive
        }
    }

    /// What was pushed and sent is in the log.
    pub fn acknowledge(&mut self, count: usize) {
        self.log.extend(self.pushed.drain(..count));
        self.batches.clear();
    }

    pub fn pushed_in_batches(&self) -> usize {
        self.batches.iter().sum()
    }

    /// How many events there may be: a batch is there or it is not, and none without the one before it.
    pub fn may_have(&self, size: usize) -> bool {
        let mut end = self.log.len();
        let mut ends = vec![end];
        for batch in &self.batches {
            end += batch;
            ends.push(end);
        }
        ends.contains(&size)
    }

    /// The scope is destroyed for certain, and with it what cannot be opened without its key.
    pub fn destroyed(&mut self, scope: Scope) {
        self.fates.insert(scope, Fate::Destroyed);
        for event in &mut self.log {
            let dead = |sealing: &Sealing| sealing.scopes().contains(&scope);
            if !event.sealings.is_empty() && event.sealings.iter().all(dead) {
                event.forgotten = true;
            }
        }
    }

    /// A destruction was begun.
    pub fn in_doubt(&mut self, scope: Scope) {
        if self.fate(&scope) == Fate::Alive {
            self.fates.insert(scope, Fate::Unknown);
        }
    }

    /// Whether the content must be there (true), must not (false), or may (None).
    pub fn content_is_there(&self, event: &Event) -> Option<bool> {
        if event.forgotten {
            return Some(false);
        }
        let fates: Vec<Fate> = event
            .sealings
            .iter()
            .map(|sealing| self.fate_of(&sealing.scopes()))
            .collect();
        if event.unknown {
            None
        } else if fates.iter().all(|fate| *fate == Fate::Alive) {
            Some(true)
        } else if fates.iter().all(|fate| *fate == Fate::Destroyed) {
            Some(false)
        } else {
            None
        }
    }

    /// Compares what was read with what must be there, and learns what was unknown.
    pub fn meet(&mut self, position: usize, found: &Record, settled: bool) -> Result<(), String> {
        let event = &self.log[position];
        let wrong = |what: &str| Err(format!("position {position}: {what}: {found:?} {event:?}"));
        if (found.position, found.leaf, found.at_ms) != (position as u64, event.leaf, event.at_ms)
            || (found.author, found.place) != (Some(event.author), event.place)
            || found.tag != Some(event.tag)
        {
            return wrong("another event");
        }
        match (self.fate(&Scope::audit(event.at_ms)), &found.header) {
            (Fate::Alive, Part::Forgotten) => return wrong("its header is forgotten"),
            (Fate::Destroyed, Part::Bytes(_)) => return wrong("its header is not forgotten"),
            (_, Part::Bytes(bytes)) if *bytes != event.header => return wrong("another header"),
            _ => {}
        }
        let Some(content) = &event.content else {
            return match found.content {
                None => Ok(()),
                Some(_) => wrong("content that was never pushed"),
            };
        };
        if !event.sealings.iter().any(|s| s.scope == found.scope) {
            return wrong("sealed under another scope");
        }
        let there = match &found.content {
            Some(Part::Bytes(bytes)) if bytes == content => true,
            Some(Part::Forgotten) => false,
            _ => return wrong("another content"),
        };
        match self.content_is_there(event) {
            Some(true) if !there => return wrong("its content is forgotten"),
            Some(false) if there => return wrong("its content is not forgotten"),
            _ => {}
        }
        if settled {
            let scope = found.scope;
            let event = &mut self.log[position];
            event.sealings.retain(|sealing| sealing.scope == scope);
            event.forgotten = !there;
            event.unknown = false;
        }
        Ok(())
    }
}

impl Sealing {
    /// As the store promises: a person's key is mixed in, unless the scope is a person's or a matter's.
    pub fn new(scope: Scope, author: Id) -> Sealing {
        let alone = matches!(scope, Scope::Person(_) | Scope::Matter(_));
        Sealing {
            scope,
            author: (!alone).then_some(author),
        }
    }

    /// The keys without which it does not open.
    pub fn scopes(&self) -> Vec<Scope> {
        let author = self.author.map(Scope::Person);
        [self.scope].into_iter().chain(author).collect()
    }
}

impl Event {
    /// The keys that pushing it needs.
    pub fn scopes(&self) -> Vec<Scope> {
        let sealing = self.sealings.iter().flat_map(Sealing::scopes);
        [Scope::audit(self.at_ms)]
            .into_iter()
            .chain(sealing)
            .collect()
    }

    pub fn record<'a>(
        &'a self,
        commitment: &'a migrations_free_store::Commitment,
        scope: Scope,
    ) -> NewRecord<'a> {
        NewRecord {
            at_ms: self.at_ms,
            header: &self.header,
            content: self.content.as_deref().map(|bytes| (bytes, commitment)),
            scope,
            author: Some(self.author),
            place: self.place,
            tag: Some(self.tag),
        }
    }
}
