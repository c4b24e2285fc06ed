//! What is measured: a server of ours, or the bare one, with a company in it, and the generator that plays at it.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use tests::company::{Company, Set};
use tests::http::{Client, Site};
use tests::launch::{self, Certificate, Settings};
use tests::process::{self, Server};

use super::BODY_BYTES;

/// A running server and the company that lives in it.
pub struct Target {
    pub server: Server,
    pub company: PathBuf,
    pub data: PathBuf,
    certificate: Option<PathBuf>,
}

impl Target {
    pub fn bare(dir: &Path, sets: &str) -> Result<Target> {
        let sets: Result<Vec<Set>> = sets.split(',').map(Set::parse).collect();
        let company = dir.join("bare.json");
        Company::pretend(&sets?)?.save(&company)?;
        let data = dir.join("bare.log");
        let _ = fs::remove_file(&data);
        let addr = process::free_port()?;
        let mut command = Command::new(process::program("bare")?);
        command.arg(addr.port().to_string()).arg(&data);
        let server = Server::start(command, Site::plain(addr))?;
        Ok(Target {
            server,
            company,
            data,
            certificate: None,
        })
    }

    pub fn daylight(dir: &Path, name: &str, sets: &str) -> Result<Target> {
        Target::founded(dir, name, sets, None)
    }

    pub fn daylight_tls(dir: &Path, name: &str, sets: &str) -> Result<Target> {
        let certificate = Certificate::make(dir)?;
        let path = dir.join("cert.der");
        fs::write(&path, &certificate.der)?;
        let target = Target::founded(dir, name, sets, Some(&certificate))?;
        Ok(Target {
            certificate: Some(path),
            ..target
        })
    }

    /// Founds the company when there is none; else takes the one that is there.
    pub fn founded(
        dir: &Path,
        name: &str,
        sets: &str,
        certificate: Option<&Certificate>,
    ) -> Result<Target> {
        let data = dir.join(name);
        let company = data.with_extension("json");
        let settings = Settings {
            certificate,
            ..Settings::default()
        };
        if !company.exists() && data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let server = launch::start(&data, &settings)?;
        let founded = company
            .exists()
            .then(|| Company::load(&company))
            .transpose()?;
        if let Some(founded) = &founded
            && session_lives(&server.site, founded)
        {
            return Ok(Target {
                server,
                company,
                data,
                certificate: None,
            });
        }
        ensure!(
            founded.is_none(),
            "the company in {} has lost its sessions: remove it",
            data.display()
        );
        let sets: Result<Vec<Set>> = sets.split(',').map(Set::parse).collect();
        Company::found(&server.site, &server.setup_token()?, &sets?)?.save(&company)?;
        drop(server);
        // Founding leaves memory behind that is not the measurement's.
        let server = launch::start(&data, &settings)?;
        Ok(Target {
            server,
            company,
            data,
            certificate: None,
        })
    }

    /// The same company under the limits that people meet.
    pub fn with_limits(self) -> Result<Target> {
        let Target {
            server,
            company,
            data,
            ..
        } = self;
        server.stop()?;
        let settings = Settings {
            keep_limits: true,
            ..Settings::default()
        };
        Ok(Target {
            server: launch::start(&data, &settings)?,
            company,
            data,
            certificate: None,
        })
    }

    pub fn generate<T: DeserializeOwned>(
        &self,
        arguments: &[impl AsRef<OsStr> + Debug],
    ) -> Result<T> {
        let mut command = Command::new(process::program("generate")?);
        command
            .args(arguments)
            .arg("--addr")
            .arg(self.server.site.addr.to_string());
        command
            .arg("--company")
            .arg(&self.company)
            .arg("--server")
            .arg(self.server.pid().to_string());
        command.arg("--body").arg(BODY_BYTES.to_string());
        if let Some(certificate) = &self.certificate {
            command.arg("--cert").arg(certificate);
        }
        let output = command.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "generate {arguments:?}: {said}\nserver: {}",
            last_lines(&self.server.words())
        );
        serde_json::from_slice(&output.stdout).context("the generator's answer")
    }
}

fn session_lives(site: &Site, company: &Company) -> bool {
    let Some(admin) = company.people.first() else {
        return false;
    };
    let mut client = Client::with_cookie(site.clone(), &admin.cookie);
    client
        .get("/api/v1/devices")
        .is_ok_and(|answer| answer.status == 200)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(10)..)
        .unwrap_or_default()
        .join("\n")
}
