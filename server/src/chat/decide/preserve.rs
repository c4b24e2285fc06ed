//! Matters, and the holds that keep records for them.

use migrations_free_store::Id;

use super::{Build, Facts, review};
use crate::chat::command::{REASON_CHARS_MAX, clean_name, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;

pub(super) fn open_matter(
    build: &mut Build<'_>,
    name: &str,
    reason: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let content = Content {
        case: Some(clean_name(name, "The matter's name")?),
        reason: Some(clean_text(reason, "The reason", REASON_CHARS_MAX)?),
        ..Content::default()
    };
    let matter = facts.ids.take()?;
    build.audit(Act::MatterOpened { matter }, None, Some(content));
    Ok(())
}

pub(super) fn place_hold(
    build: &mut Build<'_>,
    matter: Id,
    channels: &[Id],
    people: &[Id],
    from: Option<u64>,
    to: Option<u64>,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    review::open_matter(build.state, matter)?;
    let reach = review::reach(build.state, channels, people, from, to)?;
    let act = Act::HoldPlaced {
        hold: facts.ids.take()?,
        matter,
        channels: reach.channels,
        people: reach.people,
        from_day: reach.from_day,
        to_day: reach.to_day,
    };
    build.audit(act, None, None);
    Ok(())
}

/// Releasing destroys nothing: what has passed its time goes with the next sweep.
pub(super) fn release_hold(build: &mut Build<'_>, hold: Id) -> Result<(), Refusal> {
    build.state.holds.get(&hold).ok_or(Refusal::NotFound)?;
    build.audit(Act::HoldReleased { hold }, None, None);
    Ok(())
}
