//! The part of an event that can be forgotten: on disk, and nothing in it is ever renamed.

use migrations_free_store::Id;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::hash::Hash;
use super::preview::LinkPreview;
use super::quiet::QuietHours;
use super::second::Proof;
use super::supervision::RuleWords;

/// The content of an event: the part that can be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files: Vec<FileFact>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// The argon2id PHC string.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub imported: Option<ImportedFrom>,
    /// Lines of an imported file that could not be read, kept verbatim.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unreadable: Vec<UnreadLine>,
    /// Who is asked to confirm a message: the channel's members when it was sent, without its author. Dies with it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub audience: Vec<Id>,
    /// The answers of a poll, whose question is the text.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<String>,
    /// Which of them somebody chose, from 0; none: she takes her vote back.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub votes: Vec<u8>,
    /// The messages that an export asks for, by number.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub chosen: Vec<u64>,
    /// What a link of the text led to when it was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preview: Option<LinkPreview>,
    /// Where a device is told of what is new: whoever knows it can disturb its person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// What pushes are signed with: PKCS #8, in base64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quiet: Option<QuietHours>,
    /// What a rule of supervision looks for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<RuleWords>,
    /// What a hold looks for, as one searches.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub words: Vec<String>,
    /// By what the company knows this person elsewhere.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Account>,
    /// What a second factor is checked with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second: Option<Proof>,
}

impl Content {
    /// All that somebody wrote in it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let preview = self.preview.iter();
        let preview = preview.flat_map(|p| [Some(&p.title), p.description.as_ref()]);
        (self.text.as_deref().into_iter())
            .chain(self.files.iter().map(|file| file.name.as_str()))
            .chain(self.options.iter().map(String::as_str))
            .chain(self.unreadable.iter().map(|line| line.text.as_str()))
            .chain(preview.flatten().map(String::as_str))
    }

    pub fn text(text: impl Into<String>) -> Self {
        Content {
            text: Some(text.into()),
            ..Content::default()
        }
    }
    pub fn name(name: impl Into<String>) -> Self {
        Content {
            name: Some(name.into()),
            ..Content::default()
        }
    }
    pub fn emoji(emoji: impl Into<String>) -> Self {
        Content {
            emoji: Some(emoji.into()),
            ..Content::default()
        }
    }
}

/// An attachment as its message names it. `commitment` binds the sealed bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFact {
    pub id: Id,
    pub name: String,
    pub mime: String,
    pub size: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub w: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub h: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thumb: Option<Id>,
    pub sha256: Hash,
}

/// What an imported message claims about itself: unverified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedFrom {
    pub from: String,
    pub at: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The position of its first line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnreadLine {
    pub line: u64,
    pub text: String,
    pub why: String,
}
