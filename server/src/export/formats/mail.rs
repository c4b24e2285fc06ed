//! Mail: a day of the channel as one message (EML), or each message as one (MBOX).
//!
//! Bodies are base64, so no line of anybody's can end a part or begin another mail.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::mime::{Lines, base64, ctime, date, parameter, words};
use super::transcript;
use super::{Author, Entry, Scene, author};
use crate::export::fault::ExportError;
use crate::export::line::iso;
use crate::export::pack::Pack;
use crate::export::report::escaped;
use crate::export::story::{File, Message, SLICE_FILES_BYTES_MAX, Slice, Stories, Story, What};

const MIXED: &str = "=_daylight_mixed";
const EITHER: &str = "=_daylight_either";

pub fn days(scene: &Scene<'_>, stories: &Stories<'_>, pack: &mut Pack) -> Result<(), ExportError> {
    stories.each_slice(&mut |slice| {
        let mut out = Entry::text(pack, &format!("eml/{}.eml", scene.slice_name(slice)))?;
        day(scene, slice, &mut out)
    })
}

pub fn messages(
    scene: &Scene<'_>,
    stories: &Stories<'_>,
    pack: &mut Pack,
) -> Result<(), ExportError> {
    stories.each_slice(&mut |slice| {
        let mut out = Entry::text(pack, &format!("mbox/{}.mbox", scene.slice_name(slice)))?;
        for story in &slice.stories {
            one(scene, story, &mut out)?;
        }
        Ok(())
    })
}

fn day(scene: &Scene<'_>, slice: &Slice, out: &mut dyn Write) -> Result<(), ExportError> {
    let authors = slice.stories.iter().map(author);
    let members = slice.members.iter().map(|id| Author::Person(*id));
    let people: BTreeSet<String> = authors
        .chain(members)
        .map(|who| address(scene, &who))
        .collect();
    let ends = slice.stories.last().map_or(0, |story| story.at);
    let channel = words(&scene.channel());
    write!(
        out,
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}.{}.{}@daylight.invalid>\r\n\
         Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nX-GlobalRelay-MsgType: Daylight\r\n\
         X-Daylight-ChannelName: {channel}\r\nX-Daylight-ChannelID: {}\r\nX-Daylight-ChannelType: {}\r\n",
        people.first().map_or("", String::as_str),
        people
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",\r\n "),
        words(&format!("Daylight export: {}", scene.channel())),
        date(ends),
        scene.order.export,
        slice.day,
        slice.part,
        scene.order.channel,
        super::mattermost::kind(scene),
    )?;
    begin(out)?;
    let mut text = Lines::new(&mut *out);
    transcript::write(scene, slice, &mut text)?;
    text.finish()?;
    html(out)?;
    let mut page = Lines::new(&mut *out);
    write_page(scene, slice, &mut page)?;
    page.finish()?;
    write!(out, "\r\n--{EITHER}--\r\n")?;
    let files = slice
        .stories
        .iter()
        .filter_map(Story::message)
        .flat_map(|message| &message.files);
    attach(scene, &files.collect::<Vec<_>>(), out)?;
    Ok(write!(out, "\r\n--{MIXED}--\r\n")?)
}

fn begin(out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{MIXED}\"\r\n\r\n--{MIXED}\r\n\
         Content-Type: multipart/alternative; boundary=\"{EITHER}\"\r\n\r\n--{EITHER}\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
}

fn html(out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "\r\n--{EITHER}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
}

fn address(scene: &Scene<'_>, who: &Author<'_>) -> String {
    format!(
        "{} <{}>",
        quoted(&scene.author_name(who)),
        scene.author_mail(who)
    )
}

/// A name before an address: encoded as soon as it has anything that addresses have.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let encoded = words(name);
    if encoded.starts_with("=?") || name.chars().all(plain) {
        encoded
    } else {
        format!("\"{}\"", name.replace(['\\', '"'], "'"))
    }
}

fn write_page(scene: &Scene<'_>, slice: &Slice, out: &mut dyn Write) -> io::Result<()> {
    let time = |story: Option<&Story>| story.map_or_else(String::new, |story| iso(story.at));
    write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>\n<ul><li>Channel: <bdi>{0}</bdi>\
         <li>Started: {1}<li>Ended: {2}</ul>\n<table><tr><th>Username<th>Email\n",
        escaped(&scene.channel()),
        time(slice.stories.first()),
        time(slice.stories.last()),
    )?;
    for member in &slice.members {
        let (name, mail) = (scene.name(*member), scene.mail(*member));
        writeln!(
            out,
            "<tr><td><bdi>{}</bdi><td>{}",
            escaped(&name),
            escaped(&mail)
        )?;
    }
    writeln!(out, "</table>\n<ul>")?;
    for story in &slice.stories {
        let who = author(story);
        write!(
            out,
            "<li id=\"{}\"><span class=\"sent_time\">{}</span> <span class=\"username\"><bdi>{}</bdi></span> <span class=\"email\">{}</span> ",
            story.id(),
            iso(story.at),
            escaped(&scene.author_name(&who)),
            escaped(&scene.author_mail(&who)),
        )?;
        let text = told(scene, story);
        writeln!(
            out,
            "<span class=\"message\" dir=\"auto\" style=\"white-space:pre-wrap\">{}</span>",
            escaped(&text)
        )?;
    }
    writeln!(out, "</ul></html>")
}

/// What the message says, or what happened.
fn told(scene: &Scene<'_>, story: &Story) -> String {
    match &story.what {
        What::Said(message) => match message.shown() {
            Some(text) => text.to_owned(),
            None => format!("({})", transcript::why_gone(message.gone)),
        },
        What::Joined(person) => format!("{} joined", scene.name(*person)),
        What::Left(person) => format!("{} left", scene.name(*person)),
        What::Created(_) => String::new(),
    }
}

fn attach(scene: &Scene<'_>, files: &[&File], out: &mut dyn Write) -> Result<(), ExportError> {
    let here = || files.iter().filter(|file| file.path.is_some());
    // A larger mail is not delivered.
    if here().map(|file| file.size).sum::<u64>() > SLICE_FILES_BYTES_MAX {
        write!(
            out,
            "\r\n--{MIXED}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        )?;
        return Ok(write!(
            out,
            "The files are too large for a mail. They are in the folder natives.\r\n"
        )?);
    }
    for file in here() {
        write!(
            out,
            "\r\n--{MIXED}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename*={}\r\n\r\n",
            parameter(&file.name)
        )?;
        let mut lines = Lines::new(&mut *out);
        scene.copy(file, &mut lines)?;
        lines.finish()?;
    }
    Ok(())
}

/// One mail of an mbox. No line of it begins with "From " but the one before it.
fn one(scene: &Scene<'_>, story: &Story, out: &mut dyn Write) -> Result<(), ExportError> {
    let who = author(story);
    let mail = scene.author_mail(&who);
    write!(
        out,
        "From {mail} {}\nFrom: {}\nTo: {}@daylight.invalid\nSubject: {}\nDate: {}\nMessage-ID: <{}.{}@daylight.invalid>\n",
        ctime(story.at),
        address(scene, &who).replace("\r\n", "\n"),
        scene.order.channel,
        words(&scene.channel()).replace("\r\n", "\n"),
        date(story.at),
        story.id(),
        scene.order.export,
    )?;
    if let Some(root) = story.message().and_then(|message| message.root) {
        let root = format!("<e{}.{}@daylight.invalid>", root.index, scene.order.export);
        write!(out, "In-Reply-To: {root}\nReferences: {root}\n")?;
    }
    amended(scene, story.message(), out)?;
    write!(
        out,
        "X-Daylight-ID: {}\nX-Daylight-Time: {}\n",
        story.id(),
        iso(story.at)
    )?;
    let mut unix = Unix(out);
    write!(
        unix,
        "X-Daylight-Event: {}\r\n",
        if story.message().is_some() {
            "message"
        } else {
            "membership"
        }
    )?;
    write!(
        unix,
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{MIXED}\"\r\n\r\n--{MIXED}\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )?;
    base64(&mut unix, told(scene, story).as_bytes())?;
    let files: Vec<&File> = story
        .message()
        .map_or(&[][..], |message| &message.files)
        .iter()
        .collect();
    attach(scene, &files, &mut unix)?;
    Ok(write!(unix, "\r\n--{MIXED}--\r\n\r\n")?)
}

fn amended(scene: &Scene<'_>, message: Option<&Message>, out: &mut dyn Write) -> io::Result<()> {
    let Some(message) = message else {
        return Ok(());
    };
    for edit in &message.edits {
        let who = words(&scene.name(edit.by)).replace("\r\n", "\n");
        writeln!(out, "X-Daylight-Edited: {} {who}", iso(edit.at))?;
    }
    if let Some((by, at)) = message.deleted {
        let who = words(&scene.name(by)).replace("\r\n", "\n");
        writeln!(out, "X-Daylight-Deleted: {} {who}", iso(at))?;
    }
    Ok(())
}

/// An mbox has the line ends of the system it comes from: no carriage returns. All that is written here is headers and
/// base64, which have no others.
struct Unix<'w>(&'w mut dyn Write);

impl Write for Unix<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split(|byte| *byte == b'\r') {
            self.0.write_all(line)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
