//! Supervision: rules that two officers stand behind, what they make of a message, and what is decided about what they took.
//!
//! Never tells the author of a message that it was taken.

use migrations_free_store::{Id, Position, Scope};

use super::{Build, Draft, Facts};
use crate::chat::command::{
    HOLD_NAMES_MAX, REASON_CHARS_MAX, SupervisionSet, clean_name, clean_text,
};
use crate::chat::event::{Act, Content, SYSTEM};
use crate::chat::refusal::Refusal;
use crate::chat::state::State;
use crate::chat::supervision::{
    Action, Item, NOTICE_CHARS_MAX, Outcome, RULES_MAX, Rule, RuleWords, SAMPLE_MAX, Take,
    WORD_CHARS_MAX, WORDS_MAX, Writing,
};

/// Looks for nothing yet: another officer approves it first.
pub(super) fn set(
    build: &mut Build<'_>,
    asked: &SupervisionSet,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let workspace = build.state.workspace.id.ok_or(Refusal::NotFound)?;
    let live = |rule: &&Rule| rule.removed.is_none();
    if build.state.supervision.rules.values().filter(live).count() >= RULES_MAX {
        return Err(Refusal::Fault {
            code: "supervision/full",
            message: format!("There are {RULES_MAX} rules. Remove one first."),
        });
    }
    if asked.channels.len() > HOLD_NAMES_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {HOLD_NAMES_MAX} channels at once."
        )));
    }
    let mut channels = asked.channels.clone();
    channels.sort_unstable();
    channels.dedup();
    if !channels
        .iter()
        .all(|c| build.state.channels.contains_key(c))
    {
        return Err(Refusal::NotFound);
    }
    if asked.sample > SAMPLE_MAX {
        return Err(Refusal::Invalid(format!(
            "A sample is 0 to {SAMPLE_MAX} of a thousand messages."
        )));
    }
    let secret = (facts.ids.take()?, facts.ids.take()?);
    let words = RuleWords {
        name: clean_name(&asked.name, "The rule's name")?,
        notice: clean_text(&asked.notice, "The notice", NOTICE_CHARS_MAX)?,
        words: lines(&asked.words)?,
        patterns: lines(&asked.patterns)?,
        secret: format!("{}{}", secret.0, secret.1),
    };
    let count = words.words.len() + words.patterns.len();
    if count > WORDS_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {WORDS_MAX} words and patterns a rule."
        )));
    }
    if count == 0 && asked.sample == 0 {
        return Err(Refusal::invalid(
            "A rule looks for words, or takes a sample.",
        ));
    }
    if asked.action != Action::Flag && (words.notice.is_empty() || count == 0) {
        return Err(Refusal::invalid(
            "Whoever is asked or stopped is told why: a rule that does so has words and a notice.",
        ));
    }
    words.compile()?;
    let act = Act::SupervisionProposed {
        rule: facts.ids.take()?,
        action: asked.action,
        channels,
        sample: asked.sample,
    };
    let content = Content {
        rule: Some(words),
        ..Content::default()
    };
    // It is looked for as long as the rule stands: longer than any month of the audit.
    build.push(act, None, Some(content), Scope::Channel(workspace), None);
    Ok(())
}

fn lines(raw: &[String]) -> Result<Vec<String>, Refusal> {
    if raw.len() > WORDS_MAX {
        return Err(Refusal::Invalid(format!(
            "At most {WORDS_MAX} words and patterns a rule."
        )));
    }
    let each = raw
        .iter()
        .map(|line| clean_text(line, "A word or pattern", WORD_CHARS_MAX));
    let mut lines = each.collect::<Result<Vec<_>, _>>()?;
    lines.retain(|line| !line.is_empty());
    Ok(lines)
}

pub(super) fn approve(build: &mut Build<'_>, rule: Id) -> Result<(), Refusal> {
    let known = live(build.state, rule)?;
    if known.approved.is_some() {
        return Err(Refusal::Conflict("This rule was already approved."));
    }
    let channels = known.channels.clone();
    build.audit(Act::SupervisionApproved { rule, channels }, None, None);
    Ok(())
}

/// It opens nothing: one officer is enough, also for what waits, and for what is one's own.
pub(super) fn remove(build: &mut Build<'_>, rule: Id) -> Result<(), Refusal> {
    let channels = live(build.state, rule)?.channels.clone();
    build.audit(Act::SupervisionRemoved { rule, channels }, None, None);
    Ok(())
}

fn live(state: &State, rule: Id) -> Result<&Rule, Refusal> {
    let known = state
        .supervision
        .rules
        .get(&rule)
        .ok_or(Refusal::NotFound)?;
    if known.removed.is_some() {
        return Err(Refusal::Conflict("This rule was already removed."));
    }
    Ok(known)
}

/// What was taken, while nobody has done with it. Nobody reviews themselves.
pub fn waiting(state: &State, item: Position, person: Id) -> Result<&Item, Refusal> {
    let known = state.supervision.queue.get(&item);
    let known = known.ok_or(Refusal::Conflict("This is not in the queue any more."))?;
    if known.author == person {
        return Err(Refusal::Fault {
            code: "supervision/own",
            message: "Nobody reviews what they wrote themselves. Leave it to another officer."
                .into(),
        });
    }
    Ok(known)
}

pub(super) fn review(
    build: &mut Build<'_>,
    item: Position,
    outcome: Outcome,
    note: &str,
) -> Result<(), Refusal> {
    waiting(build.state, item, build.person())?;
    let note = clean_text(note, "The note", REASON_CHARS_MAX)?;
    if note.is_empty() && outcome != Outcome::NoConcern {
        return Err(Refusal::invalid(
            "What is followed up or escalated has a note that says why.",
        ));
    }
    let content = (!note.is_empty()).then(|| Content {
        note: Some(note),
        ..Content::default()
    });
    build.audit(Act::SupervisionReviewed { item, outcome }, None, content);
    Ok(())
}

/// Its content is about to leave, to an officer.
pub(super) fn look(build: &mut Build<'_>, item: Position) -> Result<(), Refusal> {
    let known = waiting(build.state, item, build.person())?;
    let act = Act::LookSupervised {
        item,
        channel: known.channel,
        of: known.of,
    };
    build.audit(act, None, None);
    Ok(())
}

/// What the rules make of a message, before anything of it is decided.
pub(super) fn judge(build: &Build<'_>, writing: &Writing<'_>) -> Result<Option<Take>, Refusal> {
    build.state.supervision.judge(writing)
}

/// By the server, after the message: neither its answer nor anything that its channel hears tells of it.
pub(super) fn take(build: &mut Build<'_>, channel: Id, of: u64, edit: bool, take: Option<Take>) {
    let Some(take) = take else {
        return;
    };
    let act = Act::SupervisionTaken {
        channel,
        of,
        edit,
        author: build.person(),
        rules: take.rules,
        sampled: take.sampled,
        acknowledged: take.acknowledged,
    };
    build.decision.drafts.push(Draft {
        actor: SYSTEM,
        act,
        channel: None,
        content: None,
        scope: Scope::audit(build.now_ms),
        author: None,
    });
}
