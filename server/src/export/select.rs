//! Which events of the log belong in a bundle, and why. Constant memory however long the log.
//!
//! Never trusts the clock to run forward only: the range's numbers are found before anything is taken.

use std::collections::BTreeSet;
use std::sync::mpsc::sync_channel;

use migrations_free_store::{Id, Part as Sealed, Position, Record, Scope, Store};

use super::fault::ExportError;
use super::line::{Head, Part, Reason, Said};
use super::manifest::Span;
use super::order::Order;

/// Positions between two reports of progress.
const PROGRESS_EVERY: u64 = 4096;
/// Batches of records that wait for their lines, about 1 MiB each.
const BATCHES_AHEAD: usize = 2;

/// What a first reading of the channel found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub span: Span,
    /// Nothing of the channel stands before it.
    pub start: Position,
}

/// An event that belongs, opened.
pub struct Picked {
    pub position: Position,
    pub at_ms: u64,
    pub part: Part,
    pub seq: Option<u64>,
    /// What the missing or present content is sealed under; the header's own, when that is what is gone.
    pub scope: Scope,
    pub leaf: [u8; 32],
    /// None: the header's key is destroyed.
    pub header: Option<(String, Head)>,
    pub header_salt: Option<[u8; 32]>,
    pub content: Option<(String, Said)>,
    pub content_salt: Option<[u8; 32]>,
    pub forgotten: Option<Reason>,
    pub withheld: bool,
    /// The order asks for other messages.
    pub unchosen: bool,
}

/// Reads the clear part of the log once for the numbers of the range.
pub fn find(
    store: &Store,
    order: &Order,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Found, ExportError> {
    let start = store
        .channel_range(order.channel, 1, 1)?
        .first()
        .copied()
        .unwrap_or(order.frozen)
        .min(order.frozen);
    let total = order.frozen - start;
    let (mut before, mut head, mut taken) = (0, 0, None);
    store.scan_places(start, order.frozen, &mut |position, at_ms, place| {
        if (position - start).is_multiple_of(PROGRESS_EVERY) {
            progress(position - start, total);
        }
        let Some((_, seq)) = place.filter(|(channel, _)| *channel == order.channel) else {
            return;
        };
        head = head.max(seq);
        if in_time(order, at_ms) {
            let (first, _) = taken.unwrap_or((seq, seq));
            taken = Some((first, seq + 1));
        } else if taken.is_none() && at_ms < order.from_ms {
            before = seq;
        }
    })?;
    let (first, end) = taken.unwrap_or((before + 1, before + 1));
    Ok(Found {
        span: Span { first, end, head },
        start,
    })
}

/// What a reading of the channel comes by.
pub enum Step<'s> {
    /// An event of the channel before the range.
    Before(&'s Head),
    Picked(Box<Picked>),
}

type Visit<'v> = dyn FnMut(Step<'_>) -> Result<(), ExportError> + 'v;

/// Visits every event that belongs, in log order, and what came before. A thread of its own reads and opens a few
/// batches ahead.
pub fn walk(
    store: &Store,
    order: &Order,
    found: Found,
    progress: &mut dyn FnMut(u64, u64),
    visit: &mut Visit<'_>,
) -> Result<(), ExportError> {
    let rules = Rules {
        order,
        channel: order.channel.to_string(),
        export: order.export.to_string(),
        span: found.span,
    };
    let mut missing = Missing::default();
    let mut alive = Alive { store, last: None };
    let total = order.frozen - found.start;
    let mut due = found.start;
    let mut scan = store.scan_channel(order.channel, found.start, order.frozen);
    std::thread::scope(|threads| {
        let (give, take) = sync_channel(BATCHES_AHEAD);
        std::thread::Builder::new()
            .name("export-reader".into())
            .spawn_scoped(threads, move || {
                // Ends with the log, with an error, or when nobody takes any more.
                loop {
                    let batch = scan.batch();
                    let last = batch.as_ref().map_or(true, Vec::is_empty);
                    if give.send(batch).is_err() || last {
                        break;
                    }
                }
            })?;
        for batch in take {
            for record in batch? {
                if record.position >= due {
                    progress(record.position - found.start, total);
                    due = record.position + PROGRESS_EVERY;
                }
                let scope = record.scope;
                let Some(picked) = rules.pick(record, &missing, &mut alive, visit)? else {
                    continue;
                };
                missing.note(&picked, scope);
                visit(Step::Picked(Box::new(picked)))?;
            }
        }
        progress(total, total);
        Ok(())
    })
}

/// Why an event with this header is in the bundle, by the header alone: the verifier asks the same.
pub fn part_of(head: &Head, in_range: bool, span: Span, export: &str) -> Option<Part> {
    let ordered = matches!(head.act.as_str(), "export.requested" | "export.approved")
        && head.export() == Some(export);
    let amends = head
        .amends()
        .is_some_and(|of| (span.first..span.end).contains(&of));
    let fences = head.channel_seq.is_some_and(|seq| is_fence(seq, span));
    if in_range {
        Some(Part::Range)
    } else if ordered {
        Some(Part::Order)
    } else if amends {
        Some(Part::Amendment)
    } else if head.act == "destroy.done" {
        Some(Part::Destruction)
    } else {
        fences.then_some(Part::Fence)
    }
}

pub fn is_fence(seq: u64, span: Span) -> bool {
    seq.checked_add(1) == Some(span.first) || seq == span.end
}

fn in_time(order: &Order, at_ms: u64) -> bool {
    (order.from_ms..order.to_ms).contains(&at_ms)
}

/// What content was found to be missing so far.
#[derive(Default)]
struct Missing {
    days: BTreeSet<u64>,
    people: BTreeSet<String>,
}

impl Missing {
    fn note(&mut self, picked: &Picked, scope: Scope) {
        match (picked.forgotten, &picked.header, scope) {
            (Some(Reason::Erased), Some((_, head)), _) => {
                self.people.insert(head.author().to_owned());
            }
            (Some(_), _, Scope::ChannelDay { day, .. }) => {
                self.days.insert(u64::from(day));
            }
            _ => {}
        }
    }

    fn is_explained_by(&self, head: &Head) -> bool {
        let days = head.destroyed_days().unwrap_or_default();
        let person = head.destroyed_person();
        person.is_some_and(|person| self.people.contains(person))
            || days.iter().any(|day| self.days.contains(day))
    }
}

struct Rules<'o> {
    order: &'o Order,
    channel: String,
    export: String,
    span: Span,
}

impl Rules<'_> {
    fn pick(
        &self,
        record: Record,
        missing: &Missing,
        alive: &mut Alive<'_>,
        visit: &mut Visit<'_>,
    ) -> Result<Option<Picked>, ExportError> {
        let seq = record.place.map(|(_, seq)| seq);
        let in_time = in_time(self.order, record.at_ms);
        let in_range = match seq {
            Some(seq) => (self.span.first..self.span.end).contains(&seq),
            None => in_time,
        };
        let mut picked = Picked {
            position: record.position,
            at_ms: record.at_ms,
            part: Part::Range,
            seq,
            scope: record.scope,
            leaf: record.leaf,
            header: None,
            header_salt: None,
            content: None,
            content_salt: None,
            forgotten: None,
            withheld: false,
            unchosen: false,
        };
        let Sealed::Bytes(header) = record.header else {
            // Whose channel it was is forgotten too, unless it has a place there.
            picked.part = match seq {
                Some(_) if in_range => Part::Range,
                Some(seq) if is_fence(seq, self.span) => Part::Fence,
                _ => return Ok(None),
            };
            picked.scope = Scope::audit(record.at_ms);
            picked.forgotten = Some(alive.why(picked.scope, None));
            return Ok(Some(picked));
        };
        let text = exact(header, record.position, "its header is not text")?;
        let head: Head = serde_json::from_str(&text).map_err(|_| ExportError::Damaged {
            position: record.position,
            why: "its header cannot be read",
        })?;
        if head.channel.as_deref() != Some(self.channel.as_str()) {
            return Ok(None);
        }
        if seq.is_some_and(|seq| seq < self.span.first) {
            visit(Step::Before(&head))?;
        }
        let mut part = part_of(&head, in_range, self.span, &self.export);
        if part == Some(Part::Destruction) && !missing.is_explained_by(&head) {
            part = seq
                .is_some_and(|seq| is_fence(seq, self.span))
                .then_some(Part::Destruction);
        }
        let Some(part) = part else { return Ok(None) };
        let unchosen = self.order.selection.as_ref();
        let unchosen = unchosen.is_some_and(|chosen| !chosen.shows(&head, &self.export));
        let hidden = part == Part::Fence || part == Part::Range && !in_time || unchosen;
        match record.content {
            Some(_) if hidden => (picked.withheld, picked.unchosen) = (true, unchosen),
            Some(Sealed::Bytes(bytes)) => {
                let text = exact(bytes, record.position, "its content is not text")?;
                let said = serde_json::from_str(&text).map_err(|_| ExportError::Damaged {
                    position: record.position,
                    why: "its content cannot be read",
                })?;
                picked.content = Some((text, said));
                picked.content_salt = record.content_salt;
            }
            Some(Sealed::Forgotten) => {
                picked.forgotten = Some(alive.why(record.scope, record.author));
            }
            None => {}
        }
        picked.part = part;
        picked.header = Some((text, head));
        picked.header_salt = record.header_salt;
        Ok(Some(picked))
    }
}

fn exact(bytes: Vec<u8>, position: Position, why: &'static str) -> Result<String, ExportError> {
    String::from_utf8(bytes).map_err(|_| ExportError::Damaged { position, why })
}

/// Asks the keyring why something is forgotten, once per run of the same answer.
struct Alive<'s> {
    store: &'s Store,
    last: Option<((Scope, Option<Id>), Reason)>,
}

impl Alive<'_> {
    fn why(&mut self, scope: Scope, author: Option<Id>) -> Reason {
        if let Some((asked, reason)) = self.last
            && asked == (scope, author)
        {
            return reason;
        }
        let reason = if !self.store.is_alive(&scope) {
            Reason::Destroyed
        } else if author.is_some_and(|author| !self.store.is_alive(&Scope::Person(author))) {
            Reason::Erased
        } else {
            Reason::Redacted
        };
        self.last = Some(((scope, author), reason));
        reason
    }
}
