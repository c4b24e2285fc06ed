//! Brings one file in: people, rows in the order of their dates, attachments, and the record of it.
//!
//! Every change goes through the door. What stops in the middle is not finished: the rows that came
//! are known again, and the same file brings the rest.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use migrations_free_store::{Id, Scope};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::compare::Who;
use super::job::{Fault, Outcome};
use super::known::{Known, known};
use super::people::{Choice, imported_name};
use super::reading::{Reading, STRAY, file_name, read, time};
use super::rows::{self, Enclosed};
use super::whatsapp::{Entry, Kind, Options};
use crate::chat::command::{Command, Door as Inner, ImportRow};
use crate::chat::event::{Content, FileFact, UnreadLine};
use crate::chat::state::day_of;
use crate::chat::{Ack, Actor, Hash, Refusal};
use crate::clock::Clock;
use crate::files;
use crate::files::scan::{Scanner, UNSCANNED};
use crate::sequencer::{Brought, Door, Reply, Submission};
use crate::views::{Views, unavailable};

/// Rows on their way to the log: enough that one sync carries many, few enough that others get in between.
const IN_FLIGHT_MAX: usize = 256;
/// What is kept of unreadable lines in the log, encoded; a record holds a mebibyte.
const KEPT_BYTES_MAX: usize = 900 * 1024;
const KEPT_LINE_CHARS: usize = 4_000;

/// What an owner ordered.
pub struct Order {
    pub id: Id,
    pub channel: Id,
    pub actor: Actor,
    pub file: Bytes,
    pub file_name: String,
    pub sha256: Hash,
    pub options: Options,
    pub people: HashMap<String, Choice>,
}

/// What the import works with.
pub struct With<'w> {
    pub views: &'w Views,
    pub door: &'w Door,
    pub clock: &'w Clock,
    pub scanner: &'w Scanner,
}

/// Runs to its end on a thread that may wait. `progress` hears of rows done and of all.
pub fn run(
    order: &Order,
    with: &With<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, Fault> {
    let mut reading = read(&order.file, &order.options)?;
    let known = known(with.views, order.channel)?;
    let chosen = order
        .people
        .iter()
        .filter_map(|(name, choice)| match choice {
            Choice::Person(person) => Some((name.clone(), *person)),
            Choice::New | Choice::NameOnly => None,
        })
        .collect();
    let compared = reading.compare(&known, &chosen);
    let found = reading.found(&known, &compared);
    let mut todo: Vec<(usize, Option<usize>)> = compared
        .add
        .iter()
        .map(|entry| (*entry, None))
        .chain(found.iter().map(|(row, entry)| (*entry, Some(*row))))
        .collect();
    let entries = std::mem::take(&mut reading.chat.entries);
    todo.sort_by_key(|(entry, _)| (entries.get(*entry).map(|e| e.at_ms), *entry));
    let total = todo.len() as u64;
    progress(0, total);

    let mut running = Running {
        order,
        with,
        reading: &mut reading,
        people: HashMap::new(),
        pipe: Pipe::new(order.actor, with),
        attachments: 0,
        unsafe_files: Vec::new(),
    };
    running.begin(&compared.earlier)?;
    for (done, (entry, row)) in todo.into_iter().enumerate() {
        if let Some(entry) = entries.get(entry) {
            let row = row.and_then(|row| known.get(row));
            running.bring(entry, row, compared.shift_ms)?;
        }
        progress(done as u64 + 1, total);
    }
    let already_here = (compared.same.len() - found.len()) as u64;
    running.finish(total, already_here)
}

struct Running<'r> {
    order: &'r Order,
    with: &'r With<'r>,
    reading: &'r mut Reading,
    people: HashMap<String, Id>,
    pipe: Pipe<'r>,
    attachments: u64,
    unsafe_files: Vec<UnreadLine>,
}

impl Running<'_> {
    fn begin(&mut self, earlier: &HashMap<String, Who>) -> Result<(), Refusal> {
        let order = self.order;
        self.submit(Inner::ImportStart {
            channel: order.channel,
            import: order.id,
            sha256: order.sha256,
            bytes: order.file.len() as u64,
            file: order.file_name.clone(),
        })?;
        let mut names: Vec<(&String, &Choice)> = order.people.iter().collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        for (name, choice) in names {
            let person = match choice {
                Choice::Person(person) => *person,
                Choice::NameOnly => continue,
                Choice::New => match self.made_before(earlier.get(name)) {
                    Some(person) => person,
                    None => self.new_person(name)?,
                },
            };
            self.people.insert(name.clone(), person);
        }
        Ok(())
    }

    /// Somebody an earlier copy made of the same messages: nobody is made twice.
    fn made_before(&self, earlier: Option<&Who>) -> Option<Id> {
        let Some(Who::Person(person)) = earlier else {
            return None;
        };
        let state = self.with.views.state.read();
        state
            .people
            .get(person)
            .is_some_and(|p| p.imported && !p.erased)
            .then_some(*person)
    }

    fn new_person(&self, name: &str) -> Result<Id, Refusal> {
        let channel = self.order.channel;
        let named = |name: String| self.submit(Inner::ImportPerson { channel, name });
        let made = match named(imported_name(name)) {
            // A name of nothing but marks.
            Err(Refusal::Invalid(_)) => named(imported_name("Somebody")),
            made => made,
        };
        made?.person.ok_or(Refusal::Unavailable)
    }

    fn submit(&self, door: Inner) -> Result<Ack, Refusal> {
        self.with
            .door
            .submit_blocking(self.order.actor, Command::Door(door), None)
    }

    /// `row`: the earlier row that lacks this entry's file.
    fn bring(&mut self, entry: &Entry, row: Option<&Known>, shift_ms: i64) -> Result<(), Refusal> {
        let person = match row {
            Some(row) => row.person,
            None => self.people.get(rows::from(entry)).copied(),
        }
        .filter(|_| !matches!(entry.kind, Kind::System(_)));
        let author = person.unwrap_or_else(|| self.order.actor.person());
        // Taken before the file is sealed: the day its key belongs to.
        let now_ms = self.with.clock.now_ms();
        let enclosed = self.enclose(entry, author, now_ms)?;
        let contents = match (row, enclosed) {
            (None, enclosed) => rows::rows(
                entry,
                rows::from(entry),
                time(entry.at_ms.saturating_add(shift_ms)),
                enclosed,
            ),
            (Some(row), Enclosed::File(fact)) => {
                let entry = Entry {
                    kind: row.kind.clone(),
                    ..entry.clone()
                };
                rows::rows(&entry, &row.from, row.at_ms, Enclosed::Found(fact))
            }
            // Neither copy has it; the row that is here says so.
            (Some(_), _) => return Ok(()),
        };
        for content in contents {
            let row = ImportRow { person, content };
            self.pipe
                .put(self.order.channel, self.order.id, row, day_of(now_ms))?;
        }
        Ok(())
    }

    /// Takes the entry's file out of the archive, makes it safe and seals it.
    fn enclose(&mut self, entry: &Entry, author: Id, now_ms: u64) -> Result<Enclosed, Refusal> {
        if !matches!(entry.kind, Kind::Attachment { .. }) {
            return Ok(Enclosed::Nothing);
        }
        let Some(name) = file_name(entry) else {
            return Ok(Enclosed::Missing(None, "not in the export".into()));
        };
        if !self.reading.has(name) {
            return Ok(Enclosed::Missing(
                Some(name.to_owned()),
                "not in the export".into(),
            ));
        }
        let scope = Scope::channel_day(self.order.channel, now_ms);
        let sealed = match self.reading.take(name) {
            Ok(bytes) => {
                let with = &self.with;
                files::seal(&with.views.store, with.scanner, scope, author, name, bytes)
            }
            Err(error) => Err(error.into()),
        };
        match sealed {
            Ok(fact) => {
                self.attachments += 1;
                Ok(Enclosed::File(fact))
            }
            Err(
                refusal @ Refusal::Fault {
                    code: UNSCANNED, ..
                },
            ) => Err(refusal),
            Err(refusal @ (Refusal::Fault { .. } | Refusal::TooLarge { .. })) => {
                let why = refusal.message();
                self.unsafe_files.push(UnreadLine {
                    line: entry.line,
                    text: name.to_owned(),
                    why: why.clone(),
                });
                Ok(Enclosed::Missing(
                    Some(name.to_owned()),
                    format!("not brought over. {why}"),
                ))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn finish(mut self, added: u64, already_here: u64) -> Result<Outcome, Fault> {
        self.pipe.land_all()?;
        let lines = self
            .reading
            .chat
            .unreadable
            .iter()
            .map(|line| UnreadLine {
                line: line.line,
                text: line.text.clone(),
                why: line.why.to_owned(),
            })
            .chain(std::mem::take(&mut self.unsafe_files))
            .chain(self.reading.strays.iter().map(|name| UnreadLine {
                line: 0,
                text: name.clone(),
                why: STRAY.to_owned(),
            }));
        let (kept, unreadable) = keep(lines);
        let outcome = Outcome {
            added,
            already_here,
            attachments: self.attachments,
            unreadable,
        };
        self.submit(Inner::ImportFinish {
            channel: self.order.channel,
            import: self.order.id,
            file: self.order.file_name.clone(),
            added,
            already_here,
            attachments: self.attachments,
            unreadable,
            kept: Content {
                unreadable: kept,
                ..Content::default()
            },
        })?;
        Ok(outcome)
    }
}

/// As many lines as a record holds, and how many there were. What is left out is said in a last line.
fn keep(lines: impl Iterator<Item = UnreadLine>) -> (Vec<UnreadLine>, u64) {
    let (mut kept, mut all, mut bytes) = (Vec::new(), 0, 0);
    for mut line in lines {
        all += 1;
        if bytes >= KEPT_BYTES_MAX {
            continue;
        }
        if let Some((end, _)) = line.text.char_indices().nth(KEPT_LINE_CHARS) {
            line.text.truncate(end);
            line.why.push_str("; the rest of the line is not kept");
        }
        bytes += serde_json::to_vec(&line).map_or(usize::MAX / 2, |line| line.len() + 1);
        if bytes < KEPT_BYTES_MAX {
            kept.push(line);
        }
    }
    let left_out = all - kept.len() as u64;
    if left_out > 0 {
        kept.push(UnreadLine {
            line: 0,
            text: String::new(),
            why: format!("{left_out} further lines could not be read and are not kept"),
        });
    }
    (kept, all)
}

/// Rows on their way, answered in the order they were sent.
struct Pipe<'p> {
    actor: Actor,
    with: &'p With<'p>,
    runtime: Handle,
    flying: VecDeque<Flying>,
}

struct Flying {
    answer: oneshot::Receiver<Result<Ack, Refusal>>,
    files: Vec<FileFact>,
    /// The day its files are sealed under.
    day: u32,
    channel: Id,
}

impl<'p> Pipe<'p> {
    fn new(actor: Actor, with: &'p With<'p>) -> Self {
        Pipe {
            actor,
            with,
            runtime: Handle::current(),
            flying: VecDeque::with_capacity(IN_FLIGHT_MAX),
        }
    }

    /// `day`: what its files are sealed under; one that turned since is set right when the row has landed.
    fn put(&mut self, channel: Id, import: Id, row: ImportRow, day: u32) -> Result<(), Refusal> {
        if self.flying.len() >= IN_FLIGHT_MAX {
            self.land()?;
        }
        let (reply, answer) = oneshot::channel();
        let files = row.content.files.clone();
        let submission = Submission {
            actor: self.actor,
            command: Command::Door(Inner::ImportRow {
                channel,
                import,
                row,
            }),
            key: None,
            brought: Brought::default(),
            reply: Reply::Once(reply),
        };
        self.runtime.block_on(self.with.door.enqueue(submission))?;
        self.flying.push_back(Flying {
            answer,
            files,
            day,
            channel,
        });
        Ok(())
    }

    fn land_all(&mut self) -> Result<(), Refusal> {
        while !self.flying.is_empty() {
            self.land()?;
        }
        Ok(())
    }

    /// Waits for the oldest row to be durable.
    fn land(&mut self) -> Result<(), Refusal> {
        let Some(flying) = self.flying.pop_front() else {
            return Ok(());
        };
        let ack = flying
            .answer
            .blocking_recv()
            .map_err(|_| Refusal::Unavailable)??;
        let day = day_of(ack.ts.unwrap_or_default());
        if day != flying.day {
            let scope = Scope::ChannelDay {
                channel: flying.channel,
                day,
            };
            for fact in &flying.files {
                for blob in std::iter::once(fact.id).chain(fact.thumb) {
                    self.with
                        .views
                        .store
                        .blob_reseal(blob, scope)
                        .map_err(unavailable)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_lines_fit_a_record_and_what_does_not_is_counted() {
        let line = |n: u64| UnreadLine {
            line: n,
            text: "\u{1}".repeat(5_000),
            why: "no such date".into(),
        };
        let (kept, all) = keep((1..=3).map(line));
        assert_eq!((kept.len(), all), (3, 3));
        assert!(
            kept.iter()
                .all(|l| l.text.len() == KEPT_LINE_CHARS && l.why.contains("not kept"))
        );
        let (kept, all) = keep((1..=1_000).map(line));
        assert_eq!(all, 1_000);
        assert!(serde_json::to_vec(&kept).expect("json").len() < 1 << 20);
        let last = kept.last().expect("a last line");
        assert_eq!(
            last.why,
            format!(
                "{} further lines could not be read and are not kept",
                1_001 - kept.len()
            )
        );
    }
}
