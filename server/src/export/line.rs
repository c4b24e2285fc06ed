//! One line of a bundle: an event with all that proves it, and a copy that a person can read.
//!
//! Never decides what belongs in a bundle.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::{Id, Scope};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::chat::event::{FileFact, Hash};
use crate::chat::preview::LinkPreview;

/// A line as it is read. `log_index` stands first in every line, so that even a line that is no longer JSON names
/// its position.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub log_index: u64,
    pub part: Part,
    #[serde(deserialize_with = "Option::deserialize")]
    pub channel_seq: Option<u64>,
    /// What the content is sealed under: it lives and dies with that key.
    pub scope: String,
    pub leaf: B64,
    /// The exact bytes that the leaf is made of, as text.
    #[serde(deserialize_with = "Option::deserialize")]
    pub header: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub header_salt: Option<B64>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub content: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub content_salt: Option<B64>,
    pub forgotten: bool,
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<Reason>,
    /// It has content, but outside the order's range: only the header is shown.
    pub withheld: bool,
    /// Where each file of the content is in the bundle; null: its bytes are gone.
    pub natives: Vec<Option<String>>,
    pub proof: Vec<B64>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub decoded: Option<Value>,
}

/// A [`Line`] as it is written: the same fields in the same order, borrowed.
pub struct NewLine<'l> {
    pub log_index: u64,
    pub part: Part,
    pub channel_seq: Option<u64>,
    pub scope: &'l str,
    pub leaf: [u8; 32],
    pub header: Option<&'l str>,
    pub header_salt: Option<[u8; 32]>,
    pub content: Option<&'l str>,
    pub content_salt: Option<[u8; 32]>,
    pub reason: Option<Reason>,
    pub withheld: bool,
    pub natives: &'l [Option<String>],
    pub proof: &'l [Base64],
    pub decoded: Option<Decoded<'l>>,
}

/// 32 bytes in base64.
pub type Base64 = [u8; 44];

pub fn base64(bytes: &[u8; 32]) -> Base64 {
    let mut text = [0; 44];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(44));
    text
}

impl NewLine<'_> {
    /// Field by field: nearly half of a line is hashes, in which nothing needs to be looked for and escaped.
    pub fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        field(out, "{\"log_index\":", &self.log_index)?;
        field(out, ",\"part\":", &self.part)?;
        field(out, ",\"channel_seq\":", &self.channel_seq)?;
        field(out, ",\"scope\":", self.scope)?;
        hash(out, ",\"leaf\":", Some(&self.leaf));
        field(out, ",\"header\":", &self.header)?;
        hash(out, ",\"header_salt\":", self.header_salt.as_ref());
        field(out, ",\"content\":", &self.content)?;
        hash(out, ",\"content_salt\":", self.content_salt.as_ref());
        field(out, ",\"forgotten\":", &self.reason.is_some())?;
        field(out, ",\"reason\":", &self.reason)?;
        field(out, ",\"withheld\":", &self.withheld)?;
        field(out, ",\"natives\":", self.natives)?;
        out.extend_from_slice(b",\"proof\":[");
        for (n, text) in self.proof.iter().enumerate() {
            out.extend_from_slice(if n == 0 { b"\"" } else { b",\"" });
            out.extend_from_slice(text);
            out.push(b'"');
        }
        field(out, "],\"decoded\":", &self.decoded)?;
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

fn field<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    name: &str,
    value: &T,
) -> serde_json::Result<()> {
    out.extend_from_slice(name.as_bytes());
    serde_json::to_writer(out, value)
}

fn hash(out: &mut Vec<u8>, name: &str, hash: Option<&[u8; 32]>) {
    out.extend_from_slice(name.as_bytes());
    match hash {
        Some(hash) => {
            out.push(b'"');
            out.extend_from_slice(&base64(hash));
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}

/// Why an event is in the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Recorded in the range.
    Range,
    /// The request for this export, and its approval.
    Order,
    /// An edit, deletion or reaction made after the range to a message in it.
    Amendment,
    /// The destruction that explains content missing here.
    Destruction,
    /// A neighbour of the range, without content: proves where the range begins and ends.
    Fence,
}

/// Why content is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The key of its scope is destroyed.
    Destroyed,
    /// The key of its author is destroyed.
    Erased,
    /// Its scope lives on without it.
    Redacted,
}

/// 32 bytes as base64, in its one canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct B64(pub [u8; 32]);

impl Serialize for B64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for B64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<B64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&text).map_err(D::Error::custom)?;
        bytes
            .try_into()
            .map(B64)
            .map_err(|_| D::Error::custom("a hash has 32 bytes"))
    }
}

/// What of a header matters here. Loose about acts, so that an act added later can still be exported and checked.
#[derive(Clone, Debug, Deserialize)]
pub struct Head {
    pub at: u64,
    pub actor: String,
    pub act: String,
    #[serde(default)]
    pub object: Value,
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub channel_seq: Option<u64>,
    #[serde(default)]
    pub channel_prev: Option<Hash>,
    #[serde(default)]
    pub scope: Option<String>,
    #[serde(default)]
    pub content_commitment: Option<Hash>,
}

impl Head {
    /// The message that an edit, deletion, reaction, confirmation, reminder, pin or vote is about.
    pub fn amends(&self) -> Option<u64> {
        let amends = matches!(
            self.act.as_str(),
            "message.edited"
                | "message.deleted"
                | "reaction.added"
                | "reaction.removed"
                | "message.confirmed"
                | "message.reminded"
                | "message.pinned"
                | "message.unpinned"
                | "poll.voted"
                | "poll.closed"
        );
        self.number("of").filter(|_| amends)
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        self.object.get(key).and_then(Value::as_u64)
    }

    pub fn is_message(&self) -> bool {
        matches!(self.act.as_str(), "message.posted" | "message.imported")
    }

    /// The export it is about.
    pub fn export(&self) -> Option<&str> {
        self.object
            .get("export")
            .and_then(Value::as_str)
            .filter(|_| self.act.starts_with("export."))
    }

    /// The days of which something was destroyed, if it says so.
    pub fn destroyed_days(&self) -> Option<Vec<u64>> {
        let days = self
            .object
            .get("days")
            .filter(|_| self.act == "destroy.done")?;
        Some(days.as_array()?.iter().filter_map(Value::as_u64).collect())
    }

    /// Of whom all was destroyed, if it says so.
    pub fn destroyed_person(&self) -> Option<&str> {
        let person = self.object.get("person").and_then(Value::as_str);
        person.filter(|_| self.act == "destroy.done")
    }

    /// The gaps of the channel that it explains: a person's, whole days, or single messages of a day.
    pub fn explains(&self, channel: Id) -> Vec<(String, Reason)> {
        if let Some(person) = self.destroyed_person() {
            return vec![(format!("person/{person}"), Reason::Erased)];
        }
        let why = match self.object.get("messages") {
            Some(_) => Reason::Redacted,
            None => Reason::Destroyed,
        };
        let days = self.destroyed_days().unwrap_or_default();
        let scopes = days.into_iter().filter_map(|day| day_scope(channel, day));
        scopes.map(|scope| (scope, why)).collect()
    }

    /// With whose key its content died when that was erased.
    pub fn author(&self) -> &str {
        let person = self.object.get("person").and_then(Value::as_str);
        let brought_in = person.filter(|_| self.act == "message.imported");
        brought_in.unwrap_or(&self.actor)
    }
}

/// What of a content a reader wants to see.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub emoji: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub case: Option<String>,
    #[serde(default)]
    pub imported: Option<Value>,
    #[serde(default)]
    pub files: Vec<FileFact>,
    #[serde(default)]
    pub audience: Vec<Id>,
    #[serde(default)]
    pub options: Vec<String>,
    #[serde(default)]
    pub votes: Vec<u8>,
    #[serde(default)]
    pub chosen: Vec<u64>,
    #[serde(default)]
    pub preview: Option<LinkPreview>,
}

/// The readable copy: a function of header, content and the actor's name alone, so that a verifier can make it again.
pub fn decoded<'l>(head: &'l Head, said: Option<&'l Said>, name: Option<&'l str>) -> Decoded<'l> {
    static NOTHING: Said = Said {
        text: None,
        name: None,
        topic: None,
        emoji: None,
        reason: None,
        case: None,
        imported: None,
        files: Vec::new(),
        audience: Vec::new(),
        options: Vec::new(),
        votes: Vec::new(),
        chosen: Vec::new(),
        preview: None,
    };
    let said = said.unwrap_or(&NOTHING);
    Decoded {
        act: &head.act,
        actor: &head.actor,
        at: iso(head.at),
        case: said.case.as_deref(),
        emoji: said.emoji.as_deref(),
        files: said.files.iter().map(DecodedFile::from).collect(),
        imported: said.imported.as_ref(),
        name,
        of: head.amends(),
        options: &said.options,
        preview: said.preview.as_ref(),
        reason: said.reason.as_deref(),
        text: said.text.as_deref(),
        title: said.name.as_deref(),
        topic: said.topic.as_deref(),
        votes: &said.votes,
    }
}

#[derive(Serialize)]
pub struct Decoded<'l> {
    act: &'l str,
    actor: &'l str,
    at: String,
    case: Option<&'l str>,
    emoji: Option<&'l str>,
    files: Vec<DecodedFile<'l>>,
    imported: Option<&'l Value>,
    name: Option<&'l str>,
    of: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    options: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<&'l LinkPreview>,
    reason: Option<&'l str>,
    text: Option<&'l str>,
    title: Option<&'l str>,
    topic: Option<&'l str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    votes: &'l [u8],
}

#[derive(Serialize)]
struct DecodedFile<'l> {
    id: Id,
    mime: &'l str,
    name: &'l str,
    sha256: String,
    size: u64,
}

impl<'l> From<&'l FileFact> for DecodedFile<'l> {
    fn from(file: &'l FileFact) -> DecodedFile<'l> {
        DecodedFile {
            id: file.id,
            mime: &file.mime,
            name: &file.name,
            sha256: hex(&file.sha256.0),
            size: file.size,
        }
    }
}

/// A file's name in the bundle: its id, and what of its own name no file system minds.
pub fn native_path(id: Id, name: &str) -> String {
    const CHARS_MAX: usize = 80;
    let safe: String = name
        .chars()
        .rev()
        .take(CHARS_MAX)
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect();
    // The end of a name tells its kind, so a long one loses its beginning.
    let safe: String = safe.chars().rev().collect();
    format!("natives/{id}-{}", safe.trim_end_matches('.'))
}

/// Where content is missing: the person who was erased, or the scope that it was sealed under.
pub fn gap_scope(scope: &str, reason: Reason, head: Option<&Head>) -> String {
    match head.filter(|_| reason == Reason::Erased) {
        Some(head) => format!("person/{}", head.author()),
        None => scope.to_owned(),
    }
}

/// The text of a channel-day's scope; None for a day after the year 9999.
fn day_scope(channel: Id, day: u64) -> Option<String> {
    const LAST_DAY: u64 = 2_932_896;
    let day = u32::try_from(day).ok().filter(|_| day <= LAST_DAY)?;
    Some(Scope::ChannelDay { channel, day }.to_string())
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// `2026-11-22T10:15:30.123Z`; a time after the year 9999 stays a number.
pub fn iso(ms: u64) -> String {
    const LAST_MS: u64 = 253_402_300_799_999;
    if ms > LAST_MS {
        return format!("{ms} ms");
    }
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    // Years counted from March put the leap day last: then a month is a closed form (153 days in 5 months).
    let shifted = days + 719_468;
    let (era, in_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (s, ms) = (rest / 1000, rest % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ms:03}Z",
        s / 3600,
        s / 60 % 60,
        s % 60
    )
}
