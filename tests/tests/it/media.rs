//! What a channel holds beside words, and the way to a day: page by page, as it reads now, and nothing that is gone.

use serde_json::{Value, json};
use tests::world::{Person, World, to_noon};

const DAY_MS: i64 = 24 * 3_600_000;

/// All of one kind, newest first, so many a page; the numbers of their messages.
fn media(person: &mut Person, line: &str, has: &str, limit: usize) -> Vec<u64> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/api/v1/channels/{line}/media?has={has}&limit={limit}{next}");
        let page = person.gets(&path);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= limit, "{page}");
        found.extend(items.iter().map(|item| number(&item["q"])));
        let Some(q) = page["next"].as_u64() else {
            return found;
        };
        next = format!("&before={q}");
    }
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn pictures_files_and_links_are_found_page_by_page_and_go_with_their_messages() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let (mut ada, mut bilal) = (world.admin(), world.person("Bilal"));
    let line = ada.channel("Line 3", &[&bilal]);
    let with = |ada: &mut Person, text: &str, name: &str, bytes: &[u8]| {
        let file = ada.uploads(&line, name, bytes);
        let send = json!({"t": "send", "c": line, "b": text, "f": [file]});
        number(&ada.does(send)["q"])
    };
    let photo = crate::traces::photo();
    let (mut pictures, mut files) = (Vec::new(), Vec::new());
    for day in 0..3 {
        pictures.push(with(&mut ada, "a picture", "press.png", &photo));
        files.push(with(&mut ada, "a note", "note.txt", b"to be read"));
        for n in 0..70 {
            ada.says(&line, &format!("words {n} of day {day}"));
        }
        clock.shift(DAY_MS);
    }
    let link = number(&bilal.says(&line, "see https://example.org/plan")["q"]);
    let edited = number(&bilal.says(&line, "no link yet")["q"]);
    bilal.does(json!({"t": "edit", "c": line, "q": edited, "b": "now http://example.org"}));
    let reply = json!({"t": "send", "c": line, "b": "https://example.org/in-a-thread", "th": link});
    let reply = number(&bilal.does(reply)["q"]);
    for limit in [1, 2, 60] {
        let newest_first = |list: &[u64]| list.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(
            media(&mut bilal, &line, "pictures", limit),
            newest_first(&pictures)
        );
        assert_eq!(
            media(&mut bilal, &line, "files", limit),
            newest_first(&files)
        );
        assert_eq!(
            media(&mut bilal, &line, "links", limit),
            [reply, edited, link]
        );
    }
    let found = |bilal: &mut Person, has: &str| {
        let path = format!("/api/v1/search?text=a&c={line}&has={has}");
        let hits = bilal.searches(&path)["hits"].as_array().cloned();
        let all = hits.unwrap_or_default();
        all.iter()
            .map(|hit| number(&hit["item"]["q"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&mut bilal, "files").len(), 3);
    assert_eq!(found(&mut bilal, "pictures").len(), 3);
    let wrong = bilal
        .http
        .get(&format!("/api/v1/channels/{line}/media?has=songs"));
    assert_eq!(wrong.expect("an answer").status, 400);

    ada.does(json!({"t": "del", "c": line, "q": pictures[2]}));
    assert_eq!(
        media(&mut bilal, &line, "pictures", 60),
        [pictures[1], pictures[0]]
    );
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 2}));
    world.sweeps();
    // It is the fourth day: the first is over two days old.
    assert_eq!(media(&mut bilal, &line, "pictures", 60), [pictures[1]]);
    assert_eq!(media(&mut bilal, &line, "files", 60), [files[2], files[1]]);
}

#[test]
fn a_day_is_reached_at_once_and_one_that_is_empty_or_gone_gives_the_next() {
    let (world, clock) = World::with_clock();
    to_noon(&clock);
    let noon = clock.now_ms();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    for day in [0, 1, 4] {
        for n in 0..40 {
            ada.says(&line, &format!("day {day}, message {n}"));
        }
        clock.shift(if day == 1 { 3 * DAY_MS } else { DAY_MS });
    }
    let mut first = |day: i64, part: i64| {
        let at = i64::try_from(noon).unwrap_or_default() + day * DAY_MS + part;
        let page = ada.gets(&format!(
            "/api/v1/channels/{line}/messages?at={at}&limit=20"
        ));
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= 22, "{}", items.len());
        let later = |item: &&Value| item["ts"].as_i64().unwrap_or_default() >= at;
        let text = |item: &Value| item["b"].as_str().unwrap_or_default().to_owned();
        items.iter().find(later).map(text)
    };
    let midnight = -DAY_MS / 2;
    assert_eq!(first(1, midnight).as_deref(), Some("day 1, message 0"));
    assert_eq!(first(2, midnight).as_deref(), Some("day 4, message 0"));
    assert_eq!(first(9, midnight), None, "nothing was written since");
    assert_eq!(first(-900, midnight).as_deref(), Some(""), "the beginning");
    world.rules(json!({"t": "policy.set", "c": line, "keep_days": 3}));
    world.sweeps();
    let at = i64::try_from(noon).unwrap_or_default() + midnight;
    let page = ada.gets(&format!(
        "/api/v1/channels/{line}/messages?at={at}&limit=20"
    ));
    assert!(page.to_string().contains("day 4, message 0"), "{page}");
    let two = format!("/api/v1/channels/{line}/messages?at={at}&before=3");
    assert_eq!(ada.http.get(&two).expect("an answer").status, 400);
}

#[test]
fn whatever_is_uploaded_is_never_run_as_a_page_of_ours() {
    let world = World::start();
    let mut ada = world.admin();
    let line = ada.channel("Line 3", &[]);
    let script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, bytes) in [
        ("page.html", b"<script>alert(1)</script>".as_slice()),
        ("program.js", b"alert(1)"),
        ("module.mjs", b"export default alert(1)"),
        ("drawing.svg", script),
        ("paper.pdf", b"%PDF-1.4 <script>alert(1)</script>"),
    ] {
        let file = ada.uploads(&line, name, bytes);
        ada.does(json!({"t": "send", "c": line, "b": name, "f": [file]}));
        let said = ada.reads(&line);
        let message = said.iter().find(|item| item["b"] == name);
        let file = message.expect("it stands there")["f"][0]["id"].clone();
        let answer = ada.downloads(file.as_str().expect("its name"));
        assert_eq!(answer.status, 200, "{name}");
        for (header, wanted) in [
            ("content-type", "application/octet-stream"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
        ] {
            assert_eq!(answer.header(header), Some(wanted), "{name}");
        }
        let kept = answer.header("content-disposition").unwrap_or_default();
        assert!(kept.starts_with("attachment"), "{name}: {kept}");
    }
}
