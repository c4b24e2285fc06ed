//! The workspace, retention policy, and the officer's exports.

use migrations_free_store::Id;

use super::{Build, Facts};
use crate::chat::command::{KEEP_DAYS_MAX, REASON_CHARS_MAX, clean_name, clean_text};
use crate::chat::event::{Act, Content, Keep};
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

pub(super) fn policy(
    build: &mut Build<'_>,
    c: Option<Id>,
    keep_days: Option<u32>,
    inherit: bool,
) -> Result<(), Refusal> {
    let keep = keep(c, keep_days, inherit)?;
    if let Some(id) = c {
        build.state.channels.get(&id).ok_or(Refusal::NotFound)?;
    }
    build.audit(Act::PolicySet { keep }, c, None);
    Ok(())
}

/// What a policy command or preview asks for.
pub fn keep(c: Option<Id>, keep_days: Option<u32>, inherit: bool) -> Result<Keep, Refusal> {
    match (inherit, keep_days) {
        (true, _) if c.is_none() => Err(Refusal::invalid(
            "The workspace has nothing to inherit from.",
        )),
        (true, Some(_)) => Err(Refusal::invalid("Either inherit or keep_days, not both.")),
        (true, None) => Ok(Keep::Inherit),
        (false, None) => Ok(Keep::Forever),
        (false, Some(days)) if (1..=KEEP_DAYS_MAX).contains(&days) => Ok(Keep::Days(days)),
        (false, Some(_)) => Err(Refusal::Invalid(format!(
            "Keep 1 to {KEEP_DAYS_MAX} days, or for ever."
        ))),
    }
}

pub(super) fn request_export(
    build: &mut Build<'_>,
    c: Id,
    from: u64,
    to: u64,
    reason: &str,
    case: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    build.state.channels.get(&c).ok_or(Refusal::NotFound)?;
    if from >= to {
        return Err(Refusal::invalid(
            "The range is empty: from must lie before to.",
        ));
    }
    let reason = clean_text(reason, "The reason", REASON_CHARS_MAX)?;
    let case = clean_text(case, "The case", REASON_CHARS_MAX)?;
    if reason.is_empty() || case.is_empty() {
        return Err(Refusal::invalid("An export needs a case and a reason."));
    }
    let act = Act::ExportRequested {
        export: facts.ids.take()?,
        from,
        to,
    };
    build.audit(
        act,
        Some(c),
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
        Act::ExportApproved { export }
    } else {
        Act::ExportRefused { export }
    };
    build.audit(act, Some(known.channel), None);
    Ok(())
}
