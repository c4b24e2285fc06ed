//! The names of all settings: what they are by default, what the environment says of them, and what was meant by a wrong one.

use anyhow::{Context, bail};
use serde_json::Value;
use toml::Table;

use super::{Config, Destination};

/// Names that differ in more places are not what was meant.
const MISTAKES_MAX: usize = 3;
const ENVIRONMENT: &str = "DAYLIGHT_";

/// Every setting as `section.name`, with its default; `null` for what is not set.
pub fn all() -> Vec<(String, Value)> {
    of(&Config::default())
}

/// Every setting as it is here.
pub fn of(config: &Config) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let Ok(Value::Object(whole)) = serde_json::to_value(config) else {
        return all;
    };
    for (name, value) in whole {
        match value {
            Value::Object(section) => {
                let inside = section.into_iter();
                all.extend(inside.map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => all.push((name, value)),
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The environment's name for a setting: `DAYLIGHT_SERVER_LISTEN` for `server.listen`.
pub fn variable(key: &str) -> String {
    format!("{ENVIRONMENT}{}", key.replace('.', "_").to_uppercase())
}

/// Refuses what is no setting, and says which one may have been meant.
pub fn check(table: &Table) -> anyhow::Result<()> {
    let known: Vec<String> = all().into_iter().map(|(key, _)| key).collect();
    let is_section = |name: &str| known.iter().any(|key| key.starts_with(&format!("{name}.")));
    for (name, value) in table {
        match value {
            toml::Value::Table(section) if is_section(name) => {
                for key in section.keys() {
                    let key = format!("{name}.{key}");
                    if !known.contains(&key) {
                        bail!("{}", unknown(&key, &known));
                    }
                }
                if name == "archive" {
                    check_destinations(section)?;
                }
            }
            _ if known.contains(name) => {}
            toml::Value::Table(_) => {
                let sections: Vec<String> = known
                    .iter()
                    .filter_map(|key| Some(key.split_once('.')?.0.to_owned()))
                    .collect();
                bail!("{}", unknown(name, &sections));
            }
            _ => bail!("{}", unknown(name, &known)),
        }
    }
    Ok(())
}

/// Destinations are a list of tables, each with settings of its own.
fn check_destinations(section: &Table) -> anyhow::Result<()> {
    let Ok(Value::Object(settings)) = serde_json::to_value(Destination::default()) else {
        return Ok(());
    };
    let known: Vec<String> = settings
        .keys()
        .map(|key| format!("archive.to.{key}"))
        .collect();
    let tables = section.get("to").and_then(toml::Value::as_array);
    for table in tables.into_iter().flatten() {
        for key in table.as_table().into_iter().flat_map(Table::keys) {
            let key = format!("archive.to.{key}");
            if !known.contains(&key) {
                bail!("{}", unknown(&key, &known));
            }
        }
    }
    Ok(())
}

fn unknown(name: &str, known: &[String]) -> String {
    // Whoever left the section out, or put it elsewhere, still has the last word right.
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let far = |key: &str| distance(name, key).min(1 + distance(&last(name), &last(key)));
    let nearest = known.iter().min_by_key(|key| far(key));
    match nearest.filter(|key| far(key) <= MISTAKES_MAX) {
        Some(key) => format!("{name} is no setting; {key} is"),
        None => format!("{name} is no setting; `daylight config` prints all there are"),
    }
}

/// Letters to add, leave out or change.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let above = *cell;
            left = (above + 1).min(left + 1).min(corner + usize::from(x != y));
            corner = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Puts what the environment says in place of what the file says.
pub fn put_environment(
    table: &mut Table,
    said: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<()> {
    for (key, default) in all() {
        let variable = variable(&key);
        let Some(text) = said(&variable) else {
            continue;
        };
        let value = value(&text, &default).with_context(|| variable.clone())?;
        match key.split_once('.') {
            None => {
                table.insert(key, value);
            }
            Some((section, name)) => {
                let section = table
                    .entry(section)
                    .or_insert_with(|| toml::Value::Table(Table::new()));
                if let toml::Value::Table(section) = section {
                    section.insert(name.to_owned(), value);
                }
            }
        }
    }
    Ok(())
}

/// Words are taken as they are, numbers and lists as the file would have them.
fn value(text: &str, default: &Value) -> anyhow::Result<toml::Value> {
    if matches!(default, Value::String(_) | Value::Null) {
        return Ok(toml::Value::String(text.to_owned()));
    }
    let mut line: Table = toml::from_str(&format!("value = {text}"))?;
    line.remove("value").context("a value is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_refused_with_the_nearest_right_one() {
        for (text, said) in [
            (
                "server.listn = '127.0.0.1:1'",
                "server.listn is no setting; server.listen is",
            ),
            (
                "listen = '127.0.0.1:1'",
                "listen is no setting; server.listen is",
            ),
            (
                "[sever]\nlisten = '127.0.0.1:1'",
                "sever is no setting; server is",
            ),
            (
                "[backup]\nevery_hour = 3",
                "backup.every_hour is no setting; backup.every_hours is",
            ),
            (
                "[limits]\ncolour = 'blue'",
                "limits.colour is no setting; `daylight config` prints all there are",
            ),
        ] {
            let error = Config::parse(text).expect_err(text).to_string();
            assert_eq!(error, said);
        }
    }

    #[test]
    fn the_environment_has_the_last_word_in_every_setting() {
        let file = "[server]\nlisten = '127.0.0.1:1'\n[limits]\nconnections = 7";
        let said = |name: &str| {
            let value = match name {
                "DAYLIGHT_SERVER_LISTEN" => "127.0.0.1:2",
                "DAYLIGHT_SERVER_BEHIND_PROXY" => "true",
                "DAYLIGHT_SERVER_PUBLIC_URL" => "https://chat.example.com",
                "DAYLIGHT_BACKUP_EVERY_HOURS" => "3",
                "DAYLIGHT_WITNESS_BY" => "[{url = 'https://w.example', key = 'k'}]",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let config = Config::from_text(file, said).expect("it reads");
        assert_eq!(config.server.listen.port(), 2);
        assert!(config.server.behind_proxy);
        assert_eq!(
            config.server.public_url.as_deref(),
            Some("https://chat.example.com")
        );
        assert_eq!(
            (config.backup.every_hours, config.limits.connections),
            (3, 7)
        );
        assert_eq!(config.witness.by.len(), 1);
        let wrong = |name: &str| (name == "DAYLIGHT_BACKUP_EVERY_HOURS").then(|| "often".into());
        let error = Config::from_text("", wrong).expect_err("no number");
        assert!(format!("{error:#}").contains("DAYLIGHT_BACKUP_EVERY_HOURS"));
    }

    #[test]
    fn names_are_as_far_apart_as_letters_must_be_changed() {
        for (a, b, far) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (far, far));
        }
    }

    /// The manual's table has every setting once, with its default and what the environment calls it by rule.
    #[test]
    fn the_manual_and_the_code_list_the_same_settings_and_defaults() {
        let manual = include_str!("../../../docs/OPERATIONS.md");
        let (_, table) = manual
            .split_once("| setting | default |")
            .expect("the table");
        let rows = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let mut told: Vec<(String, String)> = rows
            .map(|row| {
                let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
                let mut next = || {
                    cells
                        .next()
                        .unwrap_or_default()
                        .trim_matches('`')
                        .to_owned()
                };
                (next(), next())
            })
            .collect();
        told.sort();
        let real: Vec<(String, String)> = all()
            .into_iter()
            .map(|(key, value)| {
                let value = match value {
                    Value::Null => "none".to_owned(),
                    Value::String(text) => text,
                    value => value.to_string(),
                };
                (key, value)
            })
            .collect();
        assert_eq!(told, real);
    }
}
