//! Tells what a message is: words, an attachment, a poll, a call, or the trace of a deleted one.
//!
//! Never changes what a person wrote: a message in doubt stays words.

use super::Kind;
use super::languages::{self, Known, Phrase};
use super::marks::{blank, digit, is_generated, is_mark, plain};

/// `ios` exports mark their own words with a direction mark and need no angle brackets. Beside the
/// kind, the language when the words are WhatsApp's own.
pub(super) fn read(body: &str, ios: bool) -> (Kind, Option<&'static str>) {
    let (body, edited) = without_edit_mark(body);
    let whole = Known::of(body);
    if whole.is(Phrase::DeletedBySelf) {
        return (Kind::Deleted { by_self: true }, whole.language());
    }
    if whole.is(Phrase::Deleted) {
        return (Kind::Deleted { by_self: false }, whole.language());
    }
    if let Some(kind) = attachment(body, ios) {
        return (kind, language(body));
    }
    let kind = poll(body)
        .or_else(|| call(body))
        .unwrap_or_else(|| Kind::Message {
            text: visible(body),
            edited,
        });
    (kind, None)
}

/// A call, with or without a sender before it.
pub(super) fn call(body: &str) -> Option<Kind> {
    let (head, tail) = body
        .trim_matches('\n')
        .split_once([',', '，', '、', '،'])
        .unwrap_or((body, ""));
    let told = is_generated(body)
        || (tail.is_empty() && head.trim_matches(blank).contains(' '))
        || is_duration(tail);
    (told && languages::is(Phrase::Call, head)).then(|| Kind::Call {
        text: plain(body.trim_matches('\n')),
    })
}

/// The language of an attachment's words.
fn language(body: &str) -> Option<&'static str> {
    let first = body.split('\n').next().unwrap_or(body);
    let inner = || {
        first
            .rsplit_once('(')?
            .1
            .trim_end_matches(blank)
            .strip_suffix(')')
    };
    Known::of(first)
        .language()
        .or_else(|| Known::of(inner()?).language())
}

/// NUL has no place in a text; its replacement shows that something stood there.
fn visible(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

fn without_edit_mark(body: &str) -> (&str, bool) {
    let end = body.trim_end_matches(|c| blank(c) || c == '\n');
    end.rfind('<')
        .filter(|_| end.ends_with('>'))
        .and_then(|at| end.split_at_checked(at))
        .filter(|(_, mark)| languages::is(Phrase::Edited, mark))
        .map_or((body, false), |(before, _)| {
            (before.trim_end_matches(blank), true)
        })
}

fn attachment(body: &str, ios: bool) -> Option<Kind> {
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    if let Some(file_name) = attached_file(first) {
        return Some(found(Some(file_name), "", rest));
    }
    let line = first.trim_matches(blank);
    if (line.starts_with('<') || ios || is_generated(first)) && languages::is(Phrase::Omitted, line)
    {
        return Some(found(None, "", rest));
    }
    // iPhones put a caption before: the words of their own end the first or the last line.
    if !ios && !body.contains('\u{200E}') && !body.contains('\u{200F}') {
        return None;
    }
    let (before, last) = body.rsplit_once('\n').unwrap_or(("", body));
    for (above, line, below) in [("", first, rest), (before, last, "")] {
        if let Some((words, file_name)) = tagged_file(line) {
            return Some(found(Some(file_name), &joined(above, words), below));
        }
        let marked = line
            .rfind(['\u{200E}', '\u{200F}'])
            .and_then(|at| line.split_at_checked(at));
        if let Some((words, phrase)) = marked
            && languages::is(Phrase::Omitted, phrase)
        {
            return Some(found(None, &joined(above, words), below));
        }
    }
    None
}

fn found(file_name: Option<String>, before: &str, after: &str) -> Kind {
    let caption = joined(before, after);
    Kind::Attachment {
        file_name,
        caption: visible(caption.trim_matches(|c| blank(c) || c == '\n')),
    }
}

fn joined(before: &str, after: &str) -> String {
    if before.is_empty() || after.is_empty() {
        return format!("{before}{after}");
    }
    format!("{before}\n{after}")
}

/// `name.jpg (file attached)`, and `name.jpg <attached>` of old iPhones.
fn attached_file(line: &str) -> Option<String> {
    let line = line.trim_matches(blank);
    let (before, inner) = match line.strip_suffix(')') {
        Some(open) => open.rsplit_once(" (")?,
        None => line.strip_suffix('>')?.rsplit_once(" <")?,
    };
    if !languages::is(Phrase::Attached, inner) {
        return None;
    }
    file_name(before)
}

/// `words <attached: name.jpg>`
fn tagged_file(line: &str) -> Option<(&str, String)> {
    let (words, tag) = line
        .trim_end_matches(blank)
        .strip_suffix('>')?
        .rsplit_once('<')?;
    let (word, name) = tag.split_once([':', '：'])?;
    if !languages::is(Phrase::Tag, word) {
        return None;
    }
    Some((words.trim_end_matches(blank), file_name(name)?))
}

fn file_name(raw: &str) -> Option<String> {
    let name: String = raw
        .trim_matches(blank)
        .chars()
        .filter(|c| !is_mark(*c))
        .collect();
    (!name.is_empty()).then_some(name)
}

fn poll(body: &str) -> Option<Kind> {
    /// More answers than WhatsApp allows are somebody's text.
    const MOST_OPTIONS: usize = 64;
    let (word, rest) = body.trim_start_matches(blank).split_once(':')?;
    // In scripts that have capitals it is written in them.
    if word.chars().any(char::is_lowercase) {
        return None;
    }
    let word = plain(word);
    let option = languages::all()
        .flat_map(|language| language.poll)
        .filter(|(poll, _)| *poll == word)
        .map(|(_, option)| format!("{option}:"))
        .find(|option| rest.contains(option))?;
    let mut parts = rest.split(option.as_str());
    let question = plain(&parts.next()?.replace('\n', " "));
    let options: Vec<_> = parts
        .map(|part| votes(&plain(&part.replace('\n', " "))))
        .collect();
    (options.len() <= MOST_OPTIONS).then_some(Kind::Poll { question, options })
}

/// `Yes (6 votes)`
fn votes(answer: &str) -> (String, u32) {
    let counted = answer
        .strip_suffix(')')
        .and_then(|open| open.rsplit_once('('))
        .and_then(|(text, inner)| {
            let digits: String = inner
                .chars()
                .filter_map(digit)
                .filter_map(|d| char::from_digit(d, 10))
                .collect();
            Some((text.trim_end().to_string(), digits.parse().ok()?))
        });
    counted.unwrap_or_else(|| (answer.to_string(), 0))
}

/// `12 min`, `1 h 5 min`: numbers and their units, nothing else.
fn is_duration(text: &str) -> bool {
    const LONGEST: usize = 60;
    if text.len() > LONGEST
        || !text
            .trim_start_matches(blank)
            .starts_with(|c| digit(c).is_some())
    {
        return false;
    }
    let spaced = text
        .chars()
        .map(|c| if digit(c).is_some() { '0' } else { c })
        .collect::<String>()
        .replace('0', " 0 ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let units = words.iter().filter(|w| **w != "0").count();
    words.first() == Some(&"0")
        && words.last() != Some(&"0")
        && units <= 3
        && !words.iter().any(|w| {
            w.contains(['?', '!', ':']) || matches!(w.to_lowercase().as_str(), "am" | "pm" | "uhr")
        })
}
