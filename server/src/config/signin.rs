//! Sign-in by the company: its OpenID Connect provider and its LDAP directory.
//!
//! Never holds a secret: the files that do are named, and read at the start.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::archive::{is_loopback, secret};

/// Stands in a filter or a name for what somebody typed.
pub const LOGIN: &str = "{login}";

/// A subject follows it, and both fit into one field of an account.
const ISSUER_CHARS_MAX: usize = 160;
const NAME_CHARS_MAX: usize = 40;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signin {
    pub secrets: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    pub issuer: Option<String>,
    pub client_id: Option<String>,
    pub client_secret_file: Option<PathBuf>,
    pub scopes: Vec<String>,
    pub login_claim: String,
    pub name_claim: String,
    pub require: Vec<String>,
    pub create: bool,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ldap {
    pub url: Option<String>,
    pub starttls: bool,
    pub plain: bool,
    pub bind_dn: Option<String>,
    pub password_file: Option<PathBuf>,
    pub base: Option<String>,
    pub filter: String,
    pub dn: Option<String>,
    pub login_attribute: String,
    pub name_attribute: String,
    pub create: bool,
}

impl Default for Signin {
    fn default() -> Self {
        Signin { secrets: true }
    }
}

impl Default for Oidc {
    fn default() -> Self {
        Oidc {
            issuer: None,
            client_id: None,
            client_secret_file: None,
            scopes: vec!["profile".into(), "email".into()],
            login_claim: "preferred_username".into(),
            name_claim: "name".into(),
            require: Vec::new(),
            create: false,
            name: None,
        }
    }
}

impl Default for Ldap {
    fn default() -> Self {
        Ldap {
            url: None,
            starttls: false,
            plain: false,
            bind_dn: None,
            password_file: None,
            base: None,
            filter: format!("(uid={LOGIN})"),
            dn: None,
            login_attribute: "uid".into(),
            name_attribute: "cn".into(),
            create: false,
        }
    }
}

impl Oidc {
    pub fn check(&self) -> anyhow::Result<()> {
        let Some(issuer) = &self.issuer else {
            if self.client_id.is_some() {
                bail!("oidc.client_id needs oidc.issuer");
            }
            return Ok(());
        };
        if self.client_id.as_deref().unwrap_or_default().is_empty() {
            bail!("oidc.issuer needs oidc.client_id");
        }
        if issuer.chars().count() > ISSUER_CHARS_MAX || !is_private(issuer, "https", "http") {
            bail!(
                "oidc.issuer is an https address of at most {ISSUER_CHARS_MAX} characters, as https://sso.example.com/realms/acme"
            );
        }
        let name = self.name.as_deref().unwrap_or("a name");
        if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
            bail!("oidc.name has 1 to {NAME_CHARS_MAX} characters");
        }
        if self
            .required()
            .any(|(claim, value)| claim.is_empty() || value.is_empty())
        {
            bail!("oidc.require lists claims with their value, as \"hd=example.com\"");
        }
        self.secret().map(|_| ())
    }

    /// Claims that must say exactly this.
    pub fn required(&self) -> impl Iterator<Item = (&str, &str)> {
        self.require
            .iter()
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// None: the provider knows us by our address alone.
    pub fn secret(&self) -> anyhow::Result<Option<String>> {
        let path = self.client_secret_file.as_deref();
        path.map(secret)
            .transpose()
            .context("oidc.client_secret_file")
    }
}

impl Ldap {
    pub fn check(&self) -> anyhow::Result<()> {
        let Some(url) = &self.url else {
            return Ok(());
        };
        if !url.starts_with("ldap://") && !url.starts_with("ldaps://") {
            bail!("ldap.url is an ldaps or ldap address, as ldaps://ldap.example.com");
        }
        if self.starttls && url.starts_with("ldaps://") {
            bail!("ldap.starttls is for ldap:// addresses: ldaps:// is encrypted from the start");
        }
        if !self.starttls && !self.plain && !is_private(url, "ldaps", "ldap") {
            bail!(
                "ldap.url leads to another machine without encryption: every password would be sent in the clear. Use \
                 ldaps:// or ldap.starttls = true; ldap.plain = true for a network that nobody listens in"
            );
        }
        match (&self.dn, &self.base) {
            (Some(dn), None) if dn.contains(LOGIN) => {}
            (None, Some(_)) if self.filter.contains(LOGIN) => {}
            _ => bail!(
                "ldap.url needs either ldap.base with an ldap.filter that has {LOGIN} in it, or such an ldap.dn"
            ),
        }
        if self.bind_dn.is_some() != self.password_file.is_some() {
            bail!("ldap.bind_dn and ldap.password_file belong together: set both or none");
        }
        self.password().map(|_| ())
    }

    pub fn password(&self) -> anyhow::Result<Option<String>> {
        let path = self.password_file.as_deref();
        path.map(secret).transpose().context("ldap.password_file")
    }
}

/// Does nobody listen in: encrypted, or to this machine?
pub fn is_private(url: &str, encrypted: &str, plain: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host.unwrap_or_default();
    !host.is_empty()
        && !authority.contains('@')
        && (scheme == encrypted || (scheme == plain && is_loopback(host)))
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_would_send_passwords_in_the_clear_or_let_anybody_in_is_refused() {
        let refused = [
            ("[oidc]\nclient_id = 'd'", "issuer"),
            ("[oidc]\nissuer = 'https://a.example'", "client_id"),
            (
                "[oidc]\nissuer = 'http://a.example'\nclient_id = 'd'",
                "https",
            ),
            (
                "[oidc]\nissuer = 'http://127.0.0.1@a.example'\nclient_id = 'd'",
                "https",
            ),
            (
                "[oidc]\nissuer = 'https://a.example'\nclient_id = 'd'\nrequire = ['hd']",
                "require",
            ),
            (
                "[oidc]\nissuer = 'https://a.example'\nclient_id = 'd'\nclient_secret_file = '/none'",
                "client_secret_file",
            ),
            (
                "[ldap]\nurl = 'ldap://a.example'\nbase = 'dc=a'",
                "in the clear",
            ),
            ("[ldap]\nurl = 'https://a.example'\nbase = 'dc=a'", "ldaps"),
            (
                "[ldap]\nurl = 'ldaps://a.example'\nbase = 'dc=a'\nfilter = '(uid=ada)'",
                "{login}",
            ),
            (
                "[ldap]\nurl = 'ldaps://a.example'\ndn = 'uid=ada'",
                "{login}",
            ),
            (
                "[ldap]\nurl = 'ldaps://a.example'\nbase = 'dc=a'\nbind_dn = 'cn=a'",
                "password_file",
            ),
        ];
        for (text, said) in refused {
            let error = Config::parse(text).expect(text).check().expect_err(text);
            assert!(format!("{error:#}").contains(said), "{text}: {error:#}");
        }
        for text in [
            "[oidc]\nissuer = 'https://a.example'\nclient_id = 'd'\nrequire = ['hd=a.example']",
            "[oidc]\nissuer = 'http://127.0.0.1:9'\nclient_id = 'd'",
            "[ldap]\nurl = 'ldap://localhost'\nbase = 'dc=a'",
            "[ldap]\nurl = 'ldap://a.example'\nstarttls = true\nbase = 'dc=a'",
            "[ldap]\nurl = 'ldaps://a.example'\ndn = 'uid={login},dc=a'",
        ] {
            Config::parse(text).expect(text).check().expect(text);
        }
    }
}
