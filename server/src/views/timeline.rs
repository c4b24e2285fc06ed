//! Pages of a channel: its messages with every edit, deletion, reaction and reply folded in.
//!
//! Read from the log each time; nothing of it is kept. Work per page is bounded.

use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::amendments::{Amendment, Kind};
use super::seen::{Channel, Deleted, Edited, Item, Mine, Quote, Thread};
use super::{Seen, Views, unavailable};
use crate::chat::event::{Act, Event};
use crate::chat::state::{self, day_of};
use crate::chat::{Refusal, Sight};

pub const PAGE_ITEMS_MAX: usize = 100;
pub const PAGE_ITEMS: usize = 50;
/// Events read for one page at most; a page over a desert of reactions comes back short, not late.
const PAGE_EVENTS_MAX: u64 = 4_000;
const QUOTE_CHARS: usize = 140;

#[derive(Clone, Copy, Debug)]
pub enum Window {
    Newest,
    Before(u64),
    After(u64),
    Around(u64),
    /// Around the first one that was written then or later.
    At(u64),
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Page {
    pub items: Vec<Item>,
    pub head: u64,
    pub more_before: bool,
    pub more_after: bool,
    pub expired: Vec<Expired>,
}

/// A day that was destroyed under policy.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Expired {
    pub day: String,
    pub messages: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    pub ts: u64,
    #[schema(value_type = String)]
    pub u: Id,
    pub b: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Receipts {
    #[schema(value_type = Vec<String>)]
    pub read: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    pub delivered: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    pub waiting: Vec<Id>,
}

impl Seen<'_> {
    pub fn channel(&self, c: Id) -> Result<Channel, Refusal> {
        let (channel, sight, last) = self.channel_or_refuse(c, |state, channel, member| {
            let sight = Sight::of_member(c, member);
            let mut shown = Channel::of(state, c, channel);
            shown.pins.retain(|q| sight.takes(*q));
            shown.mine = Some(mine(self.person, channel, member, sight));
            (shown, sight, channel.last_message)
        })?;
        Ok(self.with_last(channel, sight, last))
    }

    /// All channels of this person, as a fresh client needs them.
    pub fn channels(&self) -> Vec<Channel> {
        let found: Vec<_> = {
            let state = self.views.state.read();
            state
                .channels_of(self.person)
                .filter_map(|(id, c)| {
                    let member = c.members.get(&self.person)?;
                    let sight = Sight::of_member(id, member);
                    let mut shown = Channel::of(&state, id, c);
                    shown.pins.retain(|q| sight.takes(*q));
                    shown.mine = Some(mine(self.person, c, member, sight));
                    Some((shown, sight, c.last_message))
                })
                .collect()
        };
        found
            .into_iter()
            .map(|(channel, sight, last)| self.with_last(channel, sight, last))
            .collect()
    }

    fn with_last(&self, mut channel: Channel, sight: Sight, last: Option<u64>) -> Channel {
        if let Some(mine) = &mut channel.mine {
            mine.last = self.last(sight, last);
        }
        channel
    }

    pub fn page(&self, c: Id, window: Window, limit: usize) -> Result<Page, Refusal> {
        let limit = limit.clamp(1, PAGE_ITEMS_MAX);
        let sight = self.sight(c)?;
        let head = self.channel_or_refuse(c, |_, channel, _| channel.head)?;
        let mut page = match window {
            Window::At(ms) => {
                let first = self.first_at(sight, ms)?;
                return self.page(c, first.map_or(Window::Newest, Window::Around), limit);
            }
            Window::Newest => self.backward(sight, head + 1, limit)?,
            Window::Before(q) => self.backward(sight, q.min(head + 1), limit)?,
            Window::After(q) => self.forward(sight, q, head, limit)?,
            Window::Around(q) => {
                let until = q.saturating_add(1).min(head + 1);
                let mut before = self.backward(sight, until, limit / 2 + 1)?;
                let after = self.forward(sight, q, head, limit / 2)?;
                before.items.extend(after.items);
                before.more_after = after.more_after;
                before
            }
        };
        page.head = head;
        self.views.amend(sight, &mut page.items)?;
        self.leave_out(c, &mut page.items)?;
        self.mark_confirmed(c, &mut page.items)?;
        page.expired = self.expired(sight, &page)?;
        Ok(page)
    }

    pub fn thread(&self, c: Id, root: u64, after: u64, limit: usize) -> Result<Page, Refusal> {
        let sight = self.sight(c)?;
        let head = self.channel_or_refuse(c, |_, channel, _| channel.head)?;
        let limit = limit.clamp(1, PAGE_ITEMS_MAX);
        let amendments = self
            .views
            .amendments
            .of_range(c, root, root)
            .map_err(unavailable)?;
        let mut replies = amendments
            .iter()
            .filter(|a| a.kind == Kind::Reply && a.q > after && sight.takes(a.q))
            .map(|a| a.q);
        let mut items = Vec::new();
        items.extend(self.views.row(sight, root)?);
        for q in replies.by_ref().take(limit) {
            items.extend(self.views.row(sight, q)?);
        }
        // Of a thread that is older than one's sight there are the replies that are not.
        let first = items.first().ok_or(Refusal::NotFound)?;
        if sight.takes(root) && (first.q != root || !first.is_message()) {
            return Err(Refusal::NotFound);
        }
        self.views.amend(sight, &mut items)?;
        self.leave_out(c, &mut items)?;
        self.mark_confirmed(c, &mut items)?;
        Ok(Page {
            items,
            head,
            more_before: false,
            more_after: replies.next().is_some(),
            expired: vec![],
        })
    }

    /// Earlier texts of a message, oldest first.
    pub fn history(&self, c: Id, q: u64) -> Result<Vec<Version>, Refusal> {
        let sight = self.sight(c)?;
        sight.reads(q)?;
        let amendments = self
            .views
            .amendments
            .of_range(c, q, q)
            .map_err(unavailable)?;
        if amendments.iter().any(|a| a.kind == Kind::Delete) {
            return Err(Refusal::NotFound);
        }
        let mut versions = Vec::new();
        let edits = amendments
            .iter()
            .filter(|a| a.kind == Kind::Edit)
            .map(|a| a.q);
        for at in std::iter::once(q).chain(edits) {
            if let Some(event) = self.views.event(sight, at)?
                && let Some(text) = event.content.as_ref().and_then(|c| c.text.clone())
            {
                versions.push(Version {
                    ts: event.header.at,
                    u: event.header.actor,
                    b: text,
                });
            }
        }
        if versions.is_empty() {
            Err(Refusal::NotFound)
        } else {
            Ok(versions)
        }
    }

    /// Who has this message, for its author.
    pub fn receipts(&self, c: Id, q: u64) -> Result<Receipts, Refusal> {
        let sight = self.sight(c)?;
        let event = self.views.event(sight, q)?.ok_or(Refusal::NotFound)?;
        if !matches!(event.header.act, Act::MessagePosted { .. })
            || event.header.actor != self.person
        {
            return Err(Refusal::NotFound);
        }
        self.channel_or_refuse(c, |_, channel, _| {
            let mut receipts = Receipts {
                read: vec![],
                delivered: vec![],
                waiting: vec![],
            };
            for (person, member) in channel.members.iter().filter(|(p, _)| **p != self.person) {
                let list = match member {
                    m if m.read >= q => &mut receipts.read,
                    m if m.got >= q => &mut receipts.delivered,
                    _ => &mut receipts.waiting,
                };
                list.push(*person);
            }
            receipts
        })
    }

    /// The event of a message that this person may see, with its place proved by membership.
    pub fn message(&self, c: Id, q: u64) -> Result<Event, Refusal> {
        let sight = self.sight(c)?;
        if self
            .views
            .amendments
            .is_deleted(c, q)
            .map_err(unavailable)?
        {
            return Err(Refusal::NotFound);
        }
        self.views.event(sight, q)?.ok_or(Refusal::NotFound)
    }

    fn last(&self, sight: Sight, last: Option<u64>) -> Option<Item> {
        let mut items: Vec<Item> = self.views.row(sight, last?).ok()?.into_iter().collect();
        self.views.amend(sight, &mut items).ok()?;
        items.pop().filter(|item| item.gone.is_none())
    }

    /// The first number of that time or later; None: nothing has been written since.
    fn first_at(&self, sight: Sight, ms: u64) -> Result<Option<u64>, Refusal> {
        let span = self.channel_or_refuse(sight.channel(), |_, channel, _| {
            let mut days = channel.days.range(day_of(ms)..).map(|(_, day)| day);
            let day = days.find(|day| !day.destroyed && sight.takes(day.to))?;
            Some((day.from.max(sight.first()), day.to))
        })?;
        let Some((mut low, to)) = span else {
            return Ok(None);
        };
        let mut high = to.saturating_add(1);
        while low < high {
            let middle = low.midpoint(high);
            match self.views.event(sight, middle)? {
                Some(event) if event.header.at < ms => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Some(low))
    }

    fn backward(&self, sight: Sight, before: u64, limit: usize) -> Result<Page, Refusal> {
        let mut page = Page::default();
        let before = before.max(sight.first());
        let floor = before.saturating_sub(PAGE_EVENTS_MAX).max(sight.first());
        let mut end = before;
        while end > floor && page.items.len() < limit {
            let start = end.saturating_sub(limit as u64 + 14).max(floor);
            for event in self.views.events(sight, start, end - 1)?.iter().rev() {
                if page.items.len() == limit {
                    break;
                }
                end = event.header.channel_seq.unwrap_or(start);
                page.items.extend(Item::of(event).filter(in_main_timeline));
            }
            if page.items.len() < limit {
                end = start;
            }
        }
        page.items.reverse();
        page.more_before = end > sight.first();
        page.more_after =
            before <= self.channel_or_refuse(sight.channel(), |_, channel, _| channel.head)?;
        Ok(page)
    }

    fn forward(&self, sight: Sight, after: u64, head: u64, limit: usize) -> Result<Page, Refusal> {
        let after = after.max(sight.first() - 1);
        let mut page = Page {
            more_before: after >= sight.first(),
            ..Page::default()
        };
        let ceiling = after.saturating_add(PAGE_EVENTS_MAX).min(head);
        let mut start = after.saturating_add(1);
        while start <= ceiling && page.items.len() < limit {
            let end = start.saturating_add(limit as u64 + 14).min(ceiling);
            for event in &self.views.events(sight, start, end)? {
                if page.items.len() == limit {
                    break;
                }
                start = event.header.channel_seq.unwrap_or(end) + 1;
                page.items.extend(Item::of(event).filter(in_main_timeline));
            }
            if page.items.len() < limit {
                start = end + 1;
            }
        }
        page.more_after = start <= head;
        Ok(page)
    }

    /// Of a destroyed day one line is told; what went alone leaves its place.
    fn leave_out(&self, c: Id, items: &mut Vec<Item>) -> Result<(), Refusal> {
        self.channel_or_refuse(c, |_, channel, _| {
            items.retain(|item| {
                let day = channel.days.get(&day_of(item.ts));
                item.gone.is_none() || day.is_some_and(|day| !day.destroyed)
            });
        })
    }

    /// Destroyed days that lie before, within or directly after the page.
    fn expired(&self, sight: Sight, page: &Page) -> Result<Vec<Expired>, Refusal> {
        self.channel_or_refuse(sight.channel(), |_, channel, _| {
            let from = if page.more_before {
                page.items.first().map_or(0, |i| day_of(i.ts))
            } else {
                0
            };
            let to = if page.more_after {
                page.items.last().map_or(u32::MAX, |i| day_of(i.ts))
            } else {
                u32::MAX
            };
            channel
                .days
                .range(from..=to)
                .filter(|(_, day)| day.destroyed && day.messages > 0 && sight.takes(day.from))
                .map(|(day, facts)| Expired {
                    day: day_text(*day),
                    messages: facts.messages,
                })
                .collect()
        })
    }
}

impl Views {
    /// The row at `q`, alone; its later changes are folded in by `amend`.
    pub(super) fn row(&self, sight: Sight, q: u64) -> Result<Option<Item>, Refusal> {
        Ok(self.event(sight, q)?.as_ref().and_then(Item::of))
    }

    pub(super) fn event(&self, sight: Sight, q: u64) -> Result<Option<Event>, Refusal> {
        Ok(self.events(sight, q, q)?.pop())
    }

    /// Of these the ones in sight.
    pub(super) fn events(&self, sight: Sight, from: u64, to: u64) -> Result<Vec<Event>, Refusal> {
        let from = from.max(sight.first());
        if from > to {
            return Ok(Vec::new());
        }
        let records = self.store.channel_page(sight.channel(), from, to);
        let records = records.map_err(unavailable)?;
        records.iter().map(|record| self.read(record)).collect()
    }

    /// Folds edits, deletions, reactions, replies and quotes into rows of one channel.
    pub fn amend(&self, sight: Sight, items: &mut [Item]) -> Result<(), Refusal> {
        let (Some(low), Some(high)) = (
            items.iter().map(|i| i.q).min(),
            items.iter().map(|i| i.q).max(),
        ) else {
            return Ok(());
        };
        let amendments = self
            .amendments
            .of_range(sight.channel(), low, high)
            .map_err(unavailable)?;
        let mut rest = amendments.as_slice();
        items.sort_unstable_by_key(|i| i.q);
        for item in items.iter_mut() {
            let skip = rest.partition_point(|a| a.of < item.q);
            let take = rest.partition_point(|a| a.of <= item.q);
            self.fold(sight, item, &rest[skip..take])?;
            rest = &rest[take..];
            if let Some(of) = item.quotes.take() {
                item.re = self.quote(sight, of)?;
            }
        }
        Ok(())
    }

    fn fold(&self, sight: Sight, item: &mut Item, amendments: &[Amendment]) -> Result<(), Refusal> {
        for amendment in amendments {
            if amendment.kind == Kind::Reply {
                let thread = item.thread.get_or_insert(Thread {
                    n: 0,
                    last: 0,
                    ts: 0,
                });
                thread.n += 1;
                thread.last = amendment.q;
                continue;
            }
            // Counted, not read: there may be thousands.
            if amendment.kind == Kind::Confirmation {
                item.ask.iter_mut().for_each(|ask| ask.done += 1);
                continue;
            }
            if amendment.kind == Kind::Close {
                item.poll.iter_mut().for_each(|poll| poll.closed = true);
                continue;
            }
            let Some(event) = self.event(sight, amendment.q)? else {
                continue;
            };
            let content = event.content.as_ref();
            match &event.header.act {
                Act::MessageEdited { mentions, .. } => {
                    if let Some(text) = content.and_then(|c| c.text.clone()) {
                        // It goes with its link.
                        item.lp = item.lp.take().filter(|lp| lp.stands_in(&text));
                        item.b = Some(text);
                        item.m.clone_from(mentions);
                        let n = item.ed.as_ref().map_or(1, |e| e.n + 1);
                        item.ed = Some(Edited {
                            ts: event.header.at,
                            n,
                        });
                    }
                }
                Act::MessageDeleted { .. } => {
                    item.del = Some(Deleted {
                        ts: event.header.at,
                        u: event.header.actor,
                    });
                }
                Act::PollVoted { .. } => {
                    if let (Some(poll), Some(content)) = (&mut item.poll, content) {
                        poll.vote(event.header.actor, &content.votes);
                    }
                }
                Act::ReactionAdded { .. } => {
                    if let Some(emoji) = content.and_then(|c| c.emoji.clone()) {
                        let people = item.rx.entry(emoji).or_default();
                        if !people.contains(&event.header.actor) {
                            people.push(event.header.actor);
                        }
                    }
                }
                Act::ReactionRemoved { .. } => {
                    if let Some(emoji) = content.and_then(|c| c.emoji.as_deref())
                        && let Some(people) = item.rx.get_mut(emoji)
                    {
                        people.retain(|p| *p != event.header.actor);
                    }
                }
                _ => {}
            }
        }
        item.rx.retain(|_, people| !people.is_empty());
        if let Some(thread) = &mut item.thread {
            thread.ts = self.event(sight, thread.last)?.map_or(0, |e| e.header.at);
        }
        if item.del.is_some() {
            item.b = None;
            item.f.clear();
            item.rx.clear();
            item.ask = None;
            item.urgent = false;
            item.lp = None;
            item.poll = None;
            item.quotes = None;
        }
        Ok(())
    }

    /// The first words of a quoted message as it reads now: nothing of it is kept elsewhere.
    pub fn quote(&self, sight: Sight, q: u64) -> Result<Option<Quote>, Refusal> {
        let Some(event) = self.event(sight, q)? else {
            return Ok(None);
        };
        let Some(mut item) = Item::of(&event).filter(Item::is_message) else {
            return Ok(None);
        };
        item.quotes = None;
        let amendments = self.amendments.of_range(sight.channel(), q, q);
        let amendments = amendments.map_err(unavailable)?;
        let edits: Vec<Amendment> = amendments
            .into_iter()
            .filter(|a| matches!(a.kind, Kind::Edit | Kind::Delete))
            .collect();
        self.fold(sight, &mut item, &edits)?;
        let text = item.b.unwrap_or_default();
        let text = if text.is_empty() {
            item.f.first().map(|f| f.name.clone()).unwrap_or_default()
        } else {
            text
        };
        Ok(Some(Quote {
            q,
            u: item.u,
            b: text.chars().take(QUOTE_CHARS).collect(),
        }))
    }
}

fn in_main_timeline(item: &Item) -> bool {
    item.th.is_none()
}

fn mine(person: Id, channel: &state::Channel, member: &state::Member, sight: Sight) -> Mine {
    Mine {
        from: sight.first(),
        unread: channel.messages.saturating_sub(member.read_n),
        mentions: member.mentions.len() as u64,
        read: member.read,
        muted: member.muted,
        muted_all: member.muted_all,
        asks: channel
            .asks
            .of(person)
            .filter(|q| sight.takes(*q))
            .collect(),
        saved: member
            .saved
            .keys()
            .copied()
            .filter(|q| sight.takes(*q))
            .collect(),
        wrote_at: Some(member.wrote_at).filter(|at| *at > 0),
        last: None,
    }
}

/// A UTC day as `2026-11-22`.
pub fn day_text(day: u32) -> String {
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}")
}

/// Days since 1970 to year, month, day of month (proleptic Gregorian).
fn civil(day: u32) -> (i64, i64, i64) {
    let z = i64::from(day) + 719_468;
    let era = z / 146_097;
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let date = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_read_as_dates() {
        assert_eq!(super::day_text(0), "1970-01-01");
        assert_eq!(super::day_text(11_016), "2000-02-29");
        assert_eq!(super::day_text(20_779), "2026-11-22");
    }
}
