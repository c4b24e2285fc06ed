//! Scheduled exports: proposed by one, approved by another, and then what the server does in their name.

use std::collections::BTreeSet;

use migrations_free_store::Id;

use super::governance::formats;
use super::{Build, Facts};
use crate::chat::archive::{Archive, ArchiveState, CHANNELS_MAX, SCHEDULES_MAX, over_ms};
use crate::chat::command::{ArchivePropose, Arrived, ExportFormat, REASON_CHARS_MAX, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{DAY_MS, ExportState};

pub(super) fn propose(
    build: &mut Build<'_>,
    asked: &ArchivePropose,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let state = build.state;
    let takes_mails = facts.destinations.get(&asked.to).ok_or(Refusal::invalid(
        "There is no such destination: whoever runs the server sets them up in archive.to.",
    ))?;
    if asked.channels.len() > CHANNELS_MAX {
        return Err(Refusal::Invalid(format!(
            "A schedule names at most {CHANNELS_MAX} channels; without any it takes all."
        )));
    }
    let channels: BTreeSet<Id> = asked.channels.iter().copied().collect();
    if channels.iter().any(|id| !state.channels.contains_key(id)) {
        return Err(Refusal::NotFound);
    }
    let is_open =
        |archive: &&Archive| matches!(archive.state, ArchiveState::Waiting | ArchiveState::Running);
    if state.archives.values().filter(is_open).count() >= SCHEDULES_MAX {
        return Err(Refusal::Conflict(
            "There are as many schedules as there can be. End one first.",
        ));
    }
    let mut chosen = asked.formats.clone();
    if *takes_mails {
        let chosen = chosen.get_or_insert_default();
        if !chosen.contains(&ExportFormat::Eml) {
            chosen.push(ExportFormat::Eml);
        }
    }
    let formats = formats(chosen.as_deref())?;
    let reason = clean_text(&asked.reason, "The reason", REASON_CHARS_MAX)?;
    let case = clean_text(&asked.case, "The case", REASON_CHARS_MAX)?;
    if reason.is_empty() || case.is_empty() {
        return Err(Refusal::invalid("A schedule needs a case and a reason."));
    }
    let act = Act::ArchiveProposed {
        schedule: facts.ids.take()?,
        destination: asked.to.clone(),
        channels: channels.into_iter().collect(),
        formats,
    };
    build.audit(act, None, Some(words(reason, case)));
    Ok(())
}

pub(super) fn decide(build: &mut Build<'_>, schedule: Id, approve: bool) -> Result<(), Refusal> {
    let known = build.state.archives.get(&schedule);
    if known.ok_or(Refusal::NotFound)?.state != ArchiveState::Waiting {
        return Err(Refusal::Conflict("This schedule was already decided."));
    }
    let act = if approve {
        Act::ArchiveApproved { schedule }
    } else {
        Act::ArchiveRefused { schedule }
    };
    build.audit(act, None, None);
    Ok(())
}

pub(super) fn end(build: &mut Build<'_>, schedule: Id) -> Result<(), Refusal> {
    let known = build.state.archives.get(&schedule);
    match known.ok_or(Refusal::NotFound)?.state {
        ArchiveState::Waiting | ArchiveState::Running => {
            build.audit(Act::ArchiveEnded { schedule }, None, None);
            Ok(())
        }
        ArchiveState::Refused | ArchiveState::Ended => {
            Err(Refusal::Conflict("This schedule is over already."))
        }
    }
}

/// A channel's day becomes an export, in the name of those who stand behind the schedule.
pub(super) fn order(
    build: &mut Build<'_>,
    (schedule, channel, day): (Id, Id, u32),
    said: (&str, &str),
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let archive = running(build, schedule)?;
    is_open(build, archive, channel, day)?;
    let current = archive.current.and_then(|id| build.state.exports.get(&id));
    let is_used = |export: &crate::chat::state::Export| {
        matches!(export.state, ExportState::Running | ExportState::Ready)
    };
    if current.is_some_and(is_used) {
        return Err(Refusal::Conflict("The one before is not delivered yet."));
    }
    let approver = archive.decided_by.ok_or(Refusal::NotFound)?;
    let export = facts.ids.take()?;
    let request = Act::ExportRequested {
        export,
        from: u64::from(day) * DAY_MS,
        to: over_ms(day),
        formats: archive.formats.clone(),
        chosen: None,
        schedule: Some(schedule),
    };
    let content = words(said.0.to_owned(), said.1.to_owned());
    build.person = archive.by;
    build.audit(request, Some(channel), Some(content));
    build.person = approver;
    let approval = Act::ExportApproved {
        export,
        schedule: Some(schedule),
    };
    build.audit(approval, Some(channel), None);
    Ok(())
}

pub(super) fn delivered(
    build: &mut Build<'_>,
    schedule: Id,
    export: Id,
    arrived: &Arrived,
) -> Result<(), Refusal> {
    running(build, schedule)?;
    let known = current(build, schedule, export)?;
    let act = Act::ArchiveDelivered {
        schedule,
        export,
        day: crate::chat::state::day_of(known.from),
        bytes: arrived.bytes,
        sha256: arrived.sha256,
        pieces: arrived.pieces,
        locked_until: arrived.locked_until,
    };
    let channel = known.channel;
    build.audit(act, Some(channel), None);
    Ok(())
}

pub(super) fn failed(
    build: &mut Build<'_>,
    schedule: Id,
    export: Id,
    why: &str,
) -> Result<(), Refusal> {
    let known = current(build, schedule, export)?;
    let (day, channel) = (crate::chat::state::day_of(known.from), known.channel);
    let act = Act::ArchiveFailed {
        schedule,
        export,
        day,
    };
    let content = Content {
        reason: Some(why.to_owned()),
        ..Content::default()
    };
    build.audit(act, Some(channel), Some(content));
    Ok(())
}

pub(super) fn missed(
    build: &mut Build<'_>,
    schedule: Id,
    channel: Id,
    day: u32,
) -> Result<(), Refusal> {
    let archive = running(build, schedule)?;
    is_open(build, archive, channel, day)?;
    let known = build.state.channels.get(&channel);
    let is_gone = known
        .and_then(|c| c.days.get(&day))
        .is_some_and(|d| d.destroyed);
    if !is_gone {
        return Err(Refusal::Conflict("This day can still be delivered."));
    }
    build.audit(Act::ArchiveMissed { schedule, day }, Some(channel), None);
    Ok(())
}

pub(super) fn close(build: &mut Build<'_>, schedule: Id, day: u32) -> Result<(), Refusal> {
    let archive = running(build, schedule)?;
    let is_whole = build.state.archive_open(archive, day).is_empty();
    if archive.next_day != day || !is_whole || build.now_ms < over_ms(day) {
        return Err(Refusal::Conflict("This day is not settled yet."));
    }
    let missed = archive.lost;
    let settled = u32::try_from(archive.done.len()).unwrap_or(u32::MAX);
    let act = Act::ArchiveClosed {
        schedule,
        day,
        channels: settled.saturating_sub(missed),
        missed,
    };
    build.audit(act, None, None);
    Ok(())
}

fn words(reason: String, case: String) -> Content {
    Content {
        reason: Some(reason),
        case: Some(case),
        ..Content::default()
    }
}

fn running<'s>(build: &Build<'s>, schedule: Id) -> Result<&'s Archive, Refusal> {
    let known = build.state.archives.get(&schedule);
    let archive = known.ok_or(Refusal::NotFound)?;
    if archive.state == ArchiveState::Running {
        Ok(archive)
    } else {
        Err(Refusal::Conflict("This schedule is not running."))
    }
}

fn is_open(build: &Build<'_>, archive: &Archive, channel: Id, day: u32) -> Result<(), Refusal> {
    let is_due = archive.next_day == day && build.now_ms >= over_ms(day);
    let open = build.state.archive_open(archive, day);
    if is_due && open.iter().any(|(id, _)| *id == channel) {
        Ok(())
    } else {
        Err(Refusal::Conflict("This day is not due."))
    }
}

fn current<'s>(
    build: &Build<'s>,
    schedule: Id,
    export: Id,
) -> Result<&'s crate::chat::state::Export, Refusal> {
    let archive = build.state.archives.get(&schedule);
    archive
        .filter(|archive| archive.current == Some(export))
        .and_then(|_| build.state.exports.get(&export))
        .ok_or(Refusal::NotFound)
}
