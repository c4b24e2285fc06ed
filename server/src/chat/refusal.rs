//! Expected refusals: a stable code and a sentence for a person. Never a failure of the server.

use migrations_free_store::Id;

/// Why a command or a read was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    BadRequest(String),
    NotSignedIn,
    /// A rule demands a second factor, and this person has none yet.
    SecondFirst,
    WrongCredentials,
    Forbidden,
    BadOrigin,
    NotFound,
    Conflict(&'static str),
    IdReused,
    /// Of so long ago that nobody knows whether it was carried out.
    IdTooOld {
        now_ms: u64,
    },
    /// Of the future: minted by a clock that was wrong, or while the server's was. It was not carried out.
    IdAhead {
        now_ms: u64,
    },
    Gone,
    TooLarge {
        limit: u64,
    },
    Invalid(String),
    Rate {
        after_ms: u64,
    },
    /// The channel is slow, and one has just written.
    Slow {
        after_ms: u64,
    },
    LockedOut {
        after_ms: u64,
    },
    /// A rule of supervision asks its author first, or, when it asks nothing, stops it.
    Supervised {
        asks: Vec<Id>,
        notice: String,
    },
    /// A fault named by an import, a file or a secret, with its own code (`import/…`).
    Fault {
        code: &'static str,
        message: String,
    },
    DiskFull,
    Unavailable,
}

impl Refusal {
    pub fn invalid(why: impl Into<String>) -> Self {
        Refusal::Invalid(why.into())
    }

    pub fn code(&self) -> &'static str {
        match self {
            Refusal::BadRequest(_) => "bad_request",
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::SecondFirst => "second_first",
            Refusal::WrongCredentials => "wrong_credentials",
            Refusal::Forbidden => "forbidden",
            Refusal::BadOrigin => "bad_origin",
            Refusal::NotFound => "not_found",
            Refusal::Conflict(_) => "conflict",
            Refusal::IdReused => "id_reused",
            Refusal::IdTooOld { .. } => "id_too_old",
            Refusal::IdAhead { .. } => "id_ahead",
            Refusal::Gone => "gone",
            Refusal::TooLarge { .. } => "too_large",
            Refusal::Invalid(_) => "invalid",
            Refusal::Rate { .. } => "rate",
            Refusal::Slow { .. } => "slow",
            Refusal::LockedOut { .. } => "locked_out",
            Refusal::Supervised { asks, .. } if asks.is_empty() => "supervision/blocked",
            Refusal::Supervised { .. } => "supervision/nudge",
            Refusal::Fault { code, .. } => code,
            Refusal::DiskFull => "disk_full",
            Refusal::Unavailable => "unavailable",
        }
    }

    pub fn message(&self) -> String {
        match self {
            Refusal::BadRequest(why) | Refusal::Invalid(why) => why.clone(),
            Refusal::Fault { message, .. } => message.clone(),
            Refusal::Supervised { notice, .. } => notice.clone(),
            Refusal::Conflict(why) => (*why).to_owned(),
            Refusal::NotSignedIn => "Please sign in.".into(),
            Refusal::SecondFirst => "Please set up a second step for signing in first: your workspace asks for it.".into(),
            Refusal::WrongCredentials => "The name or the PIN or password is not right.".into(),
            Refusal::Forbidden => "You are not allowed to do that.".into(),
            Refusal::BadOrigin => "This request comes from another site.".into(),
            Refusal::NotFound => "This does not exist, or is not yours to see.".into(),
            Refusal::IdReused => "This command id was already used for something else.".into(),
            Refusal::IdTooOld { .. } => {
                "This was written more than a week ago. See whether it arrived; if not, send it again."
                    .into()
            }
            Refusal::IdAhead { .. } => {
                "The clock of this device, or of the server, was wrong when this was written.".into()
            }
            Refusal::Gone => "This link was used up, revoked or has expired.".into(),
            Refusal::TooLarge { limit } => format!("Too large: at most {limit} bytes."),
            Refusal::Rate { .. } => "Too fast. Please wait a moment.".into(),
            Refusal::Slow { .. } => {
                "This channel is slow: there is a pause between two messages of one person.".into()
            }
            Refusal::LockedOut { .. } => {
                "Too many wrong tries. Please wait, or sign in with a device you already use."
                    .into()
            }
            Refusal::DiskFull => "The server's disk is nearly full: you can read, but nothing can be sent until there is room.".into(),
            Refusal::Unavailable => "The server is restarting. Please try again.".into(),
        }
    }

    /// The rules whose question is to be answered before it is sent again.
    pub fn asks(&self) -> &[Id] {
        match self {
            Refusal::Supervised { asks, .. } => asks,
            _ => &[],
        }
    }

    /// The server's time, for whoever has another.
    pub fn now_ms(&self) -> Option<u64> {
        match self {
            Refusal::IdAhead { now_ms } | Refusal::IdTooOld { now_ms } => Some(*now_ms),
            _ => None,
        }
    }

    /// Milliseconds until a retry makes sense.
    pub fn after_ms(&self) -> Option<u64> {
        match self {
            Refusal::Rate { after_ms }
            | Refusal::Slow { after_ms }
            | Refusal::LockedOut { after_ms } => Some(*after_ms),
            _ => None,
        }
    }
}
