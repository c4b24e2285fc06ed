//! A mailbox: a channel's day as the mails that lie in its bundle (Global Relay's form), over SMTP.
//!
//! Never changes a mail: what is sent is what is in the bundle, byte for byte.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use migrations_free_store::{BlobReader, Id, Store};
use sha2::{Digest, Sha256};

use super::{Fault, Parcel};
use crate::chat::command::Arrived;
use crate::chat::event::Hash;
use crate::config::{Destination, MailTls, secret};

/// What the largest archives take.
const MAIL_BYTES_MAX: u64 = 250 << 20;
const PATIENCE: Duration = Duration::from_mins(1);
/// Where a bundle has its mails.
const FOLDER: &str = "/eml/";

pub struct Mail {
    to: Destination,
    /// How many mails of an export were taken: what is tried again goes on there.
    taken: Option<(Id, usize)>,
}

impl Mail {
    pub fn new(to: &Destination) -> Mail {
        Mail {
            to: to.clone(),
            taken: None,
        }
    }

    pub fn take(&mut self, parcel: &Parcel<'_>) -> Result<Arrived, Fault> {
        let unbuilt = |error: zip::result::ZipError| Fault::new("unbuilt", error);
        let mut bundle = zip::ZipArchive::new(Seekable::new(parcel)).map_err(unbuilt)?;
        let mut names = Vec::new();
        for name in bundle.file_names() {
            let name = name.map_err(unbuilt)?;
            if name.contains(FOLDER) {
                names.push(name.into_owned());
            }
        }
        names.sort_unstable();
        let taken = self.taken.filter(|(export, _)| *export == parcel.export);
        let taken = taken.map_or(0, |(_, count)| count);
        let transport = self.connect()?;
        let (mut hash, mut bytes, mut pieces) = (Sha256::new(), 0, 0);
        for (before, name) in names.iter().enumerate() {
            let entry = bundle.by_name(name).map_err(unbuilt)?;
            if entry.size() > MAIL_BYTES_MAX {
                return Err(Fault::new("too_large", entry.size()));
            }
            let mut mail = Vec::new();
            entry
                .take(MAIL_BYTES_MAX)
                .read_to_end(&mut mail)
                .map_err(|error| Fault::new("unbuilt", error))?;
            if before >= taken {
                self.send(&transport, &mail)?;
                self.taken = Some((parcel.export, before + 1));
            }
            hash.update(&mail);
            bytes += mail.len() as u64;
            pieces += 1;
        }
        Ok(Arrived {
            bytes,
            sha256: Hash(hash.finalize().into()),
            pieces,
            locked_until: None,
        })
    }

    fn send(&self, transport: &SmtpTransport, mail: &[u8]) -> Result<(), Fault> {
        let envelope = Envelope::new(
            Some(address(self.to.from.as_deref())?),
            vec![address(self.to.to.as_deref())?],
        );
        let envelope = envelope.map_err(|error| Fault::new("refused", error))?;
        // The end of the last line is written with the dot that ends the mail.
        transport
            .send_raw(&envelope, mail.strip_suffix(b"\r\n").unwrap_or(mail))
            .map(|_| ())
            .map_err(|error| fault(&error))
    }

    /// For each delivery: whoever changes the password need not restart the server. Each mail has its own connection.
    fn connect(&self) -> Result<SmtpTransport, Fault> {
        let host = self.to.host.as_deref().unwrap_or_default();
        let parameters =
            || TlsParameters::new(host.to_owned()).map_err(|error| Fault::new("untrusted", error));
        let (tls, port) = match self.to.tls.unwrap_or(MailTls::Starttls) {
            MailTls::Starttls => (Tls::Required(parameters()?), 587),
            MailTls::Tls => (Tls::Wrapper(parameters()?), 465),
            MailTls::None => (Tls::None, 25),
        };
        let from = address(self.to.from.as_deref())?;
        let mut builder = SmtpTransport::builder_dangerous(host)
            .port(self.to.port.unwrap_or(port))
            .tls(tls)
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .timeout(Some(PATIENCE));
        if let Some((user, file)) = self.to.user.as_ref().zip(self.to.password_file.as_ref()) {
            let password =
                secret(file).map_err(|error| Fault::new("secret", format!("{error:#}")))?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(builder.build())
    }
}

fn address(text: Option<&str>) -> Result<Address, Fault> {
    let parsed = text.unwrap_or_default().parse::<Address>();
    parsed.map_err(|error| Fault::new("refused", error))
}

fn fault(error: &Error) -> Fault {
    let status = error.status().map(u16::from);
    let code = match status {
        Some(530 | 534 | 535 | 538) => "signin",
        Some(452 | 552) => "full",
        Some(_) => "refused",
        None if error.is_tls() => "untrusted",
        None if error.is_client() => "refused",
        None => "unreachable",
    };
    Fault::new(code, error)
}

/// A sealed bundle that can be read from anywhere.
struct Seekable<'p> {
    store: &'p Store,
    blob: Id,
    bytes: u64,
    at: u64,
    reader: Option<BlobReader>,
}

impl<'p> Seekable<'p> {
    fn new(parcel: &Parcel<'p>) -> Seekable<'p> {
        Seekable {
            store: parcel.store,
            blob: parcel.blob,
            bytes: parcel.bytes,
            at: 0,
            reader: None,
        }
    }
}

impl Read for Seekable<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self
                .store
                .blob_read(self.blob, self.at..self.bytes)
                .map_err(io::Error::other)?,
        };
        let read = reader.read(out)?;
        self.reader = Some(reader);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Seekable<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        if at != self.at {
            self.reader = None;
        }
        self.at = at;
        Ok(at)
    }
}
