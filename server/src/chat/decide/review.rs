//! Reading for a matter: grants with four eyes, their end, and every look, which is on record before it is answered.

use migrations_free_store::Id;

use super::{Build, Facts, supervise};
use crate::chat::command::{HOLD_NAMES_MAX, Look, REASON_CHARS_MAX, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::grant::{GRANT_DAYS_MAX, Grant, GrantState, Reach};
use crate::chat::refusal::Refusal;
use crate::chat::state::{DAY_MS, State, day_of};

/// Nothing may be left that it keeps: whoever closes a matter has decided about each hold.
pub(super) fn close_matter(build: &mut Build<'_>, matter: Id) -> Result<(), Refusal> {
    open_matter(build.state, matter)?;
    if build.state.holds.values().any(|hold| hold.matter == matter) {
        return Err(Refusal::Conflict(
            "This matter still holds records. Release its holds first.",
        ));
    }
    build.audit(Act::MatterClosed { matter }, None, None);
    Ok(())
}

pub(super) fn open_matter(state: &State, matter: Id) -> Result<(), Refusal> {
    let known = state.matters.get(&matter).ok_or(Refusal::NotFound)?;
    if known.closed_at.is_some() {
        return Err(Refusal::Conflict("This matter is closed."));
    }
    Ok(())
}

/// Which messages a hold, a grant or a count is about, checked: known names, and a range.
pub fn reach(
    state: &State,
    channels: &[Id],
    people: &[Id],
    from: Option<u64>,
    to: Option<u64>,
) -> Result<Reach, Refusal> {
    if channels.len().max(people.len()) > HOLD_NAMES_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {HOLD_NAMES_MAX} channels and as many people at once."
        )));
    }
    let known = channels.iter().all(|c| state.channels.contains_key(c))
        && people.iter().all(|p| state.people.contains_key(p));
    if !known {
        return Err(Refusal::NotFound);
    }
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Refusal::invalid(
            "The range is empty: from must not lie behind to.",
        ));
    }
    Ok(Reach {
        channels: channels.to_vec(),
        people: people.to_vec(),
        from_day: from.map(day_of),
        to_day: to.map(day_of),
    })
}

pub(super) fn request(
    build: &mut Build<'_>,
    matter: Id,
    reach: Reach,
    days: u32,
    reason: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    open_matter(build.state, matter)?;
    if reach.channels.is_empty() && reach.people.is_empty() {
        return Err(Refusal::invalid("A grant names channels, or people."));
    }
    if !(1..=GRANT_DAYS_MAX).contains(&days) {
        return Err(Refusal::Invalid(format!(
            "A grant stands for 1 to {GRANT_DAYS_MAX} days."
        )));
    }
    let reason = clean_text(reason, "The reason", REASON_CHARS_MAX)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("Nothing is opened without a reason."));
    }
    let act = Act::GrantRequested {
        grant: facts.ids.take()?,
        matter,
        reach,
        days,
    };
    let content = Content {
        reason: Some(reason),
        ..Content::default()
    };
    build.audit(act, None, Some(content));
    Ok(())
}

pub(super) fn decide_grant(build: &mut Build<'_>, grant: Id, approve: bool) -> Result<(), Refusal> {
    let known = build.state.grants.get(&grant).ok_or(Refusal::NotFound)?;
    if known.state != GrantState::Waiting {
        return Err(Refusal::Conflict("This grant was already decided."));
    }
    let act = if approve {
        let stands_ms = u64::from(known.days) * DAY_MS;
        Act::GrantApproved {
            grant,
            expires_at: build.state.latest(build.now_ms) + stands_ms,
        }
    } else {
        Act::GrantRefused { grant }
    };
    build.audit(act, None, None);
    Ok(())
}

pub(super) fn end(build: &mut Build<'_>, grant: Id) -> Result<(), Refusal> {
    let known = build.state.grants.get(&grant).ok_or(Refusal::NotFound)?;
    if !known.is_open() || known.has_expired(build.state.latest(build.now_ms)) {
        return Err(Refusal::Conflict("This grant does not stand any more."));
    }
    let expired = false;
    build.audit(Act::GrantEnded { grant, expired }, None, None);
    Ok(())
}

/// Its day has come. Asked for by the server alone.
pub(super) fn expire(build: &mut Build<'_>, grant: Id) -> Result<(), Refusal> {
    let known = build.state.grants.get(&grant).ok_or(Refusal::NotFound)?;
    if !known.has_expired(build.state.latest(build.now_ms)) {
        return Err(Refusal::Conflict("This grant has not expired."));
    }
    let expired = true;
    build.audit(Act::GrantEnded { grant, expired }, None, None);
    Ok(())
}

/// The grant, while it stands.
pub fn standing(state: &State, grant: Id, now_ms: u64) -> Result<&Grant, Refusal> {
    let known = state.grants.get(&grant).ok_or(Refusal::NotFound)?;
    if known.stands(state.latest(now_ms)) {
        Ok(known)
    } else {
        Err(Refusal::Fault {
            code: "grant/not_standing",
            message: "This grant waits, was refused, or has ended. Nothing was opened.".into(),
        })
    }
}

pub(super) fn look(build: &mut Build<'_>, look: &Look) -> Result<(), Refusal> {
    if let Look::Counted {
        matter,
        reach,
        words,
    } = look
    {
        open_matter(build.state, *matter)?;
        let (matter, reach) = (*matter, reach.clone());
        build.audit(Act::LookCounted { matter, reach }, None, sealed(words));
        return Ok(());
    }
    if let Look::Supervised { item } = look {
        return supervise::look(build, *item);
    }
    let (grant, channels) = look.under().ok_or(Refusal::NotFound)?;
    let standing = standing(build.state, grant, build.now_ms)?;
    let reach = standing.reach();
    if !channels.iter().all(|c| reach.has_channel(*c)) {
        return Err(Refusal::NotFound);
    }
    let matter = standing.matter;
    let (act, content) = match look {
        Look::Searched {
            reach,
            shown,
            words,
            ..
        } => {
            let act = Act::LookSearched {
                grant,
                matter,
                reach: reach.clone(),
                seen: channels.to_vec(),
                shown: *shown,
            };
            (act, sealed(words))
        }
        Look::Read { ranges, .. } => {
            let act = Act::LookRead {
                grant,
                matter,
                channels: channels.to_vec(),
                ranges: ranges.clone(),
            };
            (act, None)
        }
        Look::Opened { of, file, .. } => {
            let act = Act::LookOpened {
                grant,
                matter,
                channels: channels.to_vec(),
                of: *of,
                file: *file,
            };
            (act, None)
        }
        Look::Counted { .. } | Look::Supervised { .. } => return Err(Refusal::NotFound),
    };
    build.audit(act, None, content);
    Ok(())
}

/// What was looked for is told to nobody who reads the ledger.
fn sealed(words: &str) -> Option<Content> {
    (!words.is_empty()).then(|| Content {
        note: Some(words.to_owned()),
        ..Content::default()
    })
}
