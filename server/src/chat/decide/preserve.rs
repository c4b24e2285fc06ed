//! Matters, and the holds that keep records for them.

use migrations_free_store::Id;

use super::{Build, Facts, review};
use crate::chat::command::{
    HOLD_WORDS_CHARS_MAX, HOLD_WORDS_MAX, REASON_CHARS_MAX, clean_name, clean_text,
};
use crate::chat::event::{Act, Content};
use crate::chat::grant::Reach;
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
    reach: Reach,
    words: &[String],
    facts: &mut Facts,
) -> Result<(), Refusal> {
    review::open_matter(build.state, matter)?;
    let words = clean_words(words)?;
    let act = Act::HoldPlaced {
        hold: facts.ids.take()?,
        matter,
        channels: reach.channels,
        people: reach.people,
        from_day: reach.from_day,
        to_day: reach.to_day,
        by_words: !words.is_empty(),
    };
    let content = (!words.is_empty()).then(|| Content {
        words,
        ..Content::default()
    });
    build.audit(act, None, content);
    Ok(())
}

/// A line without a word in it would find nothing, and its hold would keep nothing.
pub fn clean_words(words: &[String]) -> Result<Vec<String>, Refusal> {
    let words: Vec<String> = (words.iter().map(|line| line.trim().to_owned())).collect();
    let is_sound = |line: &String| {
        line.chars().count() <= HOLD_WORDS_CHARS_MAX
            && line.chars().any(char::is_alphanumeric)
            && !line.chars().any(char::is_control)
    };
    if words.len() > HOLD_WORDS_MAX || !words.iter().all(is_sound) {
        return Err(Refusal::Invalid(format!(
            "A hold looks for at most {HOLD_WORDS_MAX} searches, each with a word in it and at most {HOLD_WORDS_CHARS_MAX} characters."
        )));
    }
    Ok(words)
}

/// Releasing destroys nothing: what has passed its time goes with the next sweep.
pub(super) fn release_hold(build: &mut Build<'_>, hold: Id) -> Result<(), Refusal> {
    build.state.holds.get(&hold).ok_or(Refusal::NotFound)?;
    build.audit(Act::HoldReleased { hold }, None, None);
    Ok(())
}
