//! The workspace's name, and the officer's exports.

use std::collections::BTreeSet;

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::{ExportFormat, ExportRequest, REASON_CHARS_MAX, clean_name, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::ExportState;

pub(super) fn rename_workspace(build: &mut Build<'_>, name: &str) -> Result<(), Refusal> {
    let workspace = build.state.workspace.id.ok_or(Refusal::NotFound)?;
    let name = clean_name(name, "The workspace's name")?;
    build.push(
        Act::WorkspaceRenamed {},
        None,
        Some(Content::name(name)),
        migrations_free_store::Scope::Channel(workspace),
        None,
    );
    Ok(())
}

/// As they are recorded: sorted, the evidence among them; empty when nothing was chosen.
pub(super) fn formats(chosen: Option<&[ExportFormat]>) -> Result<Vec<ExportFormat>, Refusal> {
    let Some(chosen) = chosen else {
        return Ok(Vec::new());
    };
    let mut formats = BTreeSet::from([ExportFormat::Jsonl]);
    for format in chosen {
        if !formats.insert(*format) && *format != ExportFormat::Jsonl {
            return Err(Refusal::invalid("A format is chosen once."));
        }
    }
    // Its families hang on the files of the other.
    if formats.contains(&ExportFormat::Concordance) && !formats.contains(&ExportFormat::Rsmf) {
        return Err(Refusal::invalid(
            "A load file names the files of RSMF: choose both.",
        ));
    }
    Ok(formats.into_iter().collect())
}

pub(super) fn request_export(
    build: &mut Build<'_>,
    asked: &ExportRequest,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let channels = &build.state.channels;
    channels.get(&asked.c).ok_or(Refusal::NotFound)?;
    let formats = formats(asked.formats.as_deref())?;
    if asked.from >= asked.to {
        return Err(Refusal::invalid(
            "The range is empty: from must lie before to.",
        ));
    }
    let reason = clean_text(&asked.reason, "The reason", REASON_CHARS_MAX)?;
    let case = clean_text(&asked.case, "The case", REASON_CHARS_MAX)?;
    if reason.is_empty() || case.is_empty() {
        return Err(Refusal::invalid("An export needs a case and a reason."));
    }
    build.audit(
        Act::ExportRequested {
            export: facts.ids.take()?,
            from: asked.from,
            to: asked.to,
            formats,
            chosen: None,
            schedule: None,
        },
        Some(asked.c),
        Some(Content {
            reason: Some(reason),
            case: Some(case),
            ..Content::default()
        }),
    );
    Ok(())
}

pub(super) fn decide_export(
    build: &mut Build<'_>,
    export: Id,
    approve: bool,
) -> Result<(), Refusal> {
    let known = build.state.exports.get(&export).ok_or(Refusal::NotFound)?;
    if known.state != ExportState::Waiting {
        return Err(Refusal::Conflict("This export was already decided."));
    }
    let act = if approve {
        Act::ExportApproved {
            export,
            schedule: None,
        }
    } else {
        Act::ExportRefused { export }
    };
    build.audit(act, Some(known.channel), None);
    Ok(())
}

/// Given up: what waits is not decided about, what is being built is not finished, and what is ready goes.
pub(super) fn cancel_export(build: &mut Build<'_>, export: Id) -> Result<(), Refusal> {
    let known = build.state.exports.get(&export).ok_or(Refusal::NotFound)?;
    if known.schedule.is_some() {
        return Err(Refusal::Conflict(
            "A schedule ordered this export: end the schedule.",
        ));
    }
    match known.state {
        ExportState::Waiting | ExportState::Running | ExportState::Ready => {}
        _ => return Err(Refusal::Conflict("There is nothing to cancel any more.")),
    }
    build.audit(Act::ExportCancelled { export }, Some(known.channel), None);
    Ok(())
}

/// Its days are over, and its key is destroyed. Asked for by the server alone.
pub(super) fn expire_export(build: &mut Build<'_>, export: Id) -> Result<(), Refusal> {
    let known = build.state.exports.get(&export).ok_or(Refusal::NotFound)?;
    if !known.has_expired(build.state.latest(build.now_ms)) {
        return Err(Refusal::Conflict("This bundle has not expired."));
    }
    build.audit(Act::ExportExpired { export }, Some(known.channel), None);
    Ok(())
}
