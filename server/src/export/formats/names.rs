//! How people, channels and files are called where a format is narrow: one line, no controls, safe as part of a path.

use migrations_free_store::Id;

use super::{Author, Scene};
use crate::chat::command::Role;
use crate::export::line::hex;
use crate::export::story::File;

impl Scene<'_> {
    pub fn name(&self, id: Id) -> String {
        let person = self.order.people.get(&id);
        let name = person
            .map(|person| one_line(&person.name))
            .unwrap_or_default();
        if name.is_empty() {
            id.to_string()
        } else {
            name
        }
    }

    pub fn author_name(&self, author: &Author<'_>) -> String {
        match author {
            Author::Person(id) => self.name(*id),
            Author::Claimed(name) => format!("{} (imported)", one_line(name)),
        }
    }

    pub fn is_bot(&self, id: Id) -> bool {
        let person = self.order.people.get(&id);
        person.is_some_and(|person| person.role == Role::Bot)
    }

    pub fn handle(&self, id: Id) -> String {
        let person = self.order.people.get(&id);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        person
            .map(|person| person.handle.clone())
            .filter(|handle| !handle.is_empty() && handle.chars().all(plain))
            .unwrap_or_else(|| id.to_string())
    }

    /// Nobody has an address here; the domain is one that can never exist.
    pub fn mail(&self, id: Id) -> String {
        format!("{}@daylight.invalid", self.handle(id))
    }

    pub fn author_mail(&self, author: &Author<'_>) -> String {
        match author {
            Author::Person(id) => self.mail(*id),
            Author::Claimed(_) => "imported@daylight.invalid".to_owned(),
        }
    }

    pub fn channel(&self) -> String {
        let name = one_line(&self.order.channel_name);
        if name.is_empty() {
            format!("direct {}", self.order.channel)
        } else {
            name
        }
    }
}

/// Controls and line ends of any kind become a visible sign.
pub fn one_line(text: &str) -> String {
    let plain = |c: char| {
        if breaks(c) || c == '\t' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars()
        .map(plain)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Text of lines: tabs and line feeds are kept, other controls become a visible sign.
pub fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let plain = |c: char| match c {
        '\n' | '\t' => c,
        c if breaks(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(plain).collect()
}

fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// The end of a path: letters, digits, dots, dashes and underscores.
pub fn path_part(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let safe: String = text
        .chars()
        .take(CHARS_MAX)
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    safe.trim_matches('.').to_owned()
}

/// What the native is called in its folder, which is safe and tells its kind.
pub fn file_part(file: &File) -> Option<&str> {
    file.path.as_deref()?.strip_prefix("natives/")
}

/// With its dot; empty when there is none that is plain.
pub fn extension(name: &str) -> String {
    const CHARS_MAX: usize = 8;
    match name.rsplit_once('.') {
        Some((_, kind))
            if (1..=CHARS_MAX).contains(&kind.len())
                && kind.bytes().all(|c| c.is_ascii_alphanumeric()) =>
        {
            format!(".{}", kind.to_ascii_lowercase())
        }
        _ => String::new(),
    }
}

pub fn author_id(author: &Author<'_>) -> String {
    match author {
        Author::Person(id) => id.to_string(),
        Author::Claimed(name) => format!("imported-{}", hex(name.as_bytes())),
    }
}
