//! Title, description and site of a page: text out of a stranger's HTML, which stays text. Pure.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

use crate::chat::preview::{DESCRIPTION_CHARS_MAX, SITE_CHARS_MAX, TITLE_CHARS_MAX};

/// Where a page may say in which letters it is written.
const CHARSET_WITHIN_BYTES: usize = 4_096;
/// What is gathered of one title before it is cut.
const RAW_BYTES_MAX: usize = 4_096;

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub description: Option<String>,
    pub site: Option<String>,
}

/// None when it says nothing that could be shown. `charset`: as the header names it.
pub fn read(bytes: &[u8], charset: Option<&str>) -> Option<Page> {
    let (text, ..) = encoding(bytes, charset).decode(bytes);
    let said = Said::of(&text);
    let description = said.og_description.or(said.description);
    let description = description.and_then(|text| clean(&text, DESCRIPTION_CHARS_MAX));
    let site = said.og_site.and_then(|text| clean(&text, SITE_CHARS_MAX));
    let mut titles = [said.og_title, said.title].into_iter().flatten();
    let title = titles
        .find_map(|text| clean(&text, TITLE_CHARS_MAX))
        .or_else(|| site.clone())?;
    Some(Page {
        title,
        description,
        site,
    })
}

/// A byte order mark has the first word, the header the second, the page itself the third.
fn encoding(bytes: &[u8], charset: Option<&str>) -> &'static Encoding {
    if let Some((known, _)) = Encoding::for_bom(bytes) {
        return known;
    }
    let named = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let told = || {
        let head = bytes.get(..CHARSET_WITHIN_BYTES).unwrap_or(bytes);
        let label = tags(head).find_map(|tag| match tag {
            Tag::Meta(meta) => charset_of(&meta),
            _ => None,
        })?;
        // Whoever could read this far was not reading UTF-16.
        let known = Encoding::for_label(label.as_bytes())?;
        Some(if [UTF_16BE, UTF_16LE].contains(&known) {
            UTF_8
        } else {
            known
        })
    };
    named.or_else(told).unwrap_or(UTF_8)
}

fn charset_of(meta: &StartTag<()>) -> Option<String> {
    if let Some(charset) = attribute(meta, b"charset") {
        return Some(charset);
    }
    let is_type = attribute(meta, b"http-equiv")?.eq_ignore_ascii_case("content-type");
    let content = attribute(meta, b"content").filter(|_| is_type)?;
    charset_in(&content).map(str::to_owned)
}

/// As a media type has it: `text/html; charset="utf-8"`.
pub fn charset_in(kind: &str) -> Option<&str> {
    let (_, parameters) = kind.split_once(';')?;
    parameters.split(';').find_map(|one| {
        let (name, value) = one.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The first of each; what comes later is somebody else's word.
#[derive(Default)]
struct Said {
    og_title: Option<String>,
    og_description: Option<String>,
    og_site: Option<String>,
    title: Option<String>,
    description: Option<String>,
}

impl Said {
    fn of(text: &str) -> Said {
        let mut said = Said::default();
        for tag in tags(text.as_bytes()) {
            match tag {
                Tag::Meta(meta) => said.note(&meta),
                Tag::Title(title) => _ = said.title.get_or_insert(title),
                Tag::Body => break,
            }
        }
        said
    }

    fn note(&mut self, meta: &StartTag<()>) {
        let Some(content) = attribute(meta, b"content") else {
            return;
        };
        let names = [attribute(meta, b"property"), attribute(meta, b"name")];
        for name in names.into_iter().flatten() {
            let place = match name.trim().to_ascii_lowercase().as_str() {
                "og:title" => &mut self.og_title,
                "og:description" => &mut self.og_description,
                "og:site_name" => &mut self.og_site,
                "description" => &mut self.description,
                _ => continue,
            };
            place.get_or_insert_with(|| content.clone());
        }
    }
}

enum Tag {
    Meta(StartTag<()>),
    Title(String),
    Body,
}

fn tags(bytes: &[u8]) -> impl Iterator<Item = Tag> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut tokens = Tokenizer::new_with_emitter(bytes, emitter).flatten();
    std::iter::from_fn(move || {
        loop {
            match tokens.next()? {
                Token::StartTag(tag) => match tag.name.as_slice() {
                    b"meta" => return Some(Tag::Meta(tag)),
                    b"title" => return Some(Tag::Title(title(&mut tokens))),
                    b"body" => return Some(Tag::Body),
                    _ => {}
                },
                Token::EndTag(_)
                | Token::String(_)
                | Token::Comment(_)
                | Token::Doctype(_)
                | Token::Error(_) => {}
            }
        }
    })
}

fn title(tokens: &mut impl Iterator<Item = Token>) -> String {
    let mut raw = Vec::new();
    for token in tokens {
        match token {
            Token::String(text) if raw.len() < RAW_BYTES_MAX => raw.extend_from_slice(&text),
            Token::EndTag(tag) if tag.name.as_slice() == b"title" => break,
            _ => {}
        }
    }
    String::from_utf8_lossy(&raw).into_owned()
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.get(&HtmlString(name.to_vec()))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// One line without anything that could not be seen, of so many characters at most; None: nothing is left.
fn clean(raw: &str, chars_max: usize) -> Option<String> {
    let mut line = String::new();
    let mut chars = 0;
    for word in raw.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_unseen(*c)).collect();
        if word.is_empty() {
            continue;
        }
        let space = (chars > 0).then_some(' ');
        for c in space.into_iter().chain(word.chars()) {
            if chars + 1 == chars_max {
                line.push('…');
                return Some(line);
            }
            line.push(c);
            chars += 1;
        }
    }
    (chars > 0).then_some(line)
}

/// What changes the direction of writing, joins nothing, or is no character of any language.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests;
