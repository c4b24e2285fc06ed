//! The company's LDAP directory: a name and a password are right if the directory lets them in, by the `ldap3` crate.
//!
//! Never binds with an empty password (directories let anybody in with none), never follows a referral, and keeps nothing of
//! what was typed.

use std::time::Duration;

use ldap3::{
    LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions, dn_escape,
    ldap_escape,
};
use tokio::sync::Semaphore;

use super::{Fault, Vouched};
use crate::config;
use crate::config::signin::LOGIN;
use crate::http::client;

/// A directory found more than was asked for.
const SIZE_LIMIT: u32 = 4;
/// For all that one sign-in asks of the directory.
const PATIENCE: Duration = Duration::from_secs(8);
const BINDS_MAX: usize = 8;
const LOGIN_CHARS_MAX: usize = 256;
const NAME_CHARS_MAX: usize = 80;
/// RFC 4511: what says something of the server, and not of who asks.
const TROUBLES: &[u32] = &[1, 2, 3, 51, 52, 80];
const SUCCESS: u32 = 0;

pub struct Ldap {
    settings: config::Ldap,
    url: String,
    password: Option<String>,
    places: Semaphore,
}

/// Who asks, as the directory has her.
struct Entry {
    dn: String,
    login: Option<String>,
    name: Option<String>,
}

impl Ldap {
    /// None: it is off.
    pub fn new(settings: &config::Ldap) -> anyhow::Result<Option<Ldap>> {
        let Some(url) = &settings.url else {
            return Ok(None);
        };
        Ok(Some(Ldap {
            url: url.clone(),
            password: settings.password()?,
            settings: settings.clone(),
            places: Semaphore::new(BINDS_MAX),
        }))
    }

    pub fn creates(&self) -> bool {
        self.settings.create
    }

    pub async fn check(&self, login: &str, password: &str) -> Result<Vouched, Fault> {
        let login = login.trim();
        if login.is_empty() || password.is_empty() || login.chars().count() > LOGIN_CHARS_MAX {
            return Err(Fault::Wrong);
        }
        let asked = async {
            let _place = self.places.acquire().await;
            self.ask(login, password).await
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(broken("the directory does not answer in time")),
        }
    }

    async fn ask(&self, login: &str, password: &str) -> Result<Vouched, Fault> {
        let mut settings = LdapConnSettings::new().set_conn_timeout(PATIENCE);
        if self.settings.starttls || self.url.starts_with("ldaps://") {
            let tls = client::tls().map_err(|error| broken(&format!("{error:#}")))?;
            settings = settings
                .set_starttls(self.settings.starttls)
                .set_config(tls);
        }
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &self.url)
            .await
            .map_err(|error| unreachable(&error))?;
        // It ends when what asks through it is dropped.
        tokio::spawn(async move {
            if connection.drive().await.is_err() {
                tracing::debug!("a connection to the directory ended");
            }
        });
        let outcome = self.ask_over(&mut ldap, login, password).await;
        let _left = ldap.unbind().await;
        outcome
    }

    async fn ask_over(
        &self,
        ldap: &mut ldap3::Ldap,
        login: &str,
        password: &str,
    ) -> Result<Vouched, Fault> {
        let found = match &self.settings.dn {
            Some(pattern) => Some(Entry {
                dn: pattern.replace(LOGIN, &dn_escape(login)),
                login: Some(login.to_owned()),
                name: None,
            }),
            None => self.search(ldap, login).await?,
        };
        // Who is not there takes as long as who is.
        let nobody = || {
            format!(
                "cn=nobody,{}",
                self.settings.base.as_deref().unwrap_or_default()
            )
        };
        let dn = found.as_ref().map_or_else(nobody, |entry| entry.dn.clone());
        let bound = ldap.simple_bind(&dn, password).await;
        let code = bound.map_err(|error| unreachable(&error))?.rc;
        if TROUBLES.contains(&code) {
            return Err(broken(&format!("the directory answers with code {code}")));
        }
        let entry = found.filter(|_| code == SUCCESS).ok_or(Fault::Wrong)?;
        let name = match (&entry.name, &self.settings.dn) {
            (None, Some(_)) => self.own_name(ldap, &entry.dn).await,
            _ => entry.name,
        };
        let name = name.or_else(|| entry.login.clone());
        Ok(Vouched {
            subject: None,
            login: entry.login,
            name: name.map(|name| name.chars().take(NAME_CHARS_MAX).collect()),
        })
    }

    /// The one whom the filter finds; of two it is nobody.
    async fn search(&self, ldap: &mut ldap3::Ldap, login: &str) -> Result<Option<Entry>, Fault> {
        let settings = &self.settings;
        if let (Some(dn), Some(password)) = (&settings.bind_dn, &self.password) {
            let bound = ldap.simple_bind(dn, password).await;
            let code = bound.map_err(|error| unreachable(&error))?.rc;
            if code != SUCCESS {
                return Err(broken(&format!(
                    "the directory refuses ldap.bind_dn with code {code}"
                )));
            }
        }
        let base = settings.base.as_deref().unwrap_or_default();
        let filter = settings.filter.replace(LOGIN, &ldap_escape(login));
        let wanted = vec![
            settings.login_attribute.as_str(),
            settings.name_attribute.as_str(),
        ];
        let found = ldap
            .with_search_options(SearchOptions::new().sizelimit(2))
            .search(base, Scope::Subtree, &filter, wanted)
            .await
            .map_err(|error| unreachable(&error))?;
        if ![SUCCESS, SIZE_LIMIT].contains(&found.1.rc) {
            let code = found.1.rc;
            return Err(broken(&format!(
                "the directory refuses the search with code {code}"
            )));
        }
        let mut entries = found.0.into_iter().filter(|entry| !entry.is_ref());
        let (Some(entry), None) = (entries.next(), entries.next()) else {
            return Ok(None);
        };
        let entry = SearchEntry::construct(entry);
        Ok(Some(Entry {
            login: first(&entry, &settings.login_attribute),
            name: first(&entry, &settings.name_attribute),
            dn: entry.dn,
        }))
    }

    /// As she may read it herself; a directory that hides it is no reason to turn her away.
    async fn own_name(&self, ldap: &mut ldap3::Ldap, dn: &str) -> Option<String> {
        let attribute = self.settings.name_attribute.as_str();
        let found = ldap
            .search(dn, Scope::Base, "(objectClass=*)", vec![attribute])
            .await
            .ok()?;
        let entry = found.0.into_iter().find(|entry| !entry.is_ref())?;
        first(&SearchEntry::construct(entry), attribute)
    }
}

fn first(entry: &SearchEntry, attribute: &str) -> Option<String> {
    let mut all = entry.attrs.iter();
    let (_, values) = all.find(|(name, _)| name.eq_ignore_ascii_case(attribute))?;
    values.first().cloned()
}

fn broken(why: &str) -> Fault {
    Fault::Provider(why.to_owned())
}

/// In words of our own where the library's could tell who asked.
fn unreachable(error: &LdapError) -> Fault {
    broken(&match error {
        LdapError::Io { source } => format!("the directory cannot be reached: {source}"),
        LdapError::Rustls { source } => format!("the directory's certificate: {source}"),
        LdapError::FilterParsing => "ldap.filter cannot be read".to_owned(),
        _ => "the directory does not answer as it should".to_owned(),
    })
}
