//! Polls: a message that asks, who chooses what, and when that ends.
//!
//! A vote is a message's amendment like a reaction: sealed with it, never overwritten, and gone with it.

use migrations_free_store::Id;

use super::message::{live_day, message_target, open_channel};
use super::{Build, Facts};
use crate::chat::command::{POLL_OPTION_CHARS_MAX, POLL_OPTIONS, Send, Target, clean_text};
use crate::chat::event::{Act, Content, PollFact};
use crate::chat::refusal::Refusal;

/// What a message asks, when it is a poll: the answers as they are kept.
pub(super) fn asked(send: &Send) -> Result<Option<(PollFact, Vec<String>)>, Refusal> {
    let Some(poll) = &send.poll else {
        return Ok(None);
    };
    if send.b.trim().is_empty() {
        return Err(Refusal::invalid("A poll needs a question."));
    }
    if send.th.is_some() || send.ask || !send.f.is_empty() {
        return Err(Refusal::invalid(
            "A poll stands in the main timeline, without files, and asks for votes alone.",
        ));
    }
    if !POLL_OPTIONS.contains(&poll.o.len()) {
        return Err(Refusal::Invalid(format!(
            "A poll has {} to {} answers.",
            POLL_OPTIONS.start(),
            POLL_OPTIONS.end()
        )));
    }
    let mut options = Vec::with_capacity(poll.o.len());
    for raw in &poll.o {
        let option = clean_text(raw, "An answer", POLL_OPTION_CHARS_MAX)?.replace('\n', " ");
        if option.is_empty() {
            return Err(Refusal::invalid("An answer may not be empty."));
        }
        if options.contains(&option) {
            return Err(Refusal::invalid("Each answer is there once."));
        }
        options.push(option);
    }
    let fact = PollFact {
        options: u8::try_from(options.len()).map_err(|_| Refusal::Unavailable)?,
        many: poll.many,
    };
    Ok(Some((fact, options)))
}

pub(super) fn vote(
    build: &mut Build<'_>,
    c: Id,
    q: u64,
    chosen: &[u8],
    facts: &Facts,
) -> Result<(), Refusal> {
    open_channel(build.state, c)?;
    let (target, poll) = poll_of(facts)?;
    if target.closed {
        return Err(Refusal::Fault {
            code: "poll/closed",
            message: "This poll is closed.".into(),
        });
    }
    let mut votes = chosen.to_vec();
    votes.sort_unstable();
    votes.dedup();
    if votes.iter().any(|vote| *vote >= poll.options) || (votes.len() > 1 && !poll.many) {
        return Err(Refusal::Invalid(format!(
            "Choose {} of the {} answers.",
            if poll.many { "any" } else { "one" },
            poll.options
        )));
    }
    let day = live_day(build.state, c, q, target.day)?;
    let content = Content {
        votes,
        ..Content::default()
    };
    build.amended(c, day, Act::PollVoted { of: q }, Some(content));
    Ok(())
}

/// The author ends it, or an owner. Whoever ends it twice has ended it.
pub(super) fn close(build: &mut Build<'_>, c: Id, q: u64, facts: &Facts) -> Result<(), Refusal> {
    let seen = build.state.seen_channel(c, build.person());
    let (_, member) = seen.ok_or(Refusal::NotFound)?;
    let (target, _) = poll_of(facts)?;
    if target.author != build.person() && !member.owner {
        return Err(Refusal::Forbidden);
    }
    if target.closed {
        return Ok(());
    }
    let day = live_day(build.state, c, q, target.day)?;
    build.amended(c, day, Act::PollClosed { of: q }, None);
    Ok(())
}

fn poll_of(facts: &Facts) -> Result<(Target, PollFact), Refusal> {
    let target = message_target(facts)?;
    let poll = target.poll.ok_or_else(|| Refusal::Fault {
        code: "poll/none",
        message: "This message is no poll.".into(),
    })?;
    Ok((target, poll))
}
