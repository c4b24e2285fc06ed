//! A slice as plain text, the same for every format that carries one. Only the first line of an entry stands at the
//! margin, so nobody can write an entry of somebody else's into a message.

use std::io::{self, Write};

use super::names::lines;
use super::{Scene, author};
use crate::export::line::{Reason, iso};
use crate::export::story::{Message, Slice, Story, What};

pub fn write(scene: &Scene<'_>, slice: &Slice, out: &mut dyn Write) -> io::Result<()> {
    for story in &slice.stories {
        entry(scene, story, out)?;
    }
    Ok(())
}

fn entry(scene: &Scene<'_>, story: &Story, out: &mut dyn Write) -> io::Result<()> {
    let who = scene.author_name(&author(story));
    let (id, at) = (story.id(), iso(story.at));
    match &story.what {
        What::Said(message) => {
            writeln!(out, "[{id}] {at} {who}:")?;
            said(scene, message, out)
        }
        What::Joined(person) => {
            writeln!(out, "[{id}] {at} * {} joined ({who})", scene.name(*person))
        }
        What::Left(person) => writeln!(out, "[{id}] {at} * {} left ({who})", scene.name(*person)),
        What::Created(_) => Ok(()),
    }
}

fn said(scene: &Scene<'_>, message: &Message, out: &mut dyn Write) -> io::Result<()> {
    match message.shown() {
        Some(text) => indented(text, out)?,
        None => writeln!(out, "  ({})", why_gone(message.gone))?,
    }
    for file in &message.files {
        let gone = if file.path.is_some() {
            ""
        } else {
            ", destroyed"
        };
        let name = super::names::one_line(&file.name);
        writeln!(out, "  (file: {name}, {} bytes{gone})", file.size)?;
    }
    if let Some(root) = &message.root {
        writeln!(out, "  (in the thread of e{})", root.index)?;
    } else if let Some(seq) = message.thread {
        writeln!(out, "  (in the thread of no. {seq} of the channel)")?;
    }
    if let Some((_, at)) = message.claimed {
        writeln!(out, "  (imported, unverified; claims to be of {})", iso(at))?;
    }
    let mut before = &message.text;
    for edit in &message.edits {
        let (who, at) = (scene.name(edit.by), iso(edit.at));
        writeln!(out, "  (edited by {who} at {at}; before:)")?;
        indented(before.as_deref().unwrap_or("(gone)"), out)?;
        before = &edit.text;
    }
    if let Some((by, at)) = message.deleted {
        writeln!(out, "  (deleted by {} at {})", scene.name(by), iso(at))?;
    }
    for reaction in &message.reactions {
        let emoji = super::names::one_line(&reaction.emoji);
        writeln!(out, "  ({emoji} by {})", scene.name(reaction.by))?;
    }
    if message.untold > 0 {
        writeln!(
            out,
            "  ({} more amendments are in the lines)",
            message.untold
        )?;
    }
    Ok(())
}

fn indented(text: &str, out: &mut dyn Write) -> io::Result<()> {
    lines(text)
        .split('\n')
        .try_for_each(|line| writeln!(out, "    {line}"))
}

pub fn why_gone(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::Erased) => "erased with its author",
        Some(Reason::Redacted) => "redacted",
        Some(Reason::Destroyed) | None => "destroyed",
    }
}
