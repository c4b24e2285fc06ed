//! What a link leads to, as its author saw it when the message was written: on disk, and nothing in it is ever renamed.

use serde::{Deserialize, Serialize};

/// The longest address that a preview is made of, in bytes.
pub const LINK_BYTES_MAX: usize = 2_048;
pub const TITLE_CHARS_MAX: usize = 120;
pub const DESCRIPTION_CHARS_MAX: usize = 240;
pub const SITE_CHARS_MAX: usize = 60;

/// Words alone: no picture is fetched and none is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkPreview {
    /// As it stands in the message's text.
    pub url: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
}

impl LinkPreview {
    pub fn stands_in(&self, text: &str) -> bool {
        has_link(text, &self.url)
    }

    /// All its words, a line each.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let more = [&self.site, &self.description];
        let more = more.into_iter().flatten().map(String::as_str);
        std::iter::once(self.title.as_str()).chain(more)
    }
}

/// Does the text have this very link? One that only begins alike leads elsewhere.
pub fn has_link(text: &str, url: &str) -> bool {
    !url.is_empty()
        && text.match_indices(url).any(|(at, _)| {
            let after = text.get(at + url.len()..).unwrap_or_default();
            let after = after.trim_start_matches(ends_a_link);
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(char::is_alphanumeric)
                && after.chars().next().is_none_or(char::is_whitespace)
        })
}

/// What may stand behind a link and is not of it.
fn ends_a_link(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | ')'
            | ']'
            | '}'
            | '>'
            | '"'
            | '\''
            | '`'
            | '*'
            | '_'
            | '~'
            | '…'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_belongs_to_a_text_that_has_the_very_link_and_to_no_other() {
        let preview = LinkPreview {
            url: "https://bank.example/a".into(),
            ..LinkPreview::default()
        };
        for text in [
            "https://bank.example/a",
            "see https://bank.example/a.",
            "(https://bank.example/a), please",
            "*https://bank.example/a*\nand more",
            "https://bank.example/ab or https://bank.example/a?",
        ] {
            assert!(preview.stands_in(text), "{text}");
        }
        for text in [
            "",
            "bank.example/a",
            "https://bank.example/ab",
            "https://bank.example/a.evil.example/",
            "https://bank.example/a/b",
            "https://bank.example/a?b",
            "xhttps://bank.example/a",
            "https://bank.example/A",
        ] {
            assert!(!preview.stands_in(text), "{text}");
        }
        assert!(!LinkPreview::default().stands_in("anything"));
    }
}
