//! The shape of an RSMF 2.0 manifest, object by object. What it does not know is only odd; what is wrong is refused.

use serde_json::Value;

use super::check::RsmfReport;

enum Kind {
    Text,
    /// Not empty.
    Name,
    Whole,
    Flag,
    OneOf(&'static [&'static str]),
    Names,
    Many(&'static Shape),
}

use Kind::{Flag, Many, Name, Names, OneOf, Text, Whole};

/// Name, kind, and whether it must be there.
type Shape = [(&'static str, Kind, bool)];

const MANIFEST: &Shape = &[
    ("version", Name, true),
    ("participants", Many(PARTICIPANT), true),
    ("conversations", Many(CONVERSATION), true),
    ("events", Many(EVENT), true),
    ("eventcollectionid", Text, false),
];
const CUSTOM: &Shape = &[("name", Name, true), ("value", Name, true)];
const PARTICIPANT: &Shape = &[
    ("id", Name, true),
    ("display", Text, false),
    ("email", Text, false),
    ("avatar", Text, false),
    ("account_id", Text, false),
    ("custom", Many(CUSTOM), false),
];
const CONVERSATION: &Shape = &[
    ("id", Name, true),
    ("display", Text, false),
    ("platform", Name, true),
    ("type", OneOf(&["direct", "channel"]), false),
    ("participants", Names, true),
    ("custodian", Text, false),
    ("custom", Many(CUSTOM), false),
    ("icon", Text, false),
];
const EVENT: &Shape = &[
    (
        "type",
        OneOf(&[
            "message",
            "disclaimer",
            "join",
            "leave",
            "history",
            "unknown",
        ]),
        true,
    ),
    ("id", Text, false),
    ("parent", Text, false),
    ("body", Text, false),
    ("participant", Text, false),
    ("conversation", Text, false),
    ("timestamp", Text, false),
    ("deleted", Flag, false),
    ("importance", OneOf(&["normal", "high"]), false),
    ("reactions", Many(REACTION), false),
    ("attachments", Many(ATTACHMENT), false),
    ("edits", Many(EDIT), false),
    ("direction", OneOf(&["incoming", "outgoing"]), false),
    ("read_receipts", Many(RECEIPT), false),
    ("custom", Many(CUSTOM), false),
];
const REACTION: &Shape = &[
    ("value", Name, true),
    ("count", Whole, false),
    ("participants", Names, false),
];
const ATTACHMENT: &Shape = &[
    ("id", Name, true),
    ("display", Text, false),
    ("size", Whole, false),
];
const EDIT: &Shape = &[
    ("participant", Name, true),
    ("timestamp", Text, false),
    ("previous", Text, false),
    ("new", Text, false),
];
const RECEIPT: &Shape = &[
    ("participant", Name, true),
    ("timestamp", Text, false),
    ("action", OneOf(&["read", "delivered"]), false),
];
const VERSION_CHARS_MIN: usize = 5;

pub fn check(manifest: &Value, report: &mut RsmfReport) {
    object(manifest, MANIFEST, "manifest", report);
    if manifest["version"]
        .as_str()
        .is_some_and(|text| text.len() < VERSION_CHARS_MIN)
    {
        violated(report, "manifest.version");
    }
}

fn object(value: &Value, shape: &Shape, at: &str, report: &mut RsmfReport) {
    let Some(fields) = value.as_object() else {
        return violated(report, at);
    };
    for (name, kind, required) in shape {
        match fields.get(*name) {
            Some(value) => one(value, kind, &format!("{at}.{name}"), report),
            None if *required => violated(report, &format!("{at}.{name}")),
            None => {}
        }
    }
    for name in fields.keys() {
        if shape.iter().all(|(known, ..)| known != name) {
            report.warn("UndefinedProperty", format!("{at}.{name} is not defined"));
        }
    }
}

fn one(value: &Value, kind: &Kind, at: &str, report: &mut RsmfReport) {
    let named = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let fits = match kind {
        Text => value.is_string(),
        Name => named(value),
        Whole => value.is_u64() || value.is_i64(),
        Flag => value.is_boolean(),
        OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
        Names => value.as_array().is_some_and(|all| all.iter().all(named)),
        Many(shape) => match value.as_array() {
            Some(all) => {
                for (n, value) in all.iter().enumerate() {
                    object(value, shape, &format!("{at}[{n}]"), report);
                }
                true
            }
            None => false,
        },
    };
    if !fits {
        violated(report, at);
    }
}

fn violated(report: &mut RsmfReport, at: &str) {
    report.error(
        "ManifestSchemaViolation",
        format!("{at} is missing or not of its kind"),
    );
}
