//! Tags and notes for a matter: under a grant that stands, about messages that it reaches; and exports of what is tagged.

use migrations_free_store::{Id, Scope};

use super::governance::formats;
use super::message::live_day;
use super::review::{open_matter, reach, standing};
use super::{Build, Facts};
use crate::chat::command::{ExportTagged, REASON_CHARS_MAX, TagSet, clean_name, clean_text};
use crate::chat::event::{Act, Content};
use crate::chat::refusal::Refusal;
use crate::chat::state::{DAY_MS, State};
use crate::chat::subject::Subject;
use crate::chat::tag::{
    About, CHOSEN_MAX, Choice, Chosen, NOTE_CHARS_MAX, NOTES_MAX, TAGGED_MAX, Tag, Tags,
    WORD_CHARS_MAX, WORDS_MAX,
};

/// `known`: the matter's words so far.
pub(super) fn name(
    build: &mut Build<'_>,
    matter: Id,
    word: &str,
    known: Option<&Content>,
) -> Result<(), Refusal> {
    open_matter(build.state, matter)?;
    let word = clean_name(word, "A tag")?;
    if word.chars().count() > WORD_CHARS_MAX {
        return Err(Refusal::Invalid(format!(
            "A tag may have at most {WORD_CHARS_MAX} characters."
        )));
    }
    let known = known.map(|words| words.options.as_slice());
    let same = |other: &String| other.to_lowercase() == word.to_lowercase();
    if known.unwrap_or_default().iter().any(same) {
        return Err(Refusal::Conflict("This matter has this tag already."));
    }
    let review = build.state.reviews.get(&matter);
    let number = review.map_or(0, |review| review.words.len()) + 1;
    let tag = Tag::own(number).ok_or(Refusal::Fault {
        code: "tags/full",
        message: format!("A matter has at most {WORDS_MAX} tags of its own."),
    })?;
    let act = Act::TagNamed { matter, tag };
    build.audit(act, None, Some(Content::name(word)));
    Ok(())
}

/// A message that something may be noted about now.
struct Noted {
    matter: Id,
    about: About,
    /// What is said about it is sealed where it lies, and with the same keys: it goes when that goes.
    scope: Scope,
    author: Option<Id>,
}

/// The check is that of reading it: what the grant does not reach is not there.
fn noted(build: &Build<'_>, grant: Id, (c, q): (Id, u64), facts: &Facts) -> Result<Noted, Refusal> {
    let state = build.state;
    let known = standing(state, grant, build.now_ms)?;
    let (matter, reach) = (known.matter, known.reach());
    open_matter(state, matter)?;
    let target = facts.target.filter(|target| target.is_message);
    let target = target.ok_or(Refusal::NotFound)?;
    let (day, author) = (target.day, target.wrote);
    let is_reached =
        reach.has_channel(c) && reach.has_author(author) && reach.days().contains(&day);
    if !is_reached {
        return Err(Refusal::NotFound);
    }
    let scope = match target.kept {
        None if target.forgotten => return Err(Refusal::NotFound),
        // A new note would be neither planned nor kept.
        Some(Scope::Matter(id)) if state.unfinished.contains(&Subject::Escrow(id)) => {
            return Err(Refusal::NotFound);
        }
        Some(scope) => scope,
        None => Scope::ChannelDay {
            channel: c,
            day: live_day(state, c, q, day)?,
        },
    };
    let is_erased = state.people.get(&author).is_some_and(|p| p.erased);
    if is_erased && target.kept.is_none() {
        return Err(Refusal::NotFound);
    }
    let review = state.reviews.get(&matter);
    let is_new = review.is_none_or(|review| !review.messages.contains_key(&(c, q)));
    if is_new && review.is_some_and(|review| review.messages.len() >= TAGGED_MAX) {
        return Err(Refusal::Fault {
            code: "tags/full",
            message: format!("A matter has tags and notes of at most {TAGGED_MAX} messages."),
        });
    }
    Ok(Noted {
        matter,
        about: About {
            channel: c,
            of: q,
            day,
            author,
        },
        scope,
        author: Some(author).filter(|_| !is_erased),
    })
}

/// Each is one that the matter has.
fn known_tags(state: &State, matter: Id, tags: &[Tag]) -> Result<Tags, Refusal> {
    let words = state.reviews.get(&matter).map_or(0, |r| r.words.len());
    let is_known = |tag: &Tag| tag.number().is_none_or(|number| number <= words);
    if tags.iter().all(is_known) {
        Ok(Tags::of(tags))
    } else {
        Err(Refusal::invalid("This matter has no such tag."))
    }
}

pub(super) fn set(build: &mut Build<'_>, set: &TagSet, facts: &Facts) -> Result<(), Refusal> {
    let noted = noted(build, set.grant, (set.c, set.q), facts)?;
    let (matter, about) = (noted.matter, noted.about);
    let on = known_tags(build.state, matter, &set.add)?;
    let mut off = known_tags(build.state, matter, &set.remove)?;
    // The two exclude each other: who says the one takes the other back.
    let both = [Tag::RELEVANT, Tag::NOT_RELEVANT];
    if on.meets(off) || both.iter().all(|tag| on.has(*tag)) {
        return Err(Refusal::invalid("These tags contradict each other."));
    }
    if both.iter().any(|tag| on.has(*tag)) {
        off = off.with(Tags::of(&both).without(on));
    }
    let review = build.state.reviews.get(&matter);
    let before = review.map_or(Tags::default(), |review| {
        review.tags_of(about.channel, about.of)
    });
    let tags = before.with(on).without(off);
    if tags == before {
        return Ok(());
    }
    let act = Act::TagSet {
        matter,
        grant: set.grant,
        channel: about.channel,
        of: about.of,
        day: about.day,
        author: about.author,
        tags: tags.list(),
    };
    build.audit(act, None, None);
    Ok(())
}

pub(super) fn write(
    build: &mut Build<'_>,
    grant: Id,
    place: (Id, u64),
    text: &str,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let noted = noted(build, grant, place, facts)?;
    let (matter, about) = (noted.matter, noted.about);
    let text = clean_text(text, "A note", NOTE_CHARS_MAX)?;
    if text.is_empty() {
        return Err(Refusal::invalid("A note may not be empty."));
    }
    let marked = build.state.reviews.get(&matter);
    let marked = marked.and_then(|review| review.messages.get(&place));
    if marked.is_some_and(|marked| marked.notes.len() >= NOTES_MAX) {
        return Err(Refusal::Fault {
            code: "notes/full",
            message: format!("A message has at most {NOTES_MAX} notes. Withdraw one first."),
        });
    }
    let act = Act::NoteWritten {
        matter,
        grant,
        note: facts.ids.take()?,
        channel: about.channel,
        of: about.of,
        day: about.day,
        author: about.author,
    };
    build.push(
        act,
        None,
        Some(Content::text(text)),
        noted.scope,
        noted.author,
    );
    Ok(())
}

/// It is shown no more; what was said stays on record as long as the message does.
pub(super) fn withdraw(
    build: &mut Build<'_>,
    grant: Id,
    place: (Id, u64),
    note: Id,
    facts: &Facts,
) -> Result<(), Refusal> {
    let noted = noted(build, grant, place, facts)?;
    let marked = build.state.reviews.get(&noted.matter);
    let marked = marked.and_then(|review| review.messages.get(&place));
    let known = marked.and_then(|marked| marked.notes.iter().find(|known| known.note == note));
    if known.ok_or(Refusal::NotFound)?.by != build.person() {
        return Err(Refusal::Forbidden);
    }
    let (channel, of) = place;
    let act = Act::NoteWithdrawn {
        matter: noted.matter,
        grant,
        note,
        channel,
        of,
    };
    build.audit(act, None, None);
    Ok(())
}

/// The messages of one channel that a matter has tagged so, and the first and the last of their days.
pub fn chosen(
    state: &State,
    channel: Id,
    choice: &Choice,
    days: &std::ops::RangeInclusive<u32>,
) -> (Vec<u64>, Option<(u32, u32)>) {
    let review = state.reviews.get(&choice.matter);
    let all = review.into_iter().flat_map(|r| r.of_channel(channel));
    let takes = |marked: &crate::chat::tag::Marked| {
        !marked.tags.is_empty() && choice.takes(marked.tags) && days.contains(&marked.day)
    };
    let (mut messages, mut span) = (Vec::new(), None);
    for (of, marked) in all.filter(|(_, marked)| takes(marked)) {
        messages.push(of);
        let (first, last) = span.unwrap_or((marked.day, marked.day));
        span = Some((marked.day.min(first), marked.day.max(last)));
    }
    (messages, span)
}

/// What is asked for, checked: tags that the matter has.
pub fn choice(
    state: &State,
    matter: Id,
    tagged: &[Tag],
    not_tagged: &[Tag],
) -> Result<Choice, Refusal> {
    state.matters.get(&matter).ok_or(Refusal::NotFound)?;
    let tagged = known_tags(state, matter, tagged)?;
    let not_tagged = known_tags(state, matter, not_tagged)?;
    if tagged.is_empty() {
        return Err(Refusal::invalid("Name at least one tag."));
    }
    if tagged.meets(not_tagged) {
        return Err(Refusal::invalid("These tags contradict each other."));
    }
    Ok(Choice {
        matter,
        tagged,
        not_tagged,
        messages: 0,
    })
}

/// Which messages is settled now, and looked at again when it is approved: what was asked for is what leaves.
pub(super) fn export(
    build: &mut Build<'_>,
    asked: &ExportTagged,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    open_matter(build.state, asked.matter)?;
    let choice = choice(build.state, asked.matter, &asked.tagged, &asked.not_tagged)?;
    let reach = reach(build.state, &[asked.c], &[], asked.from, asked.to)?;
    let formats = formats(asked.formats.as_deref())?;
    let (messages, span) = chosen(build.state, asked.c, &choice, &reach.days());
    let Some((first, last)) = span else {
        return Err(Refusal::Fault {
            code: "export/nothing_tagged",
            message: "No message of this channel is tagged so.".into(),
        });
    };
    if messages.len() > CHOSEN_MAX {
        return Err(Refusal::Fault {
            code: "export/too_many",
            message: format!("One order asks for at most {CHOSEN_MAX} messages. Name fewer days."),
        });
    }
    let reason = clean_text(&asked.reason, "The reason", REASON_CHARS_MAX)?;
    let case = clean_text(&asked.case, "The case", REASON_CHARS_MAX)?;
    if reason.is_empty() || case.is_empty() {
        return Err(Refusal::invalid("An export needs a case and a reason."));
    }
    let act = Act::ExportRequested {
        export: facts.ids.take()?,
        from: u64::from(first) * DAY_MS,
        to: (u64::from(last) + 1) * DAY_MS,
        formats,
        schedule: None,
        chosen: Some(Chosen {
            matter: asked.matter,
            tagged: choice.tagged.list(),
            not_tagged: choice.not_tagged.list(),
            messages: messages.len() as u64,
        }),
    };
    let content = Content {
        reason: Some(reason),
        case: Some(case),
        chosen: messages,
        ..Content::default()
    };
    build.audit(act, Some(asked.c), Some(content));
    Ok(())
}

/// A message may have been found to be privileged since it was asked for.
pub(super) fn still_chosen(state: &State, export: Id, facts: &Facts) -> Result<(), Refusal> {
    let Some((known, choice)) = state
        .exports
        .get(&export)
        .and_then(|e| Some((e, e.chosen?)))
    else {
        return Ok(());
    };
    let asked = facts.words.as_ref().ok_or(Refusal::Gone)?;
    let review = state.reviews.get(&choice.matter);
    let is_changed = |q: &u64| {
        let marked = review.and_then(|review| review.messages.get(&(known.channel, *q)));
        // What is destroyed meanwhile is told to be.
        marked.is_some_and(|marked| !choice.takes(marked.tags))
    };
    if asked.chosen.iter().any(is_changed) {
        return Err(Refusal::Fault {
            code: "export/tags_changed",
            message:
                "A message that was asked for is not tagged so any more. Refuse this, and ask anew."
                    .into(),
        });
    }
    Ok(())
}
