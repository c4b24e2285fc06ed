//! Messages that are written now and sent later, by the rules of the moment at which they are sent.

use migrations_free_store::Id;

use super::message::{self, open_channel};
use super::{Build, Facts, supervise};
use crate::chat::authorise::may_write;
use crate::chat::command::Send;
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::schedule::{
    SCHEDULED_AHEAD_MS, SCHEDULED_CHANGES_MAX, SCHEDULED_MAX, Scheduled, Unsent, Waited,
};
use crate::chat::state::{DAY_MS, day_of};
use crate::chat::subject::Subject;
use crate::chat::supervision::Writing;

/// What is to be sent, and when.
pub(super) struct Wanted<'a> {
    pub b: &'a str,
    pub m: &'a [Id],
    pub at: u64,
    pub acknowledged: &'a [Id],
}

pub(super) fn schedule(
    build: &mut Build<'_>,
    c: Id,
    wanted: &Wanted<'_>,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let (text, mentions) = fits(build, c, wanted)?;
    if build.state.schedules.of(build.person()).count() >= SCHEDULED_MAX {
        return Err(Refusal::Fault {
            code: "schedule/full",
            message: format!(
                "You have {SCHEDULED_MAX} messages that wait. Send or cancel one first."
            ),
        });
    }
    let act = Act::MessageScheduled {
        schedule: facts.ids.take()?,
        due_at: wanted.at,
        mentions,
    };
    build.said(c, act, text)
}

pub(super) fn change(
    build: &mut Build<'_>,
    schedule: Id,
    wanted: &Wanted<'_>,
) -> Result<(), Refusal> {
    let known = own(build, schedule)?;
    let c = known.channel;
    if known.texts.len() > SCHEDULED_CHANGES_MAX {
        return Err(Refusal::Conflict(
            "This message was changed too often. Cancel it and write it anew.",
        ));
    }
    may_write(build.state, build.person(), c, false)?;
    let (text, mentions) = fits(build, c, wanted)?;
    let act = Act::ScheduleChanged {
        schedule,
        due_at: wanted.at,
        mentions,
    };
    build.said(c, act, text)
}

pub(super) fn cancel(build: &mut Build<'_>, schedule: Id) -> Result<(), Refusal> {
    let channel = own(build, schedule)?.channel;
    build.audit(Act::ScheduleCancelled { schedule }, Some(channel), None);
    Ok(())
}

pub(super) fn now(build: &mut Build<'_>, schedule: Id, facts: &Facts) -> Result<(), Refusal> {
    let known = own(build, schedule)?;
    post(build, schedule, known, facts)
}

/// Its time has come. Never before that, whoever asks; and what cannot be sent says why and keeps its words.
pub(super) fn due(
    build: &mut Build<'_>,
    person: Id,
    schedule: Id,
    facts: &Facts,
) -> Result<(), Refusal> {
    let system = std::mem::replace(&mut build.person, person);
    let known = own(build, schedule)?;
    if known.unsent.is_some() || build.now_ms < known.due_at {
        return Err(Refusal::Conflict("Its time has not come."));
    }
    let Err(refusal) = post(build, schedule, known, facts) else {
        return Ok(());
    };
    let why = Unsent::of(&refusal).ok_or(refusal)?;
    build.person = system;
    let act = Act::ScheduleFailed {
        schedule,
        person,
        why,
    };
    build.audit(act, Some(known.channel), None);
    Ok(())
}

fn own<'s>(build: &Build<'s>, schedule: Id) -> Result<&'s Scheduled, Refusal> {
    let theirs = build.state.schedules.get(build.person(), schedule);
    theirs.ok_or(Refusal::NotFound)
}

/// The ordinary decision, as if its author had sent it at this moment.
fn post(
    build: &mut Build<'_>,
    schedule: Id,
    known: &Scheduled,
    facts: &Facts,
) -> Result<(), Refusal> {
    let state = build.state;
    let person = build.person();
    may_write(state, person, known.channel, false)?;
    let (_, day) = known.words().ok_or(Refusal::Gone)?;
    let is_taken =
        |subject: &Subject| matches!(subject, Subject::Person { person: p, .. } if *p == person);
    if state.is_doomed(known.channel, day, None) || state.unfinished.iter().any(is_taken) {
        return Err(Refusal::Unavailable);
    }
    let words = facts.words.as_ref().and_then(|words| words.text.clone());
    // Whoever left meanwhile is not called any more.
    let members = state.channels.get(&known.channel).map(|c| &c.members);
    let is_here = |p: &&Id| members.is_some_and(|all| all.contains_key(p));
    let send = Send {
        c: known.channel,
        b: words.ok_or(Refusal::Gone)?,
        th: None,
        re: None,
        f: Vec::new(),
        m: known.mentions.iter().filter(is_here).copied().collect(),
        ask: false,
        urgent: false,
        poll: None,
        lp: None,
        acknowledged: Vec::new(),
    };
    let waited = Waited {
        schedule,
        texts: known.texts.clone(),
    };
    message::send(build, &send, Some(waited), facts)
}

/// What is scheduled could be sent now, but for the pause of a slow channel; and its words live until their time.
fn fits(build: &Build<'_>, c: Id, wanted: &Wanted<'_>) -> Result<(Content, Vec<Id>), Refusal> {
    let (channel, at) = (open_channel(build.state, c)?, wanted.at);
    let text = message::text(wanted.b)?;
    if text.trim().is_empty() {
        return Err(Refusal::invalid(
            "A message that is sent later needs a text.",
        ));
    }
    let mentions = message::mentions(channel, wanted.m)?;
    if at <= build.now_ms {
        return Err(Refusal::invalid("Choose a time that is still to come."));
    }
    if at - build.now_ms > SCHEDULED_AHEAD_MS {
        let days = SCHEDULED_AHEAD_MS / DAY_MS;
        return Err(Refusal::Invalid(format!(
            "A message can wait for {days} days at most."
        )));
    }
    let (written, due) = (day_of(build.now_ms), day_of(at));
    let goes = |keep: Option<u32>| keep.is_some_and(|days| written.saturating_add(days) < due);
    let coming = build.state.coming(Some((c, channel)));
    let will_go = coming.is_some_and(|(from, keep)| from < at && goes(keep));
    if goes(build.state.keep_days(channel)) || will_go {
        return Err(Refusal::Fault {
            code: "schedule/rule",
            message: "This channel does not keep what is written for so long: it would be destroyed before it is sent. Choose an earlier time.".into(),
        });
    }
    // Its author is asked now, while there. When its time comes, what a rule finds is taken then.
    let writing = Writing {
        channel: c,
        q: None,
        texts: &[text],
        acknowledged: Some(wanted.acknowledged),
    };
    supervise::judge(build, &writing)?;
    Ok((Content::text(text), mentions))
}
