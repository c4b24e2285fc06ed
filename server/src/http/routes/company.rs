//! Signing in by the company: to its provider and back, and by a password that its directory knows.
//!
//! Never says which of a name and a password was wrong, and opens sessions in one place with all other ways in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::identity::after_first_factor;
use crate::chat::account::Source;
use crate::chat::command::{Command, Door as Inner};
use crate::chat::event::Entry;
use crate::chat::{Actor, Refusal};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::{self, Address};
use crate::identity::secret::{Token, token_hash};
use crate::signin::{Fault, Found, Oidc, Returned, Signin, Vouched, Way, find};

/// How people of the company come in, for the page where they do.
#[derive(Serialize, ToSchema)]
pub struct Ways {
    /// By its provider.
    oidc: bool,
    /// What the provider is called here, if anything.
    name: Option<String>,
    /// With their name and password there, in the same form.
    ldap: bool,
}

impl Ways {
    /// None: by none.
    pub fn of(signin: &Signin) -> Option<Ways> {
        signin.is_on().then(|| Ways {
            oidc: signin.oidc.is_some(),
            name: signin.oidc.as_ref().and_then(Oidc::name).map(str::to_owned),
            ldap: signin.ldap.is_some(),
        })
    }
}

/// Leads to the company's provider. A page to go to, not one to fetch.
#[utoipa::path(get, path = "/api/v1/signin/oidc", responses((status = 303)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Address(address): Address,
) -> Result<Response, Refusal> {
    let oidc = app.signin.oidc.as_ref().ok_or(Refusal::NotFound)?;
    let browser = Token::long();
    let begun = oidc
        .begin(browser.hash(), address, app.clock.now_ms())
        .await;
    Ok(match app.signin.noted(Way::Oidc, begun) {
        Ok(url) => leads_to(&url, session::signin_cookie(&app, browser.text())),
        Err(fault) => leads_back(&app, &fault.into()),
    })
}

#[derive(Deserialize, IntoParams)]
pub struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

/// Where the provider sends people back to, signed in or not: on to the page, with a session or with the reason.
#[utoipa::path(get, path = "/api/v1/signin/oidc/back", params(Back), responses((status = 303)))]
pub async fn back(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extract::Query(back): extract::Query<Back>,
) -> Result<Response, Refusal> {
    let oidc = app.signin.oidc.as_ref().ok_or(Refusal::NotFound)?;
    Ok(match finish(&app, oidc, &headers, &back).await {
        Ok(entered) => {
            let cookies = entered.headers().get_all(header::SET_COOKIE);
            let mut response = leads_to("/", session::signin_cookie(&app, ""));
            for cookie in cookies {
                response
                    .headers_mut()
                    .append(header::SET_COOKIE, cookie.clone());
            }
            response
        }
        Err(refusal) => leads_back(&app, &refusal),
    })
}

async fn finish(
    app: &App,
    oidc: &Oidc,
    headers: &HeaderMap,
    back: &Back,
) -> Result<Response, Refusal> {
    let browser = session::begun_signin(app, headers).and_then(token_hash);
    let returned = Returned {
        state: &back.state,
        code: back.code.as_deref(),
        issuer: back.iss.as_deref(),
        browser: browser.ok_or(Fault::Again)?,
    };
    let vouched = oidc.finish(returned, app.clock.now_ms()).await;
    let vouched = app.signin.noted(Way::Oidc, vouched)?;
    let person = person(app, vouched, oidc.creates()).await?;
    after_first_factor(app, person, Entry::Oidc, headers).await
}

impl App {
    /// Whoever has a PIN or password of ours comes in by it, others by the directory's. A wrong one costs the same.
    pub(super) async fn first_factor(
        &self,
        named: Option<Id>,
        login: &str,
        typed: &str,
    ) -> Result<(Id, Entry), Refusal> {
        let ours = named.filter(|person| {
            let state = self.views.state.read();
            let person_is = state.people.get(person);
            let has = person_is.is_some_and(|p| p.active && p.credential_at.is_some());
            has && (self.signin.secrets || state.accounts.of(*person).is_none())
        });
        let right = self.check_secret(ours, typed).await?;
        if let Some(person) = right {
            return Ok((person, Entry::Secret));
        }
        let Some(ldap) = self.signin.ldap.as_ref().filter(|_| ours.is_none()) else {
            return Err(Refusal::WrongCredentials);
        };
        let vouched = ldap.check(login, typed).await;
        let vouched = self.signin.noted(Way::Ldap, vouched)?;
        let person = person(self, vouched, ldap.creates()).await?;
        Ok((person, Entry::Ldap))
    }

    /// Whether this is the password at the company of somebody who has none of ours.
    pub(super) async fn is_known_by_directory(
        &self,
        person: Id,
        typed: &str,
    ) -> Result<bool, Refusal> {
        let Some(ldap) = &self.signin.ldap else {
            return Ok(false);
        };
        let login = {
            let state = self.views.state.read();
            let known = state.people.get(&person);
            match known.is_some_and(|p| p.credential_at.is_none()) {
                true => state.accounts.of(person).map(|a| a.login.clone()),
                false => None,
            }
        };
        let Some(login) = login else { return Ok(false) };
        let vouched = ldap.check(&login, typed).await;
        match self.signin.noted(Way::Ldap, vouched) {
            Ok(vouched) => {
                // Her own name, to the letter; that she comes in by the provider takes nothing from it.
                let is_hers =
                    |name: &str| name.trim().to_lowercase() == login.trim().to_lowercase();
                Ok(vouched.login.as_deref().is_some_and(is_hers))
            }
            Err(Fault::Wrong) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Who that is here: known, tied to the name that waits for her, or new.
async fn person(app: &App, vouched: Vouched, creates: bool) -> Result<Id, Refusal> {
    let found = find(&app.views.state.read(), &vouched, creates)?;
    let how = Source::SignIn;
    let (inner, person) = match found {
        Found::Person(person) => return Ok(person),
        Found::Tie(person, account) => {
            let account = Some(account);
            let inner = Inner::AccountSet {
                person,
                account,
                how,
            };
            (inner, Some(person))
        }
        Found::New(account) => {
            let name = vouched.name.unwrap_or_else(|| account.login.clone());
            (Inner::AccountNew { name, account, how }, None)
        }
    };
    let ack = app
        .door
        .submit(Actor::System, Command::Door(inner), None)
        .await?;
    person.or(ack.person).ok_or(Refusal::Unavailable)
}

fn leads_to(url: &str, cookie: Option<HeaderValue>) -> Response {
    let location = HeaderValue::from_str(url)
        .ok()
        .map(|to| (header::LOCATION, to));
    let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    let kept = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let headers = AppendHeaders(
        [location, cookie, Some(kept)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    );
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// To our page, which has the words for it.
fn leads_back(app: &App, refusal: &Refusal) -> Response {
    let code = refusal.code();
    let why = code.strip_prefix("signin/").unwrap_or("provider");
    leads_to(&format!("/#/signin/{why}"), session::signin_cookie(app, ""))
}
