//! An S3-compatible store: each bundle under a key of its own, locked if the configuration says so.
//!
//! Never says that something is locked, or there, before the store itself has said so of the object.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::sign::{Keys, Request, authorization};
use super::{Fault, Parcel, fill};
use crate::chat::command::Arrived;
use crate::config::{Destination, secret};
use crate::export::line::hex;
use crate::http::client::{Told, tell};

/// Larger bundles go in parts of this size: never more of one is in memory.
const PART_BYTES: usize = 16 << 20;
/// What a store takes of one object.
const PARTS_MAX: u64 = 10_000;
const PATIENCE: Duration = Duration::from_mins(2);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const DAY_MS: u64 = 86_400_000;
/// Stores keep whole seconds, and their clock is not ours.
const LOCK_SLACK_MS: u64 = 60_000;
const META_HASH: &str = "x-amz-meta-sha256";
const CHECKSUM: &str = "x-amz-checksum-sha256";
const LOCK_MODE: &str = "x-amz-object-lock-mode";
const LOCK_UNTIL: &str = "x-amz-object-lock-retain-until-date";

pub struct Bucket {
    to: Destination,
    runtime: Handle,
}

type Headers = Vec<(&'static str, String)>;

impl Bucket {
    pub fn new(to: &Destination, runtime: Handle) -> Bucket {
        Bucket {
            to: to.clone(),
            runtime,
        }
    }

    pub fn take(&self, parcel: &Parcel<'_>) -> Result<Arrived, Fault> {
        let keys = self.keys()?;
        let (folder, name) = parcel.path();
        let prefix = self.to.prefix.as_deref().unwrap_or_default();
        let key = format!("{prefix}/{folder}/{name}");
        let bucket = self.to.bucket.as_deref().unwrap_or_default();
        let call = Call {
            bucket: self,
            keys: &keys,
            path: format!("/{bucket}/{}", key.trim_start_matches('/')),
            parcel,
        };
        let wanted = self
            .to
            .lock_days
            .map(|days| parcel.now_ms + u64::from(days) * DAY_MS);
        // It may have arrived before the server could say so.
        if let Some(found) = call.look()?
            && found.is_enough(wanted.map(|at| at.saturating_sub(DAY_MS)))
        {
            return Ok(parcel.arrived(found.locked_until));
        }
        if parcel.bytes <= PART_BYTES as u64 {
            call.put_whole(wanted)?;
        } else {
            call.put_parts(wanted)?;
        }
        let found = call
            .look()?
            .ok_or_else(|| Fault::new("refused", "the object is not there after its upload"))?;
        if !found.is_enough(wanted) {
            return Err(Fault::new(
                "unlocked",
                "the store does not say that it is locked",
            ));
        }
        Ok(parcel.arrived(found.locked_until))
    }

    /// Read for each delivery: whoever changes a key need not restart the server.
    fn keys(&self) -> Result<Keys, Fault> {
        let read = |path: &Option<std::path::PathBuf>| {
            let path = path.as_deref().unwrap_or(std::path::Path::new(""));
            secret(path).map_err(|error| Fault::new("secret", format!("{error:#}")))
        };
        Ok(Keys {
            access: read(&self.to.access_key_file)?,
            secret: read(&self.to.secret_key_file)?,
            region: self.to.region.clone().unwrap_or_else(|| "us-east-1".into()),
        })
    }
}

/// What the store says of an object that has the right size and hash.
struct Found {
    locked_until: Option<u64>,
}

impl Found {
    fn is_enough(&self, wanted: Option<u64>) -> bool {
        wanted.is_none_or(|wanted| {
            let until = self.locked_until.unwrap_or_default();
            until + LOCK_SLACK_MS >= wanted
        })
    }
}

struct Call<'c> {
    bucket: &'c Bucket,
    keys: &'c Keys,
    path: String,
    parcel: &'c Parcel<'c>,
}

impl Call<'_> {
    /// None: it is not there, or not what is to be delivered.
    fn look(&self) -> Result<Option<Found>, Fault> {
        let told = self.send("HEAD", "", Vec::new(), Vec::new())?;
        match told.status {
            200 => {}
            // Who may not list a bucket is told 403 of what is not in it: the upload will tell.
            403 | 404 => return Ok(None),
            _ => return Err(refused(&told)),
        }
        let is_it = told.header("content-length") == Some(&self.parcel.bytes.to_string())
            && told.header(META_HASH) == Some(&self.parcel.hash());
        let until = told
            .header(LOCK_UNTIL)
            .and_then(|at| at.parse::<Timestamp>().ok());
        let until = until.and_then(|at| u64::try_from(at.as_millisecond()).ok());
        let has_mode = match (told.header(LOCK_MODE), self.bucket.to.lock_mode) {
            (Some(mode), Some(wanted)) => mode == wanted.header() || mode == "COMPLIANCE",
            (Some(_), None) => true,
            (None, _) => false,
        };
        Ok(is_it.then_some(Found {
            locked_until: until.filter(|_| has_mode),
        }))
    }

    /// What every new object is made with.
    fn made_with(&self, wanted: Option<u64>) -> Result<Headers, Fault> {
        let mut headers = vec![
            ("content-type", "application/zip".to_owned()),
            (META_HASH, self.parcel.hash()),
        ];
        if let Some((mode, until)) = self.bucket.to.lock_mode.zip(wanted) {
            let until = moment(until)?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            headers.push((LOCK_MODE, mode.header().to_owned()));
            headers.push((LOCK_UNTIL, until));
        }
        Ok(headers)
    }

    fn put_whole(&self, wanted: Option<u64>) -> Result<(), Fault> {
        let mut body = vec![0; PART_BYTES];
        let read = self.read(0, &mut body)?;
        body.truncate(read);
        let mut headers = self.made_with(wanted)?;
        headers.push((CHECKSUM, STANDARD.encode(self.parcel.sha256.0)));
        // What is to be locked is taken with this only.
        headers.push(("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()));
        well(self.send("PUT", "", headers, body)?).map(|_| ())
    }

    fn put_parts(&self, wanted: Option<u64>) -> Result<(), Fault> {
        if self.parcel.bytes.div_ceil(PART_BYTES as u64) > PARTS_MAX {
            return Err(Fault::new("too_large", self.parcel.bytes));
        }
        let mut headers = self.made_with(wanted)?;
        headers.push(("x-amz-checksum-algorithm", "SHA256".to_owned()));
        let begun = well(self.send("POST", "uploads=", headers, Vec::new())?)?;
        let upload = between(&begun.text(), "UploadId").map(|id| encoded(&id));
        let upload = upload.ok_or_else(|| Fault::new("refused", "no upload was begun"))?;
        let done = self.parts(&upload);
        if done.is_err() {
            // What is unfinished costs its owner.
            let _ended = self.send(
                "DELETE",
                &format!("uploadId={upload}"),
                Vec::new(),
                Vec::new(),
            );
        }
        done
    }

    fn parts(&self, upload: &str) -> Result<(), Fault> {
        let mut list = String::from("<CompleteMultipartUpload>");
        let mut body = Vec::new();
        for number in 1..=self.parcel.bytes.div_ceil(PART_BYTES as u64) {
            body.resize(PART_BYTES, 0);
            let read = self.read((number - 1) * PART_BYTES as u64, &mut body)?;
            body.truncate(read);
            let hash = STANDARD.encode(Sha256::digest(&body));
            let headers = vec![(CHECKSUM, hash.clone())];
            let query = format!("partNumber={number}&uploadId={upload}");
            let told = well(self.send("PUT", &query, headers, std::mem::take(&mut body))?)?;
            let tag = told.header("etag").unwrap_or_default();
            let tag = tag.replace(['<', '>', '&'], "");
            // Writing into memory does not fail.
            let _written = write!(
                list,
                "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag><ChecksumSHA256>{hash}</ChecksumSHA256></Part>"
            );
        }
        list.push_str("</CompleteMultipartUpload>");
        let query = format!("uploadId={upload}");
        let told = well(self.send("POST", &query, Vec::new(), list.into_bytes())?)?;
        // It answers 200 before it knows.
        if told.text().contains("<Error>") {
            return Err(refused(&told));
        }
        Ok(())
    }

    fn read(&self, from: u64, body: &mut [u8]) -> Result<usize, Fault> {
        fill(&mut self.parcel.part(from)?, body).map_err(|error| Fault::new("unbuilt", error))
    }

    fn send(
        &self,
        method: &'static str,
        query: &str,
        mut headers: Headers,
        body: Vec<u8>,
    ) -> Result<Told, Fault> {
        let endpoint = self.bucket.to.endpoint.as_deref().unwrap_or_default();
        let endpoint = endpoint.trim_end_matches('/');
        let host = endpoint.split_once("://").map_or("", |(_, host)| host);
        let (host, below) = host.split_once('/').unwrap_or((host, ""));
        let below = if below.is_empty() {
            String::new()
        } else {
            format!("/{below}")
        };
        let path = format!("{below}{}", self.path);
        let at = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let body_hash = hex(&Sha256::digest(&body));
        headers.push(("host", host.to_owned()));
        headers.push(("x-amz-content-sha256", body_hash.clone()));
        headers.push(("x-amz-date", at.clone()));
        let request = Request {
            method,
            path: &path,
            query,
            headers: &headers,
            body_hash: &body_hash,
            at: &at,
        };
        let signed = authorization(self.keys, &request);
        headers.push(("authorization", signed));
        let mark = if query.is_empty() { "" } else { "?" };
        let scheme = endpoint.split("://").next().unwrap_or("https");
        let url = format!("{scheme}://{host}{path}{mark}{query}");
        self.bucket
            .runtime
            .block_on(tell(
                method,
                &url,
                &headers,
                body,
                PATIENCE,
                ANSWER_BYTES_MAX,
            ))
            .map_err(|error| Fault::new("unreachable", format!("{error:#}")))
    }
}

fn moment(ms: u64) -> Result<Timestamp, Fault> {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).map_err(|error| Fault::new("unlocked", error))
}

fn well(told: Told) -> Result<Told, Fault> {
    if (200..300).contains(&told.status) {
        Ok(told)
    } else {
        Err(refused(&told))
    }
}

fn refused(told: &Told) -> Fault {
    let said = between(&told.text(), "Code").unwrap_or_default();
    let code = match (told.status, said.as_str()) {
        (_, "NoSuchBucket") | (404, _) => "missing",
        (401 | 403, _) => "signin",
        (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull") => "full",
        // Without versions, and so without locks.
        (400, "InvalidRequest") => "unlocked",
        _ => "refused",
    };
    Fault::new(code, format!("{} {said}", told.status))
}

/// What stands in the first element of this name.
fn between(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inner.to_owned())
}

/// As it stands in a query.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into memory does not fail.
            let _written = write!(out, "%{byte:02X}");
        }
    }
    out
}
