//! What a directory sends of somebody, and what of it is kept: her login, a name, the directory's own name for her,
//! whether she is active, and whether she is a guest.
//!
//! Never keeps the rest (addresses, numbers, managers, passwords): it is read past.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::filter::{CHARS_MAX, Filter, bare};
use super::user::SCHEMA;
use crate::chat::Role;
use crate::chat::directory::Says;

/// Changes in one patch.
const OPERATIONS_MAX: usize = 100;
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

#[derive(Default)]
struct Said {
    says: Says,
    display: Option<String>,
    formatted: Option<String>,
    given: Option<String>,
    family: Option<String>,
}

/// A whole record, as it comes with POST and PUT. What it leaves out stays as it is.
pub fn record(body: &Map<String, Value>) -> Result<Says, Fault> {
    has_schema(body, SCHEMA)?;
    let mut said = Said::default();
    for (name, value) in body {
        said.put(name, value)?;
    }
    match said.says.login {
        Some(_) => Ok(said.whole()),
        None => Err(Fault::value("userName is required.")),
    }
}

/// Changes, in order; both as the standard has them and as Entra ID and Okta send them.
pub fn patch(body: &Map<String, Value>) -> Result<Says, Fault> {
    has_schema(body, PATCH)?;
    let operations = field(body, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or(Fault::syntax("Operations is a list."))?;
    if operations.is_empty() || operations.len() > OPERATIONS_MAX {
        return Err(Fault::value(format!(
            "A patch has 1 to {OPERATIONS_MAX} operations."
        )));
    }
    let mut said = Said::default();
    for operation in operations {
        let operation = operation
            .as_object()
            .ok_or(Fault::syntax("An operation is an object."))?;
        let (path, chosen) = match field(operation, "path") {
            None | Some(Value::Null) => (None, None),
            Some(Value::String(path)) => {
                let (path, chosen) = target(path)?;
                (Some(path), chosen)
            }
            Some(_) => return Err(Fault::path("A path is text.")),
        };
        let value = field(operation, "value").unwrap_or(&Value::Null);
        let op = field(operation, "op").and_then(Value::as_str);
        match (op.map(str::to_ascii_lowercase).as_deref(), path) {
            (Some("add" | "replace"), Some(path)) => {
                is_not_ours(path)?;
                said.put(path, value)?;
            }
            (Some("add" | "replace"), None) => {
                let fields = value.as_object();
                let fields =
                    fields.ok_or(Fault::value("Without a path the value is an object."))?;
                for (name, value) in fields {
                    said.put(name, value)?;
                }
            }
            (Some("remove"), Some(path)) => said.remove(path, chosen.as_ref())?,
            (Some("remove"), None) => {
                return Err(Fault::no_target("What is removed is named by a path."));
            }
            _ => return Err(Fault::syntax("An operation adds, replaces or removes.")),
        }
    }
    Ok(said.whole())
}

/// The attribute a path leads to, and which of its values.
fn target(path: &str) -> Result<(&str, Option<Filter>), Fault> {
    let wrong = Fault::path("The path cannot be read.");
    if path.chars().count() > CHARS_MAX {
        return Err(Fault::path("The path is too long."));
    }
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | ':'))
    };
    match path.split_once('[') {
        None if is_name(path) => Ok((path, None)),
        Some((name, rest)) if is_name(name) => {
            let (inside, sub) = rest.rsplit_once(']').ok_or(wrong)?;
            let is_sub = sub.is_empty() || sub.strip_prefix('.').is_some_and(is_name);
            match Filter::parse(inside) {
                Ok(chosen) if is_sub => Ok((name, Some(chosen))),
                _ => Err(Fault::path("The path cannot be read.")),
            }
        }
        _ => Err(wrong),
    }
}

fn is_not_ours(path: &str) -> Result<(), Fault> {
    let first = bare(path).split('.').next().unwrap_or_default();
    match ["id", "meta", "schemas"]
        .iter()
        .any(|own| first.eq_ignore_ascii_case(own))
    {
        true => Err(Fault::mutability("This is set here alone.")),
        false => Ok(()),
    }
}

fn has_schema(body: &Map<String, Value>, schema: &str) -> Result<(), Fault> {
    let schemas = field(body, "schemas").and_then(Value::as_array);
    let mut schemas = schemas.into_iter().flatten().filter_map(Value::as_str);
    match schemas.any(|named| named.eq_ignore_ascii_case(schema)) {
        true => Ok(()),
        false => Err(Fault::syntax("schemas does not name what this is.")),
    }
}

/// Names of attributes have no case.
pub fn field<'v>(of: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut fields = of.iter();
    fields
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Said {
    fn put(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        // Of another schema than a user's own nothing is kept.
        let is_foreign = name
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("urn:"))
            && !name
                .get(..SCHEMA.len())
                .is_some_and(|p| p.eq_ignore_ascii_case(SCHEMA));
        if is_foreign {
            return Ok(());
        }
        match bare(name).to_ascii_lowercase().as_str() {
            "username" => self.says.login = Some(text(value, "userName")?.ok_or(required())?),
            "externalid" => self.says.external = Some(text(value, "externalId")?),
            "displayname" => self.display = text(value, "displayName")?,
            "name" => {
                for (part, value) in value.as_object().into_iter().flatten() {
                    self.put(&format!("name.{part}"), value)?;
                }
            }
            "name.formatted" => self.formatted = text(value, "name.formatted")?,
            "name.givenname" => self.given = text(value, "name.givenName")?,
            "name.familyname" => self.family = text(value, "name.familyName")?,
            "active" => self.says.active = Some(truth(value)?),
            "roles" | "roles.value" => self.says.role = Some(role(value)?),
            _ => {}
        }
        Ok(())
    }

    fn remove(&mut self, path: &str, chosen: Option<&Filter>) -> Result<(), Fault> {
        is_not_ours(path)?;
        match bare(path).to_ascii_lowercase().as_str() {
            "username" | "displayname" | "active" => return Err(required()),
            "externalid" => self.says.external = Some(None),
            // Another role than this is not there to be taken; a guest does not become a member by it.
            "roles" | "roles.value" => {
                let guest = json!({"value": "guest", "primary": true});
                if chosen.is_none_or(|chosen| chosen.takes(&guest)) {
                    self.says.role = Some(Role::Member);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// There is one name of hers here: the first of those that were said.
    fn whole(self) -> Says {
        let both = || match (&self.given, &self.family) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            _ => None,
        };
        let name = self.display.clone().or(self.formatted.clone());
        Says {
            name: name.or_else(both),
            ..self.says
        }
    }
}

fn required() -> Fault {
    Fault::mutability("This is always there.")
}

/// Nothing, null and empty are the same.
fn text(value: &Value, name: &str) -> Result<Option<String>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        _ => Err(Fault::value(format!("{name} is text."))),
    }
}

/// Entra ID writes "True" and "False".
fn truth(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(is) => Ok(*is),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Fault::value("active is true or false.")),
    }
}

/// None is a member.
fn role(value: &Value) -> Result<Role, Fault> {
    let wrong = || {
        Fault::value(
            "A role from the directory is one of member and guest; an admin of the workspace gives others by name.",
        )
    };
    match value {
        Value::Null => Ok(Role::Member),
        Value::String(text) if text.eq_ignore_ascii_case("member") => Ok(Role::Member),
        Value::String(text) if text.eq_ignore_ascii_case("guest") => Ok(Role::Guest),
        Value::Object(fields) => role(field(fields, "value").ok_or_else(wrong)?),
        Value::Array(values) => match values.as_slice() {
            [] => Ok(Role::Member),
            [one] => role(one),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patched(operations: Value) -> Result<Says, Fault> {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        patch(body.as_object().expect("an object"))
    }

    #[test]
    fn entra_and_okta_and_the_standard_say_the_same() {
        let off = Says {
            active: Some(false),
            ..Says::default()
        };
        for shape in [
            json!([{"op": "Replace", "path": "active", "value": "False"}]),
            json!([{"op": "replace", "value": {"active": false}}]),
            json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false},
                   {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "g@acme.example"},
                   {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "N"}]),
        ] {
            assert_eq!(patched(shape.clone()).expect("said"), off, "{shape}");
        }
        let named = patched(json!([
            {"op": "replace", "path": "name.formatted", "value": "Dr Hopper"},
            {"op": "replace", "path": "displayName", "value": " Grace Hopper "},
            {"op": "remove", "path": "externalId"},
            {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "guest"},
        ]));
        let wanted = Says {
            name: Some("Grace Hopper".into()),
            external: Some(None),
            role: Some(Role::Guest),
            ..Says::default()
        };
        assert_eq!(named.expect("said"), wanted);
        for (path, role) in [
            ("roles", Some(Role::Member)),
            ("roles[value eq \"guest\"]", Some(Role::Member)),
            ("roles[primary eq \"True\"].value", Some(Role::Member)),
            ("roles[value eq \"editor\"]", None),
        ] {
            let taken = patched(json!([{"op": "Remove", "path": path}]));
            assert_eq!(taken.expect("said").role, role, "{path}");
        }
        let parts = json!([{"op": "add", "value": {"name.givenName": "Grace", "name.familyName": "Hopper"}}]);
        assert_eq!(
            patched(parts).expect("said").name.as_deref(),
            Some("Grace Hopper")
        );
    }

    #[test]
    fn what_cannot_be_is_told_with_the_standards_word_for_it() {
        for (operation, kind) in [
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "move", "path": "active"}), "invalidSyntax"),
            (
                json!({"op": "replace", "path": "active", "value": "perhaps"}),
                "invalidValue",
            ),
            (
                json!({"op": "replace", "path": "roles", "value": [{"value": "admin"}]}),
                "invalidValue",
            ),
            (json!({"op": "remove", "path": "userName"}), "mutability"),
            (
                json!({"op": "replace", "path": "id", "value": "x"}),
                "mutability",
            ),
            (
                json!({"op": "replace", "path": "emails[type eq", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "replace", "path": "", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "replace", "path": "userName", "value": 7}),
                "invalidValue",
            ),
            (json!({"op": "replace", "value": 7}), "invalidValue"),
            (json!(7), "invalidSyntax"),
        ] {
            let fault = patched(json!([operation])).expect_err("a fault");
            assert_eq!(fault.kind, Some(kind), "{operation}");
        }
        assert!(patched(json!([])).is_err());
    }

    proptest! {
        #[test]
        fn no_patch_breaks_the_reader(op in "add|replace|remove", path in "[a-zA-Z.:\\[\\]\" ]{0,40}", value in "\\PC{0,40}") {
            let _ = patched(json!([{"op": op, "path": path, "value": value}, {"op": op, "value": {path: value}}]));
        }
    }
}
