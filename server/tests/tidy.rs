//! Keeps the rules of docs/ARCHITECTURE.md that the compiler cannot: each library in its one home, rules without
//! I/O, files that say what they are for. It reads the sources and runs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file that needs no reason, and where a reason is no longer needed.
const LINES_MAX: usize = 600;
const LINES_FEW: usize = 500;

/// Longer files, each with the reason why it is one.
const LONG: &[(&str, &str)] = &[
    (
        "server/src/chat/event.rs",
        "the contract on disk in one place: every act, its name, its place in a channel and what it can say",
    ),
    (
        "server/src/chat/command.rs",
        "one contract: every command that the door takes, beside its limits and its name on the wire",
    ),
    (
        "server/src/chat/state.rs",
        "one fold over one enum: every act beside every other, so that none is forgotten",
    ),
    (
        "server/src/http/routes/identity.rs",
        "the seven ways in share how a session is opened and a secret is checked",
    ),
    (
        "server/src/http/socket.rs",
        "one connection's life from handshake to close",
    ),
    (
        "server/src/sequencer.rs",
        "the one door: queue, batch, commit and destruction are one order of steps",
    ),
    (
        "tests/src/bin/bench/main.rs",
        "a table of measurements, a row a function",
    ),
];

/// `expect` outside of tests: how many, and why none can come true.
const EXPECTED: &[(&str, usize, &str)] = &[
    (
        "migrations-free-store/src/cipher.rs",
        3,
        "lengths the primitives are made for; without randomness nothing may be sealed",
    ),
    (
        "server/src/identity/secret.rs",
        3,
        "argon2 with a cost that was checked at the start; no randomness means no secrets, so no server",
    ),
    (
        "server/src/views/terms/part.rs",
        3,
        "writing sorted, distinct terms into memory",
    ),
];

const BANNED_NAMES: &[&str] = &[
    "util", "utils", "common", "helper", "helpers", "manager", "service", "misc",
];

#[test]
fn each_library_has_one_home() {
    let homes: &[(&[&str], &str)] = &[
        (&["sled"], "migrations-free-store/src/engine.rs"),
        (
            &[
                "axum",
                "hyper",
                "hyper_util",
                "tungstenite",
                "tokio_tungstenite",
                "rustls",
                "tokio_rustls",
                "tower",
                "tower_http",
            ],
            "server/src/http/",
        ),
        (&["argon2"], "server/src/identity/"),
        (
            &[
                "opentelemetry",
                "opentelemetry_http",
                "opentelemetry_otlp",
                "opentelemetry_sdk",
            ],
            "server/src/telemetry/",
        ),
        (&["openidconnect", "ldap3"], "server/src/signin/"),
    ];
    let mut wrong = Vec::new();
    for source in sources(&["server/src", "migrations-free-store/src"]) {
        for (libraries, home) in homes {
            if source.name.starts_with(home)
                || source.name == format!("{}.rs", home.trim_end_matches('/'))
            {
                continue;
            }
            source.find(&mut wrong, |line| {
                let named = |word: &&&str| words(line).any(|w| w == **word);
                libraries
                    .iter()
                    .find(named)
                    .map(|word| format!("`{word}` lives in {home}"))
            });
        }
    }
    none(&wrong);
}

#[test]
fn the_rules_do_no_io_and_read_no_clock() {
    let mut wrong = Vec::new();
    for source in sources(&["server/src/chat"]) {
        source.find(&mut wrong, |line| {
            let world = [
                "std::fs",
                "std::net",
                "std::env",
                "std::process",
                "std::thread",
                "SystemTime",
                "Instant",
                "tokio",
                "tracing",
                "getrandom",
                "async",
            ];
            if let Some(found) = world.iter().find(|w| mentions(line, w)) {
                return Some(format!("`{found}` in the rules"));
            }
            // What the rules need of the server is inside them.
            let at = line.find("crate::")?;
            let path = &line[at + "crate::".len()..];
            (!path.starts_with("chat")).then(|| format!("the rules look out: {}", line.trim()))
        });
    }
    none(&wrong);
}

#[test]
fn the_store_knows_nothing_of_chat() {
    let mut wrong = Vec::new();
    for source in sources(&["migrations-free-store/src"]) {
        source.find(&mut wrong, |line| {
            [
                "daylight::",
                "tokio",
                "axum",
                "tracing",
                "message",
                "Message",
            ]
            .iter()
            .find(|word| mentions(line, word))
            .map(|word| format!("`{word}` in the store"))
        });
    }
    none(&wrong);
}

#[test]
fn the_store_reaches_files_through_its_disk_alone() {
    // Beside the disk itself: the lock, the views' engine, and a look at whether the machine swaps.
    let homes = [
        "migrations-free-store/src/disk.rs",
        "migrations-free-store/src/files.rs",
        "migrations-free-store/src/engine.rs",
        "migrations-free-store/src/store.rs",
    ];
    let mut wrong = Vec::new();
    for source in sources(&["migrations-free-store/src"]) {
        if homes.contains(&source.name.as_str()) {
            continue;
        }
        for line in source.product() {
            let ways = ["std::fs", "unix::fs", "rustix"];
            if let Some(way) = ways.iter().find(|way| mentions(line, way)) {
                wrong.push(format!("{}: `{way}` beside the disk", source.name));
            }
        }
    }
    none(&wrong);
}

/// What stands in the head of a `match` or a loop is held until its end. Whoever asks for the same lock again inside
/// waits for a writer that waits for the head.
#[test]
fn no_match_and_no_loop_holds_the_state_or_the_segments() {
    let mut wrong = Vec::new();
    for source in sources(&["server/src", "migrations-free-store/src"]) {
        source.find(&mut wrong, |line| {
            let line = line.trim_start();
            let is_head = ["match ", "for ", "while let ", "if let "]
                .iter()
                .any(|head| line.starts_with(head));
            let locks = ["state.read()", "state.write()", "segments.read()"];
            let held = locks.iter().find(|lock| is_head && line.contains(**lock));
            held.map(|lock| format!("`{lock}` is held to the end: take it in a line before"))
        });
    }
    none(&wrong);
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for source in all_sources() {
        let first = source.text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") {
            wrong.push(format!("{}: does not begin with `//!`", source.name));
        }
    }
    none(&wrong);
}

/// Two pages name a test for each promise: `file.rs::name`. None of them may be a name alone.
#[test]
fn every_test_that_the_documents_name_is_there() {
    let mut wrong = Vec::new();
    for page in ["docs/TESTING.md", "docs/THREATS.md"] {
        let text = read(&root().join(page));
        let mut named = 0;
        for name in text.split('`').skip(1).step_by(2) {
            let Some((file, test)) = name.rsplit_once("::") else {
                continue;
            };
            named += 1;
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {test}(")) {
                wrong.push(format!("{page}: {name} is not there"));
            }
        }
        assert!(named > 30, "only {named} tests are named in {page}");
    }
    none(&wrong);
}

#[test]
fn long_files_have_a_reason() {
    let mut wrong = Vec::new();
    let mut long: BTreeMap<&str, &str> = LONG.iter().copied().collect();
    // A file of tests is as long as there are promises.
    for source in sources(&["server/src", "migrations-free-store/src", "tests/src"]) {
        let lines = source.text.lines().count();
        if source.is_test() || lines <= LINES_FEW {
            continue;
        }
        if long.remove(source.name.as_str()).is_none() && lines > LINES_MAX {
            wrong.push(format!(
                "{}: {lines} lines and no reason given",
                source.name
            ));
        }
    }
    wrong.extend(
        long.keys()
            .map(|name| format!("{name}: is not long any more")),
    );
    none(&wrong);
}

#[test]
fn no_file_is_a_drawer() {
    let mut wrong = Vec::new();
    for path in files(&root(), &["rs", "ts", "tsx", "css", "mjs", "py", "sh"]) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        let folder = folder.to_string_lossy();
        if BANNED_NAMES
            .iter()
            .any(|name| *name == stem || *name == folder)
        {
            wrong.push(format!("{}: a name that says nothing", shown(&path)));
        }
    }
    none(&wrong);
}

#[test]
fn nothing_unwraps_outside_of_tests_without_a_reason() {
    let mut wrong = Vec::new();
    let mut allowed: BTreeMap<&str, usize> =
        EXPECTED.iter().map(|(name, n, _)| (*name, *n)).collect();
    for source in sources(&["server/src", "migrations-free-store/src"]) {
        let found = source
            .product()
            .iter()
            .filter(|line| {
                [
                    ".unwrap()",
                    ".expect(",
                    "panic!(",
                    "unreachable!(",
                    "unimplemented!(",
                ]
                .iter()
                .any(|word| line.contains(word))
            })
            .count();
        let may = allowed.remove(source.name.as_str()).unwrap_or(0);
        if found != may {
            wrong.push(format!(
                "{}: {found} times, {may} with a reason",
                source.name
            ));
        }
    }
    wrong.extend(allowed.keys().map(|name| format!("{name}: is gone")));
    none(&wrong);
}

#[test]
fn every_crate_forbids_unsafe() {
    let workspace = read(&root().join("Cargo.toml"));
    let lints = section(&workspace, "[workspace.lints.rust]");
    assert!(
        lints
            .iter()
            .any(|l| l.replace(' ', "") == r#"unsafe_code="forbid""#),
        "the workspace forbids unsafe"
    );
    let members = workspace
        .lines()
        .find_map(|l| l.strip_prefix("members = "))
        .expect("the members")
        .split('"')
        .skip(1)
        .step_by(2);
    let mut seen = 0;
    for member in members {
        seen += 1;
        let manifest = read(&root().join(member).join("Cargo.toml"));
        assert!(
            section(&manifest, "[lints]").contains(&"workspace = true"),
            "{member} takes the workspace's lints"
        );
    }
    assert_eq!(seen, 3);
    let mut wrong = Vec::new();
    for source in all_sources() {
        source.find(&mut wrong, |line| {
            words(line)
                .any(|w| w == "unsafe")
                .then(|| "unsafe".to_owned())
        });
    }
    none(&wrong);
}

#[test]
fn nothing_half_done_is_left_in_and_nothing_of_how_it_was_made() {
    // In pieces, so that this file may name them.
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X:"].concat(),
        ["HA", "CK:"].concat(),
        ["db", "g!("].concat(),
        ["debug", "ger;"].concat(),
    ];
    let places = ["home", "root", "work", "Users"].map(|dir| ["/", dir, "/"].concat());
    let habits = [
        ["as ", "requested"].concat(),
        ["as ", "instructed"].concat(),
        ["language ", "model"].concat(),
        ["sub", "agent"].concat(),
        ["ticket ", "#"].concat(),
        ["issue ", "#"].concat(),
        ["work", "place"].concat(),
        ["the ", "brief"].concat(),
    ];
    let mut wrong = Vec::new();
    let kinds = [
        "rs", "ts", "tsx", "css", "mjs", "py", "sh", "md", "toml", "html", "yml", "yaml", "service",
    ];
    for path in files(&root(), &kinds) {
        let text = read(&path);
        for (number, line) in text.lines().enumerate() {
            let low = line.to_lowercase();
            let found = marks
                .iter()
                .chain(&places)
                .find(|mark| line.contains(mark.as_str()))
                .or_else(|| habits.iter().find(|word| low.contains(word.as_str())));
            if let Some(found) = found {
                wrong.push(format!("{}:{}: {found}", shown(&path), number + 1));
            }
        }
    }
    none(&wrong);
}

#[test]
fn this_reader_of_sources_sees_code_and_only_code() {
    let text = "let a = 1; // unsafe\nlet b = \"unsafe \\\" unsafe\"; unsafe_code();\nlet c = '\"'; x.unwrap();\n\
                let d = r#\"panic!(\"#; let e: &'static str = \"\"; /* unsafe\nunsafe */ f();";
    let code = code_of(text);
    assert_eq!(code.len(), 5);
    assert!(
        code.iter().all(|line| words(line).all(|w| w != "unsafe")),
        "{code:?}"
    );
    assert!(
        code[1].contains("unsafe_code()") && code[2].contains(".unwrap()"),
        "{code:?}"
    );
    assert!(
        !code[3].contains("panic") && code[4].contains("f()"),
        "{code:?}"
    );
}

struct Source {
    /// From the workspace's root.
    name: String,
    text: String,
    /// Line by line, without comments and without what stands in strings.
    code: Vec<String>,
}

impl Source {
    fn is_test(&self) -> bool {
        self.name.contains("/tests/") || self.name.ends_with("/tests.rs")
    }

    /// The code before its tests.
    fn product(&self) -> &[String] {
        if self.is_test() {
            return &[];
        }
        let tests = self
            .code
            .windows(2)
            .position(|l| l[0].trim() == "#[cfg(test)]" && l[1] == "mod tests {");
        &self.code[..tests.unwrap_or(self.code.len())]
    }

    fn find(&self, wrong: &mut Vec<String>, judge: impl Fn(&str) -> Option<String>) {
        for (number, line) in self.code.iter().enumerate() {
            if let Some(what) = judge(line) {
                wrong.push(format!("{}:{}: {what}", self.name, number + 1));
            }
        }
    }
}

fn all_sources() -> Vec<Source> {
    sources(&[
        "server/src",
        "server/tests",
        "migrations-free-store/src",
        "migrations-free-store/tests",
        "migrations-free-store/examples",
        "tests/src",
        "tests/tests",
    ])
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut all = Vec::new();
    for folder in folders {
        for path in files(&root().join(folder), &["rs"]) {
            let text = read(&path);
            all.push(Source {
                name: shown(&path),
                code: code_of(&text),
                text,
            });
        }
    }
    assert!(!all.is_empty(), "no sources in {folders:?}");
    all
}

/// Source lines with comments and the insides of strings taken out.
fn code_of(text: &str) -> Vec<String> {
    enum In {
        Code,
        Comment,
        Text,
        Raw(usize),
    }
    let mut lines = Vec::new();
    let mut state = In::Code;
    for line in text.lines() {
        let mut out = String::new();
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let mut taken = first.len_utf8();
            match state {
                In::Comment => {
                    if rest.starts_with("*/") {
                        taken = 2;
                        state = In::Code;
                    }
                }
                In::Text => match first {
                    '\\' => taken += rest.chars().nth(1).map_or(0, char::len_utf8),
                    '"' => state = In::Code,
                    _ => {}
                },
                In::Raw(hashes) => {
                    if rest.starts_with(&format!("\"{}", "#".repeat(hashes))) {
                        taken = 1 + hashes;
                        state = In::Code;
                    }
                }
                In::Code => {
                    let raw = rest
                        .strip_prefix('r')
                        .map(|r| r.len() - r.trim_start_matches('#').len());
                    let ends_word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                    if rest.starts_with("//") {
                        break;
                    } else if rest.starts_with("/*") {
                        taken = 2;
                        state = In::Comment;
                    } else if let Some(hashes) = raw
                        && (!ends_word || out.ends_with('b'))
                        && rest[1 + hashes..].starts_with('"')
                    {
                        taken = 2 + hashes;
                        state = In::Raw(hashes);
                    } else if rest.starts_with("'\"'") {
                        taken = 3;
                    } else if rest.starts_with("'\\\"'") {
                        taken = 4;
                    } else if first == '"' {
                        state = In::Text;
                    } else {
                        out.push(first);
                    }
                }
            }
            rest = &rest[taken..];
        }
        lines.push(out);
    }
    lines
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// A word, or a path of words, and not a piece of a longer one.
fn mentions(line: &str, what: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(what).any(|(at, found)| {
        !line[..at].ends_with(inside)
            && (what.ends_with(':') || !line[at + found.len()..].starts_with(inside))
    })
}

/// All files below, with one of these endings, without what was built or fetched.
fn files(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    const SKIPPED: &[&str] = &[
        "target",
        "node_modules",
        "dist",
        "fixtures",
        "proptest-regressions",
    ];
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().expect("its type").is_dir() {
                if !SKIPPED.contains(&name.as_str()) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|e| endings.iter().any(|ending| e == *ending))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn section<'t>(manifest: &'t str, header: &str) -> Vec<&'t str> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .map(str::trim)
        .collect()
}

fn root() -> PathBuf {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    server.parent().expect("the workspace").to_owned()
}

fn shown(path: &Path) -> String {
    let name = path.strip_prefix(root()).unwrap_or(path);
    name.to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
