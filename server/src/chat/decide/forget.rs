//! What is forgotten before its time, on order and with four eyes; and how every destruction begins and ends.

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::{Intent, REASON_CHARS_MAX, REDACT_MESSAGES_MAX, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{OrderState, Ordered};
use crate::chat::subject::Subject;

pub(super) fn request_erase(
    build: &mut Build<'_>,
    person: Id,
    reason: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let known = build.state.people.get(&person).ok_or(Refusal::NotFound)?;
    if known.erased {
        return Err(Refusal::Conflict("This person is forgotten already."));
    }
    if known.active {
        return Err(Refusal::Conflict(
            "This person is still active. Deactivate the account first.",
        ));
    }
    let act = Act::OrderRequested {
        order: facts.ids.take()?,
        person: Some(person),
        messages: Vec::new(),
        days: Vec::new(),
    };
    let content = why(reason)?;
    build.audit(act, None, Some(content));
    Ok(())
}

pub(super) fn request_redact(
    build: &mut Build<'_>,
    c: Id,
    q: &[u64],
    reason: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let channel = build.state.channels.get(&c).ok_or(Refusal::NotFound)?;
    if q.is_empty() || q.len() > REDACT_MESSAGES_MAX {
        return Err(Refusal::Invalid(format!(
            "An order names 1 to {REDACT_MESSAGES_MAX} messages."
        )));
    }
    let named = std::mem::take(&mut facts.days);
    let alive = |day: &u32| channel.days.get(day).is_some_and(|d| !d.destroyed);
    // Where one waited before it was sent may be gone already.
    let (own, waited) = named.split_at(q.len().min(named.len()));
    if own.len() != q.len() || !own.iter().all(|(_, day)| alive(day)) {
        return Err(Refusal::NotFound);
    }
    let is_left = |day: &u32| channel.days.get(day).is_none_or(|d| !d.destroyed);
    let waited = waited.iter().filter(|(_, day)| is_left(day));
    let (messages, days) = own.iter().chain(waited).copied().unzip();
    let act = Act::OrderRequested {
        order: facts.ids.take()?,
        person: None,
        messages,
        days,
    };
    let content = why(reason)?;
    build.audit(act, Some(c), Some(content));
    Ok(())
}

fn why(reason: &str) -> Result<Content, Refusal> {
    let reason = clean_text(reason, "The reason", REASON_CHARS_MAX)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("Nothing is forgotten without a reason."));
    }
    Ok(Content {
        reason: Some(reason),
        ..Content::default()
    })
}

pub(super) fn decide_order(build: &mut Build<'_>, order: Id, approve: bool) -> Result<(), Refusal> {
    let known = build.state.orders.get(&order).ok_or(Refusal::NotFound)?;
    if known.state != OrderState::Waiting {
        return Err(Refusal::Conflict("This order was already decided."));
    }
    if let (true, Ordered::Erase { person }) = (approve, &known.what)
        && build.state.role(*person).is_some()
    {
        return Err(Refusal::Conflict(
            "This person is active again. Deactivate the account first.",
        ));
    }
    let act = if approve {
        Act::OrderApproved { order }
    } else {
        Act::OrderRefused { order }
    };
    build.audit(act, None, None);
    Ok(())
}

pub(super) fn intend(build: &mut Build<'_>, intent: &Intent) -> Result<(), Refusal> {
    let act = Act::DestroyIntended {
        plan: intent.plan,
        size: intent.size,
        days: intent.subject.days(),
        narrowed: intent.subject.narrowed(),
        records: intent.records,
        blobs: intent.blobs,
        places: Some(intent.places.clone()),
        kept: intent.kept.clone(),
    };
    build.audit(act, intent.subject.channel(), None);
    Ok(())
}

/// The members of each channel are told what left it; of a matter nobody is told anything.
pub(super) fn destroyed(build: &mut Build<'_>, intent: &Intent, channels: &[Id]) {
    let subject = &intent.subject;
    let known = subject.channel().and_then(|c| build.state.channels.get(&c));
    let ranges = match (subject, known) {
        (Subject::Days { days, .. }, Some(known)) => days
            .iter()
            .filter_map(|day| known.days.get(day))
            .map(|day| (day.from, day.to))
            .collect(),
        (Subject::Messages { messages, .. }, _) => messages.iter().map(|q| (*q, *q)).collect(),
        _ => Vec::new(),
    };
    for channel in channels {
        let act = Act::DestroyDone {
            plan: intent.plan,
            days: Vec::new(),
            ranges: Vec::new(),
            narrowed: subject.narrowed(),
            records: 0,
            blobs: 0,
            exports: Vec::new(),
        };
        build.audit(act, Some(*channel), None);
    }
    let act = Act::DestroyDone {
        plan: intent.plan,
        days: subject.days(),
        ranges,
        narrowed: subject.narrowed(),
        records: intent.records,
        blobs: intent.blobs,
        exports: intent.exports.clone(),
    };
    build.audit(act, subject.channel(), None);
}
