//! Messages that somebody keeps at hand for themselves.

use migrations_free_store::Id;

use super::message::{live_day, message_target};
use super::{Build, Facts};
use crate::chat::event::Act;
use crate::chat::refusal::Refusal;
use crate::chat::state::SAVED_MAX;

pub(super) fn save(
    build: &mut Build<'_>,
    c: Id,
    q: u64,
    on: bool,
    facts: &Facts,
) -> Result<(), Refusal> {
    let person = build.person();
    let (_, member) = build
        .state
        .seen_channel(c, person)
        .ok_or(Refusal::NotFound)?;
    if member.saved.contains_key(&q) == on {
        return Ok(());
    }
    if !on {
        let act = Act::MessageUnsaved { channel: c, of: q };
        build.personal(person, act, None);
        return Ok(());
    }
    let target = message_target(facts)?;
    if build.state.saved_by(person).count() >= SAVED_MAX {
        return Err(Refusal::Fault {
            code: "saved/full",
            message: format!("You have saved {SAVED_MAX} messages. Take one off the list first."),
        });
    }
    let act = Act::MessageSaved {
        channel: c,
        of: q,
        day: live_day(build.state, c, q, target.day)?,
        author: target.author,
    };
    build.personal(person, act, None);
    Ok(())
}
