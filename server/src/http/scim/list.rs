//! People as the directory sees them: those a filter takes, by the page, and as much of each as was asked for.
//!
//! Never more than a page at once.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use migrations_free_store::Id;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::filter::{Filter, bare};
use super::user::shown;
use super::{answer, body, said};
use crate::chat::directory::{all, sees};
use crate::http::App;

pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const PAGE_MAX: usize = 200;
const PAGE: i64 = 100;
/// Of how many a filter is asked before others may change something.
const AT_ONCE: usize = 256;
/// Attributes that can be asked for at once: more than there are.
const NAMES_MAX: usize = 64;

/// Which attributes: all, those alone, or all but those.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    only: Vec<String>,
    without: Vec<String>,
}

impl Wanted {
    fn new<'n>(
        only: impl Iterator<Item = &'n str>,
        without: impl Iterator<Item = &'n str>,
    ) -> Result<Wanted, Fault> {
        let names = |names: &mut dyn Iterator<Item = &'n str>| -> Result<Vec<String>, Fault> {
            let names = names.map(|name| bare(name.trim()).to_ascii_lowercase());
            let names: Vec<_> = names
                .filter(|n| !n.is_empty())
                .take(NAMES_MAX + 1)
                .collect();
            match names.len() <= NAMES_MAX {
                true => Ok(names),
                false => Err(Fault::value("Too many attributes are named.")),
            }
        };
        let (mut only, mut without) = (only, without);
        let (only, without) = (names(&mut only)?, names(&mut without)?);
        match only.is_empty() || without.is_empty() {
            true => Ok(Wanted { only, without }),
            false => Err(Fault::value(
                "attributes and excludedAttributes exclude each other.",
            )),
        }
    }

    pub fn of(&self, user: Value) -> Value {
        let Value::Object(fields) = user else {
            return user;
        };
        let fields = fields.into_iter().filter_map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            if ["id", "schemas"].contains(&lower.as_str()) {
                return Some((name, value));
            }
            if self.without.contains(&lower) {
                return None;
            }
            let dot = format!("{lower}.");
            let parts = |names: &[String]| -> Vec<String> {
                let inside = names.iter().filter_map(|n| n.strip_prefix(&dot));
                inside.map(str::to_owned).collect()
            };
            let (only, without) = (parts(&self.only), parts(&self.without));
            let is_whole = self.only.is_empty() || self.only.contains(&lower);
            if !is_whole && only.is_empty() {
                return None;
            }
            let keeps = |part: &str| match is_whole {
                true => !without.iter().any(|n| n.eq_ignore_ascii_case(part)),
                false => only.iter().any(|n| n.eq_ignore_ascii_case(part)),
            };
            Some((name, inside(value, &keeps)))
        });
        Value::Object(fields.collect())
    }
}

fn inside(value: Value, keeps: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(mut fields) => {
            fields.retain(|name, _| keeps(name));
            Value::Object(fields)
        }
        Value::Array(values) => values.into_iter().map(|v| inside(v, keeps)).collect(),
        value => value,
    }
}

/// What of one user is asked for.
pub struct Shown(pub Wanted);

impl FromRequestParts<Arc<App>> for Shown {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let asked = Asked::from_request_parts(parts, app).await?;
        Ok(Shown(asked.wanted()?))
    }
}

/// As it stands behind the question mark. What is not known is read past.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Asked {
    filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Option<String>,
    excluded_attributes: Option<String>,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Fault> {
        let asked = Query::<Asked>::try_from_uri(&parts.uri);
        let Query(asked) = asked.map_err(|_| Fault::value("The query cannot be read."))?;
        Ok(asked)
    }
}

impl Asked {
    fn wanted(&self) -> Result<Wanted, Fault> {
        let names = |text: &Option<String>| text.clone().unwrap_or_default();
        let (only, without) = (names(&self.attributes), names(&self.excluded_attributes));
        Wanted::new(only.split(','), without.split(','))
    }
}

pub async fn list(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Fault> {
    let wanted = asked.wanted()?;
    page(&app, asked, wanted).await
}

/// The same, with what is asked for in the body: there it stands in nobody's log.
pub async fn search(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Fault> {
    let body = body(&headers, sent).await?;
    let number = |name: &str| match said::field(&body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(Fault::value(format!("{name} is a number."))),
        },
    };
    let filter = match said::field(&body, "filter") {
        None | Some(Value::Null) => None,
        Some(Value::String(filter)) => Some(filter.clone()),
        Some(_) => return Err(Fault::filter("The filter is text.")),
    };
    let wanted = Wanted::new(
        names(&body, "attributes")?.into_iter(),
        names(&body, "excludedAttributes")?.into_iter(),
    )?;
    let asked = Asked {
        filter,
        start_index: number("startIndex")?,
        count: number("count")?,
        ..Asked::default()
    };
    page(&app, asked, wanted).await
}

fn names<'b>(body: &'b Map<String, Value>, name: &str) -> Result<Vec<&'b str>, Fault> {
    match said::field(body, name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.split(',').collect()),
        Some(Value::Array(names)) => {
            let names: Option<_> = names.iter().map(Value::as_str).collect();
            names.ok_or(Fault::value(format!("{name} is a list of names.")))
        }
        Some(_) => Err(Fault::value(format!("{name} is a list of names."))),
    }
}

async fn page(app: &Arc<App>, asked: Asked, wanted: Wanted) -> Result<Response, Fault> {
    let filter = asked.filter.as_deref().map(Filter::parse).transpose()?;
    let first = usize::try_from(asked.start_index.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
    let count = usize::try_from(asked.count.unwrap_or(PAGE).max(0)).unwrap_or(usize::MAX);
    let count = count.min(PAGE_MAX);
    let (total, users) = app
        .read(move |app| Ok(taken(app, filter.as_ref(), first, count)))
        .await?;
    let users: Vec<_> = users.into_iter().map(|user| wanted.of(user)).collect();
    let list = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": first,
        "itemsPerPage": users.len(),
        "Resources": users,
    });
    Ok(answer(StatusCode::OK, &list))
}

/// How many there are, and those of the page.
fn taken(app: &App, filter: Option<&Filter>, first: usize, count: usize) -> (usize, Vec<Value>) {
    let candidates = candidates(app, filter);
    let Some(filter) = filter else {
        let page = candidates.iter().skip(first - 1).take(count);
        let state = app.views.state.read();
        let users = page.filter_map(|id| {
            let (person, account) = sees(&state, *id)?;
            Some(shown(app, &state, *id, person, account))
        });
        return (candidates.len(), users.collect());
    };
    let (mut total, mut users) = (0, Vec::new());
    for some in candidates.chunks(AT_ONCE) {
        let state = app.views.state.read();
        for id in some {
            let Some((person, account)) = sees(&state, *id) else {
                continue;
            };
            let user = shown(app, &state, *id, person, account);
            if filter.takes(&user) {
                total += 1;
                if total >= first && users.len() < count {
                    users.push(user);
                }
            }
        }
    }
    (total, users)
}

/// Whom a filter is asked of: whoever is asked for by what is hers alone is looked up.
fn candidates(app: &App, filter: Option<&Filter>) -> Vec<Id> {
    let state = app.views.state.read();
    let must_be = |name| filter.and_then(|filter| filter.must_be(name));
    let found: Option<Option<Id>> = None
        .or_else(|| must_be("id").map(|id| id.parse().ok()))
        .or_else(|| must_be("userName").map(|login| state.accounts.by_login(login)))
        .or_else(|| must_be("externalId").map(|external| state.accounts.by_external(external)));
    match found {
        None => all(&state).map(|(id, ..)| id).collect(),
        Some(found) => found.into_iter().collect(),
    }
}
