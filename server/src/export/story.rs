//! What was said in the range as a reader tells it: each message with what became of it, in the order of time.
//!
//! Made once from the lines that are packed; no format reads the log. Constant memory: it is sorted in the store.

use std::collections::{BTreeMap, BTreeSet};

use migrations_free_store::{Id, Scope, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::ExportError;
use super::line::{Head, Part, Reason, iso};
use super::order::Order;
use super::poll::Poll;
use super::select::Picked;
use super::sort::{Sorted, Sorter};
use crate::chat::ExportFormat;
use crate::chat::preview::has_link;
use crate::chat::state::DAY_MS;

/// What one slice holds at most: common tools are slow with more, and mail with more is not delivered.
pub const SLICE_EVENTS_MAX: usize = 10_000;
const SLICE_TEXT_BYTES_MAX: usize = 4 << 20;
pub const SLICE_FILES_BYTES_MAX: u64 = 180 << 20;
/// Edits, reactions or receipts of one message that are told; the lines have them all.
const AMENDMENTS_MAX: usize = 1_000;
/// Voters of one poll that are counted.
const VOTERS_MAX: usize = 5_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Story {
    /// The position in the log.
    pub index: u64,
    pub seq: u64,
    pub at: u64,
    pub leaf: [u8; 32],
    pub by: Id,
    pub what: What,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    Created(Vec<Id>),
    Joined(Id),
    Left(Id),
    Said(Box<Message>),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Message {
    /// None: it is gone.
    pub text: Option<String>,
    pub gone: Option<Reason>,
    /// What an imported message claims of itself: who, and when.
    pub claimed: Option<(String, u64)>,
    /// Whom an imported message was assigned to.
    pub assigned: Option<Id>,
    pub thread: Option<u64>,
    /// The message that the thread hangs on, when it is in the range.
    pub root: Option<Root>,
    pub replies: u64,
    pub reply: Option<u64>,
    pub files: Vec<File>,
    pub edits: Vec<Edit>,
    pub deleted: Option<(Id, u64)>,
    /// Those that were not taken back.
    pub reactions: Vec<Reaction>,
    pub receipts: Vec<Receipt>,
    /// Told in words, below the question, when all votes are known.
    poll: Option<Poll>,
    /// Everybody was told of it, whatever they had muted and whatever the hour.
    urgent: bool,
    /// A link of the text, and the words of what it led to.
    preview: Option<(String, String)>,
    /// Amendments beyond what is told.
    pub untold: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Root {
    pub index: u64,
    pub at: u64,
    pub by: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    pub id: Id,
    pub name: String,
    pub mime: String,
    pub size: u64,
    pub sha256: [u8; 32],
    /// Where it is in the bundle; None: its bytes are gone.
    pub path: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Edit {
    pub index: u64,
    pub at: u64,
    pub by: Id,
    pub text: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: String,
    pub by: Id,
    pub at: u64,
}

/// Somebody had read, or been sent, everything up to this message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub by: Id,
    pub at: u64,
    pub read: bool,
}

/// One day (UTC) of the channel, or a part of it.
pub struct Slice {
    pub day: u64,
    /// From 1.
    pub part: u32,
    /// Who was in the channel when it begins.
    pub members: BTreeSet<Id>,
    pub stories: Vec<Story>,
}

impl Slice {
    /// `2026-11-22`
    pub fn date(&self) -> String {
        let mut date = iso(self.day * DAY_MS);
        date.truncate(10);
        date
    }
}

impl Story {
    pub fn message(&self) -> Option<&Message> {
        match &self.what {
            What::Said(message) => Some(message),
            What::Created(_) | What::Joined(_) | What::Left(_) => None,
        }
    }

    /// The same in every format.
    pub fn id(&self) -> String {
        event_id(self.index)
    }

    fn weight(&self) -> usize {
        const EACH: usize = 200;
        let Some(message) = self.message() else {
            return EACH;
        };
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len) + EACH;
        let many = message.reactions.len() + message.receipts.len() + message.files.len();
        let edits = message.edits.iter().map(|edit| 2 * length(&edit.text));
        length(&message.text) + edits.sum::<usize>() + many * EACH
    }
}

pub fn event_id(index: u64) -> String {
    format!("e{index}")
}

impl Message {
    /// As it is shown today; None: it is gone.
    pub fn shown(&self) -> Option<&str> {
        let newest = self.edits.last().map_or(&self.text, |edit| &edit.text);
        newest.as_deref()
    }

    /// Who reacted, by what with.
    pub fn by_emoji(&self) -> BTreeMap<&str, Vec<Id>> {
        let mut reactions: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
        for one in &self.reactions {
            reactions.entry(&one.emoji).or_default().push(one.by);
        }
        reactions
    }
}

impl File {
    fn bytes(&self) -> u64 {
        self.path.as_ref().map_or(0, |_| self.size)
    }
}

/// What is sorted by the message it belongs to.
#[derive(Serialize, Deserialize)]
enum Raw {
    Base(Story),
    /// Of a thread: the message at this time and position hangs on this one.
    Asks(u64, u64),
    Edited(Edit),
    Deleted(Id, u64),
    Voted(Id, Vec<u8>),
    Closed,
    Reacted(Reaction, bool),
    Receipt(Receipt),
}

/// What is sorted by time.
#[derive(Serialize, Deserialize)]
enum Told {
    Root(Root),
    Story(Story),
}

/// Takes the events of the bundle as they are packed.
pub struct Gather<'s> {
    raw: Sorter<'s>,
    told: Sorter<'s>,
    members: BTreeSet<Id>,
    said_only: bool,
}

impl<'s> Gather<'s> {
    /// None: no format needs them.
    pub fn new(store: &'s Store, order: &Order) -> Option<Gather<'s>> {
        let plain = [ExportFormat::Jsonl, ExportFormat::Html];
        if order.formats.iter().all(|format| plain.contains(format)) {
            return None;
        }
        let sorter = || Sorter::new(store, Scope::Matter(order.export), order.requester);
        Some(Gather {
            raw: sorter(),
            told: sorter(),
            members: BTreeSet::new(),
            said_only: order.selection.is_some(),
        })
    }

    /// An event of the channel before the range.
    pub fn before(&mut self, head: &Head) {
        if let Some(what) = membership(head) {
            apply(&mut self.members, &what);
        }
    }

    pub fn note(&mut self, picked: &Picked, natives: &[Option<String>]) -> Result<(), ExportError> {
        let Some((_, head)) = &picked.header else {
            return Ok(());
        };
        let Ok(by) = head.actor.parse::<Id>() else {
            return Ok(());
        };
        if picked.withheld || !matches!(picked.part, Part::Range | Part::Amendment) {
            return Ok(());
        }
        let (index, at) = (picked.position, head.at);
        let said = picked.content.as_ref().map(|(_, said)| said);
        let text = || said.map(|said| said.text.clone().unwrap_or_default());
        let of = head.amends();
        let upto = head
            .number("upto")
            .filter(|_| head.act.starts_with("receipt."));
        let (seq, raw) = match (head.act.as_str(), of.or(upto), picked.seq) {
            ("message.edited", Some(of), _) => {
                let text = text();
                (
                    of,
                    Raw::Edited(Edit {
                        index,
                        at,
                        by,
                        text,
                    }),
                )
            }
            ("message.deleted", Some(of), _) => (of, Raw::Deleted(by, at)),
            ("poll.voted", Some(of), _) => {
                let Some(said) = said else {
                    return Ok(());
                };
                (of, Raw::Voted(by, said.votes.clone()))
            }
            ("poll.closed", Some(of), _) => (of, Raw::Closed),
            ("reaction.added" | "reaction.removed", Some(of), _) => {
                let Some(emoji) = said.and_then(|said| said.emoji.clone()) else {
                    return Ok(());
                };
                let reaction = Reaction { emoji, by, at };
                (of, Raw::Reacted(reaction, head.act == "reaction.added"))
            }
            (_, Some(upto), None) => {
                let read = head.act == "receipt.read";
                (upto, Raw::Receipt(Receipt { by, at, read }))
            }
            (_, _, Some(seq)) => {
                let Some(what) = what(head, picked, natives) else {
                    return Ok(());
                };
                if let What::Said(message) = &what
                    && let Some(root) = message.thread
                {
                    self.raw.push((root, index, 1), &Raw::Asks(at, index))?;
                }
                let leaf = picked.leaf;
                (
                    seq,
                    Raw::Base(Story {
                        index,
                        seq,
                        at,
                        leaf,
                        by,
                        what,
                    }),
                )
            }
            _ => return Ok(()),
        };
        self.raw.push((seq, index, 0), &raw)
    }

    /// Brings together what belongs together, and then into the order of time.
    pub fn finish(self) -> Result<Stories<'s>, ExportError> {
        let Gather {
            raw,
            mut told,
            members,
            said_only,
        } = self;
        let raw = raw.finish()?;
        let mut open: Option<Story> = None;
        raw.each(&mut |(seq, ..), item: Raw| {
            if let Raw::Base(story) = item {
                let message = story.message().is_some();
                // A receipt may name what came after the message; other events are told at once.
                if message {
                    tell(&mut told, open.replace(story))
                } else {
                    tell(&mut told, Some(story))
                }
            } else if let Some(story) = &mut open {
                amend(story, seq, item, &mut told)
            } else {
                Ok(())
            }
        })?;
        tell(&mut told, open)?;
        raw.discard()?;
        Ok(Stories {
            sorted: told.finish()?,
            members,
            said_only,
        })
    }
}

fn tell(told: &mut Sorter<'_>, story: Option<Story>) -> Result<(), ExportError> {
    let Some(mut story) = story else {
        return Ok(());
    };
    if let What::Said(message) = &mut story.what
        && let Some(text) = &mut message.text
    {
        if let Some(poll) = message.poll.take() {
            text.push_str(&poll.words());
        }
        // As it was shown with each wording of it.
        let edits = message.edits.iter_mut();
        let texts = edits.filter_map(|edit| edit.text.as_mut());
        for text in std::iter::once(text).chain(texts) {
            if let Some((url, words)) = &message.preview
                && has_link(text, url)
            {
                text.push_str("\n\n[Link preview] ");
                text.push_str(words);
            }
            if message.urgent {
                text.push_str("\n\n[Urgent]");
            }
        }
    }
    told.push((story.at, story.index, 1), &Told::Story(story))
}

fn amend(story: &mut Story, seq: u64, raw: Raw, told: &mut Sorter<'_>) -> Result<(), ExportError> {
    let (index, at, by, own) = (story.index, story.at, story.by, story.seq == seq);
    let What::Said(message) = &mut story.what else {
        return Ok(());
    };
    match raw {
        Raw::Receipt(receipt) => {
            let known = |r: &Receipt| r.by == receipt.by && r.read == receipt.read;
            if !message.receipts.iter().any(known) {
                let full = message.receipts.len() >= AMENDMENTS_MAX;
                message.untold += u64::from(full);
                message.receipts.extend(Some(receipt).filter(|_| !full));
            }
        }
        // Of something that is no message, or not in the range.
        _ if !own => {}
        Raw::Base(_) => {}
        Raw::Asks(reply_at, reply) => {
            message.replies += 1;
            told.push((reply_at, reply, 0), &Told::Root(Root { index, at, by }))?;
        }
        Raw::Edited(edit) => {
            // The newest is what is shown.
            if message.edits.len() >= AMENDMENTS_MAX {
                message.edits.pop();
                message.untold += 1;
            }
            message.edits.push(edit);
        }
        Raw::Voted(by, votes) => {
            if let Some(poll) = &mut message.poll {
                let full = poll.votes.len() >= VOTERS_MAX && !poll.votes.contains_key(&by);
                message.untold += u64::from(full);
                poll.votes.extend(Some((by, votes)).filter(|_| !full));
            }
        }
        Raw::Closed => message.poll.iter_mut().for_each(|poll| poll.closed = true),
        Raw::Deleted(by, at) => {
            message.deleted.get_or_insert((by, at));
        }
        Raw::Reacted(reaction, on) => {
            let same = |r: &Reaction| r.by == reaction.by && r.emoji == reaction.emoji;
            message.reactions.retain(|r| !same(r));
            let full = message.reactions.len() >= AMENDMENTS_MAX;
            message.untold += u64::from(on && full);
            message
                .reactions
                .extend(Some(reaction).filter(|_| on && !full));
        }
    }
    Ok(())
}

fn what(head: &Head, picked: &Picked, natives: &[Option<String>]) -> Option<What> {
    if !head.is_message() {
        return membership(head);
    }
    let mut message = Message {
        gone: picked.forgotten,
        thread: head.number("thread"),
        reply: head.number("reply"),
        urgent: head.object.get("urgent").and_then(Value::as_bool) == Some(true),
        assigned: id(head.object.get("person")).filter(|_| head.act == "message.imported"),
        ..Message::default()
    };
    if let Some((_, said)) = &picked.content {
        message.text = Some(said.text.clone().unwrap_or_default());
        message.poll = head.object.get("poll").map(|poll| Poll {
            options: said.options.clone(),
            many: poll.get("many").and_then(Value::as_bool).unwrap_or(false),
            ..Poll::default()
        });
        message.preview = said.preview.as_ref().map(|preview| {
            let words: Vec<&str> = preview.lines().collect();
            (preview.url.clone(), words.join("\n"))
        });
        message.claimed = said.imported.as_ref().map(|claim| {
            let from = claim.get("from").and_then(Value::as_str);
            let at = claim.get("at").and_then(Value::as_u64);
            (from.unwrap_or_default().to_owned(), at.unwrap_or_default())
        });
        let files = said.files.iter().zip(natives).map(|(file, path)| File {
            id: file.id,
            name: file.name.clone(),
            mime: file.mime.clone(),
            size: file.size,
            sha256: file.sha256.0,
            path: path.clone(),
        });
        message.files = files.collect();
    }
    Some(What::Said(Box::new(message)))
}

fn membership(head: &Head) -> Option<What> {
    let person = || id(head.object.get("person"));
    match head.act.as_str() {
        "channel.created" => {
            let lists = ["owners", "members"].map(|key| head.object.get(key));
            let all = lists.into_iter().flatten().filter_map(Value::as_array);
            Some(What::Created(
                all.flatten().filter_map(|one| id(Some(one))).collect(),
            ))
        }
        "member.added" => person().map(What::Joined),
        "member.removed" | "member.left" => person().map(What::Left),
        _ => None,
    }
}

fn apply(members: &mut BTreeSet<Id>, what: &What) {
    match what {
        What::Created(all) => members.extend(all),
        What::Joined(person) => {
            members.insert(*person);
        }
        What::Left(person) => {
            members.remove(person);
        }
        What::Said(_) => {}
    }
}

fn id(value: Option<&Value>) -> Option<Id> {
    value?.as_str()?.parse().ok()
}

/// All of the range, to be told as often as there are formats.
pub struct Stories<'s> {
    sorted: Sorted<'s>,
    members: BTreeSet<Id>,
    /// Of chosen messages nothing else is told.
    said_only: bool,
}

type Visit<'v> = dyn FnMut(&Slice) -> Result<(), ExportError> + 'v;

impl Stories<'_> {
    pub fn each_slice(&self, visit: &mut Visit<'_>) -> Result<(), ExportError> {
        let mut members = self.members.clone();
        let mut slice: Option<Slice> = None;
        let (mut text, mut files, mut root) = (0, 0, None);
        self.sorted.each(&mut |_, told: Told| {
            let mut story = match told {
                Told::Root(of) => {
                    root = Some(of);
                    return Ok(());
                }
                Told::Story(story) => story,
            };
            if self.said_only && story.message().is_none() {
                apply(&mut members, &story.what);
                let open = slice.iter_mut();
                open.for_each(|slice| slice.members.extend(&members));
                return Ok(());
            }
            let mut bytes = 0;
            if let What::Said(message) = &mut story.what {
                message.root = root.take();
                bytes = message.files.iter().map(File::bytes).sum();
            }
            let (day, weight) = (story.at / DAY_MS, story.weight());
            let fits = slice.as_ref().is_some_and(|slice| {
                slice.day == day
                    && slice.stories.len() < SLICE_EVENTS_MAX
                    && text + weight <= SLICE_TEXT_BYTES_MAX
                    && files + bytes <= SLICE_FILES_BYTES_MAX
            });
            if !fits {
                let mut part = 1;
                if let Some(full) = slice.take().filter(|slice| !slice.stories.is_empty()) {
                    visit(&full)?;
                    part = if full.day == day { full.part + 1 } else { 1 };
                }
                (text, files) = (0, 0);
                slice = Some(Slice {
                    day,
                    part,
                    members: members.clone(),
                    stories: Vec::new(),
                });
            }
            apply(&mut members, &story.what);
            (text, files) = (text + weight, files + bytes);
            if let Some(slice) = &mut slice {
                // A channel begins with those it was made for.
                if let What::Created(all) = &story.what {
                    slice.members.extend(all);
                } else {
                    slice.stories.push(story);
                }
            }
            Ok(())
        })?;
        match slice.filter(|slice| !slice.stories.is_empty()) {
            Some(slice) => visit(&slice),
            None => Ok(()),
        }
    }

    pub fn discard(self) -> Result<(), ExportError> {
        self.sorted.discard()
    }
}
