//! A Concordance load file: a record for each RSMF file, and one for each file that was sent in it.
//!
//! Paths are those of the bundle, with the backslashes that loaders expect.

use std::io::Write;

use super::names::{extension, one_line};
use super::rsmf::Written;
use super::{Entry, Scene, author, transcript};
use crate::export::fault::ExportError;
use crate::export::line::{hex, iso};
use crate::export::pack::Pack;
use crate::export::story::{File, Slice, Stories, Story};

const SEPARATOR: char = '\u{14}';
const QUALIFIER: char = '\u{fe}';
const NEWLINE: char = '\u{ae}';
const FIELDS: [&str; 24] = [
    "DOCID",
    "BEGDOC",
    "ENDDOC",
    "BEGATTACH",
    "ENDATTACH",
    "PARENTID",
    "CUSTODIAN",
    "RECORDTYPE",
    "CHANNEL",
    "CONVERSATIONID",
    "PARTICIPANTS",
    "AUTHOR",
    "DATESENT",
    "DATELASTEDIT",
    "DELETED",
    "DELETEDBY",
    "FILENAME",
    "FILEEXT",
    "FILESIZE",
    "SHA256HASH",
    "LOGINDEX",
    "LEAFHASH",
    "TEXTPATH",
    "NATIVEPATH",
];

pub fn write(
    scene: &Scene<'_>,
    stories: &Stories<'_>,
    families: &[Written],
    pack: &mut Pack,
) -> Result<(), ExportError> {
    let (mut number, mut rest) = (1, families.iter().peekable());
    stories.each_slice(&mut |slice| {
        if rest.next_if(|family| family.is_of(slice)).is_none() {
            return Ok(());
        }
        let mut out = Entry::text(pack, &format!("load/text/{}.txt", doc_id(number)))?;
        number += 1 + sent(slice).count() as u64;
        Ok(transcript::write(scene, slice, &mut out)?)
    })?;
    let (mut number, mut rest) = (1, families.iter().peekable());
    let mut out = Entry::text(pack, "load/export.dat")?;
    out.write_all("\u{feff}".as_bytes())?;
    line(&mut out, &FIELDS.map(str::to_owned))?;
    stories.each_slice(&mut |slice| {
        let Some(family) = rest.next_if(|family| family.is_of(slice)) else {
            return Ok(());
        };
        let last = number + sent(slice).count() as u64;
        line(&mut out, &parent(scene, slice, family, number, last))?;
        let family = (number, last);
        for (story, file) in sent(slice) {
            number += 1;
            line(&mut out, &child(scene, story, file, number, family))?;
        }
        number += 1;
        Ok(())
    })
}

fn doc_id(number: u64) -> String {
    format!("DL{number:08}")
}

type Sent<'s> = (&'s Story, &'s File);

/// The files of a slice that are there, in their order.
fn sent(slice: &Slice) -> impl Iterator<Item = Sent<'_>> {
    slice
        .stories
        .iter()
        .filter_map(|story| story.message().map(|message| (story, message)))
        .flat_map(|(story, message)| message.files.iter().map(move |file| (story, file)))
        .filter(|(_, file)| file.path.is_some())
}

fn parent(
    scene: &Scene<'_>,
    slice: &Slice,
    family: &Written,
    number: u64,
    last: u64,
) -> [String; 24] {
    let people: Vec<String> = slice.members.iter().map(|id| scene.name(*id)).collect();
    let (first, final_) = (slice.stories.first(), slice.stories.last());
    let indexes = slice.stories.iter().map(|story| story.index);
    let (low, high) = (
        indexes.clone().min().unwrap_or(0),
        indexes.max().unwrap_or(0),
    );
    let edits = slice.stories.iter().filter_map(|story| story.message());
    let edited = edits
        .flat_map(|message| &message.edits)
        .map(|edit| edit.at)
        .max();
    let name = family.path.rsplit('/').next().unwrap_or_default();
    [
        doc_id(number),
        doc_id(number),
        doc_id(number),
        doc_id(number),
        doc_id(last),
        String::new(),
        scene.channel(),
        "Conversation".to_owned(),
        scene.channel(),
        scene.order.channel.to_string(),
        people.join("; "),
        first.map_or_else(String::new, |story| scene.author_name(&author(story))),
        final_.map_or_else(String::new, |story| iso(story.at)),
        edited.map_or_else(String::new, iso),
        String::new(),
        String::new(),
        name.to_owned(),
        "rsmf".to_owned(),
        family.len.to_string(),
        hex(&family.sha256),
        format!("{low}-{high}"),
        String::new(),
        format!("load\\text\\{}.txt", doc_id(number)),
        family.path.replace('/', "\\"),
    ]
}

fn child(
    scene: &Scene<'_>,
    story: &Story,
    file: &File,
    number: u64,
    (first, last): (u64, u64),
) -> [String; 24] {
    let deleted = story.message().and_then(|message| message.deleted);
    let edit = story.message().and_then(|message| message.edits.last());
    [
        doc_id(number),
        doc_id(number),
        doc_id(number),
        doc_id(first),
        doc_id(last),
        doc_id(first),
        scene.channel(),
        "Attachment".to_owned(),
        scene.channel(),
        scene.order.channel.to_string(),
        String::new(),
        scene.author_name(&author(story)),
        iso(story.at),
        edit.map_or_else(String::new, |edit| iso(edit.at)),
        deleted.map_or("", |_| "Y").to_owned(),
        deleted.map_or_else(String::new, |(by, _)| scene.name(by)),
        one_line(&file.name),
        extension(&file.name).trim_start_matches('.').to_owned(),
        file.size.to_string(),
        hex(&file.sha256),
        story.index.to_string(),
        hex(&story.leaf),
        String::new(),
        file.path.as_deref().unwrap_or_default().replace('/', "\\"),
    ]
}

fn line(out: &mut dyn Write, cells: &[String; 24]) -> Result<(), ExportError> {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            write!(out, "{SEPARATOR}")?;
        }
        write!(out, "{QUALIFIER}{}{QUALIFIER}", plain(cell))?;
    }
    Ok(out.write_all(b"\r\n")?)
}

/// What the format uses for itself goes; a line end of any kind becomes its own sign for one.
fn plain(cell: &str) -> String {
    let cell = cell.replace("\r\n", "\n");
    let signs = cell.chars().filter(|c| *c != QUALIFIER && *c != SEPARATOR);
    signs
        .map(|c| if matches!(c, '\n' | '\r') { NEWLINE } else { c })
        .collect()
}
