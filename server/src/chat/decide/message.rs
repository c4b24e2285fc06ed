//! Messages, edits, deletions, reactions and receipts.

use migrations_free_store::Id;

use super::{Ack, Build, Facts, confirm, poll, supervise};
use crate::chat::authorise::{Sight, may_write};
use crate::chat::command::{
    EMOJI_BYTES_MAX, FILES_MAX, MENTIONS_MAX, Send, TEXT_BYTES_MAX, Target, URGENT_PER_DAY_MAX,
};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::schedule::Waited;
use crate::chat::state::{Channel, State, day_of};
use crate::chat::supervision::Writing;

pub(super) fn send(
    build: &mut Build<'_>,
    send: &Send,
    waited: Option<Waited>,
    facts: &Facts,
) -> Result<(), Refusal> {
    let channel = open_channel(build.state, send.c)?;
    slow_enough(build, channel)?;
    let text = text(&send.b)?;
    if text.trim().is_empty() && send.f.is_empty() {
        return Err(Refusal::invalid("A message needs a text or a file."));
    }
    if send.f.len() > FILES_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {FILES_MAX} files a message."
        )));
    }
    if send.th.is_some() || send.re.is_some() {
        let target = message_target(facts)?;
        if send.th.is_some() && target.thread.is_some() {
            return Err(Refusal::invalid(
                "A thread hangs from a message of the main timeline.",
            ));
        }
    }
    let mut files = Vec::with_capacity(send.f.len());
    for id in &send.f {
        let upload = facts
            .uploads
            .get(id)
            .filter(|u| u.channel == send.c && u.by == build.person());
        let upload = upload.ok_or(Refusal::NotFound)?;
        // Midnight came in between: sent again, it is moved again.
        if upload.day != day_of(facts.now_ms) {
            return Err(Refusal::Unavailable);
        }
        files.push(upload.fact.clone());
    }
    let audience = match send.ask {
        true => confirm::audience(build.state, channel, build.person(), send)?,
        false => Vec::new(),
    };
    let (poll, options) = poll::asked(send)?.unzip();
    if send.urgent {
        may_be_urgent(channel, send, facts.now_ms)?;
    }
    let q = channel.head + 1;
    let said = files.iter().map(|f| f.name.as_str());
    let said = said.chain(options.iter().flatten().map(String::as_str));
    let texts: Vec<&str> = std::iter::once(text).chain(said).collect();
    let writing = Writing {
        channel: send.c,
        q: Some(q),
        texts: &texts,
        acknowledged: waited.is_none().then_some(&send.acknowledged),
    };
    let taken = supervise::judge(build, &writing)?;
    let act = Act::MessagePosted {
        n: channel.messages + 1,
        thread: send.th,
        reply: send.re,
        mentions: mentions(channel, &send.m)?,
        files: files.iter().map(|f| f.id).collect(),
        asks: u32::try_from(audience.len()).ok().filter(|n| *n > 0),
        poll,
        waited,
        urgent: send.urgent,
    };
    build.said(
        send.c,
        act,
        Content {
            text: Some(text.to_owned()),
            files,
            audience,
            options: options.unwrap_or_default(),
            preview: facts.preview.clone().filter(|made| made.stands_in(text)),
            ..Content::default()
        },
    )?;
    supervise::take(build, send.c, q, false, taken);
    Ok(())
}

/// May this person write there at all, now? Of a thread with the message that it hangs from.
pub fn could_send(state: &State, person: Id, c: Id, thread: Option<(u64, Option<Target>)>) -> bool {
    let hangs = thread.is_none_or(|(q, target)| {
        let reads = Sight::of(state, person, c).is_ok_and(|sight| sight.reads(q).is_ok());
        reads && live_message(target).is_ok_and(|target| target.thread.is_none())
    });
    hangs && may_write(state, person, c, thread.is_some()).is_ok() && open_channel(state, c).is_ok()
}

/// In a slow channel one waits after each message, whichever device it came from. Owners do not.
fn slow_enough(build: &Build<'_>, channel: &Channel) -> Result<(), Refusal> {
    if channel.slow == 0 {
        return Ok(());
    }
    let pause_ms = u64::from(channel.slow) * 1_000;
    let member = channel.members.get(&build.person()).filter(|m| !m.owner);
    let due_ms = member.map_or(0, |m| m.wrote_at.saturating_add(pause_ms));
    match due_ms.saturating_sub(build.now_ms) {
        0 => Ok(()),
        // A clock that was set back does not make anybody wait for longer than the rule says.
        left_ms => Err(Refusal::Slow {
            after_ms: left_ms.min(pause_ms),
        }),
    }
}

/// In the main timeline, where everybody is told of it, and seldom.
fn may_be_urgent(channel: &Channel, send: &Send, now_ms: u64) -> Result<(), Refusal> {
    if send.th.is_some() {
        return Err(Refusal::invalid(
            "An urgent message stands in the main timeline.",
        ));
    }
    let today = channel.days.get(&day_of(now_ms));
    if today.is_some_and(|day| day.urgent >= URGENT_PER_DAY_MAX) {
        return Err(Refusal::Fault {
            code: "urgent/often",
            message: format!(
                "This channel has had its {URGENT_PER_DAY_MAX} urgent messages of today. Send it as a usual one."
            ),
        });
    }
    Ok(())
}

pub(super) fn edit(
    build: &mut Build<'_>,
    (c, q): (Id, u64),
    b: &str,
    m: &[Id],
    acknowledged: &[Id],
    facts: &Facts,
) -> Result<(), Refusal> {
    let channel = open_channel(build.state, c)?;
    let target = message_target(facts)?;
    if target.author != build.person() {
        return Err(Refusal::Forbidden);
    }
    if target.asks || target.poll.is_some() {
        return Err(Refusal::Conflict(
            "What people confirm or vote on stays as it is. To change it, delete it and write it anew.",
        ));
    }
    let text = text(b)?;
    if text.trim().is_empty() {
        return Err(Refusal::invalid(
            "A message needs a text. To take it back, delete it.",
        ));
    }
    let act = Act::MessageEdited {
        of: q,
        mentions: mentions(channel, m)?,
    };
    let day = live_day(build.state, c, q, target.day)?;
    let writing = Writing {
        channel: c,
        q: None,
        texts: &[text],
        acknowledged: Some(acknowledged),
    };
    let taken = supervise::judge(build, &writing)?;
    build.amended(c, day, act, Some(Content::text(text)));
    supervise::take(build, c, q, true, taken);
    Ok(())
}

pub(super) fn delete(build: &mut Build<'_>, c: Id, q: u64, facts: &Facts) -> Result<(), Refusal> {
    let (_, member) = build
        .state
        .seen_channel(c, build.person())
        .ok_or(Refusal::NotFound)?;
    let target = message_target(facts)?;
    if target.author != build.person() && !member.owner {
        return Err(Refusal::Forbidden);
    }
    let day = live_day(build.state, c, q, target.day)?;
    build.amended(c, day, Act::MessageDeleted { of: q }, None);
    Ok(())
}

pub(super) fn react(
    build: &mut Build<'_>,
    c: Id,
    q: u64,
    emoji: &str,
    on: bool,
    facts: &Facts,
) -> Result<(), Refusal> {
    open_channel(build.state, c)?;
    let target = message_target(facts)?;
    let is_emoji = !emoji.is_empty()
        && emoji.len() <= EMOJI_BYTES_MAX
        && !emoji.is_ascii()
        && emoji
            .chars()
            .all(|ch| !ch.is_alphabetic() && !ch.is_whitespace() && !ch.is_control());
    if !is_emoji {
        return Err(Refusal::invalid("A reaction is one emoji."));
    }
    let act = if on {
        Act::ReactionAdded { of: q }
    } else {
        Act::ReactionRemoved { of: q }
    };
    let day = live_day(build.state, c, q, target.day)?;
    build.amended(c, day, act, Some(Content::emoji(emoji)));
    Ok(())
}

pub(super) fn read(build: &mut Build<'_>, c: Id, q: u64, facts: &Facts) {
    let Some((channel, member)) = build.state.seen_channel(c, build.person()) else {
        return;
    };
    let upto = q.min(channel.head);
    if upto <= member.read {
        return;
    }
    // Up to the newest: the count is known. Else the log says which message stands at q.
    let n = if channel.last_message.is_none_or(|last| upto >= last) {
        channel.messages
    } else {
        facts
            .target
            .filter(|t| t.is_message)
            .map_or(member.read_n, |t| t.n)
    };
    let act = Act::ReceiptRead { upto, n };
    build.audit(act, Some(c), None);
    build.decision.ack = Ack::default();
}

pub(super) fn got(build: &mut Build<'_>, c: Id, q: u64) {
    let Some((channel, member)) = build.state.seen_channel(c, build.person()) else {
        return;
    };
    let upto = q.min(channel.head);
    if upto > member.got {
        build.audit(Act::ReceiptDelivered { upto }, Some(c), None);
    }
}

pub(super) fn mute(build: &mut Build<'_>, c: Id, on: bool, all: bool) {
    let all = on && all;
    let changed = build
        .state
        .seen_channel(c, build.person())
        .is_some_and(|(_, m)| (m.muted, m.muted_all) != (on, all));
    if changed {
        build.audit(Act::ChannelMuted { on, all }, Some(c), None);
    }
}

pub(super) fn open_channel(state: &State, c: Id) -> Result<&Channel, Refusal> {
    let channel = state.channels.get(&c).ok_or(Refusal::NotFound)?;
    if channel.archived {
        return Err(Refusal::Conflict("This channel is archived."));
    }
    Ok(channel)
}

pub(super) fn message_target(facts: &Facts) -> Result<Target, Refusal> {
    live_message(facts.target)
}

fn live_message(target: Option<Target>) -> Result<Target, Refusal> {
    let target = target.filter(|t| t.is_message).ok_or(Refusal::NotFound)?;
    if target.forgotten {
        return Err(Refusal::NotFound);
    }
    if target.deleted {
        return Err(Refusal::Conflict("This message was deleted."));
    }
    Ok(target)
}

/// The log says on which day a message was written. Ranges of numbers would not: after a clock was set back
/// over midnight two days interleave.
pub(super) fn live_day(state: &State, c: Id, q: u64, day: u32) -> Result<u32, Refusal> {
    let known = state.channels.get(&c).and_then(|c| c.days.get(&day));
    known
        .filter(|facts| !facts.destroyed && !state.is_doomed(c, day, Some(q)))
        .map(|_| day)
        .ok_or(Refusal::NotFound)
}

pub fn text(raw: &str) -> Result<&str, Refusal> {
    if raw.len() > TEXT_BYTES_MAX {
        return Err(Refusal::TooLarge {
            limit: TEXT_BYTES_MAX as u64,
        });
    }
    if raw.contains('\0') {
        return Err(Refusal::invalid("A text may not contain NUL."));
    }
    Ok(raw)
}

pub(super) fn mentions(channel: &Channel, people: &[Id]) -> Result<Vec<Id>, Refusal> {
    if people.len() > MENTIONS_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {MENTIONS_MAX} mentions a message."
        )));
    }
    let mut all = people.to_vec();
    all.sort_unstable();
    all.dedup();
    if all.iter().any(|p| !channel.members.contains_key(p)) {
        return Err(Refusal::invalid(
            "Only members of the channel can be mentioned.",
        ));
    }
    Ok(all)
}
