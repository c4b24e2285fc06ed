//! Promises of reading a page: short plain text out of whatever a stranger wrote, in whatever letters.

use super::*;

fn of(html: &str) -> Option<Page> {
    read(html.as_bytes(), None)
}

fn page(title: &str, description: Option<&str>, site: Option<&str>) -> Option<Page> {
    Some(Page {
        title: title.into(),
        description: description.map(str::to_owned),
        site: site.map(str::to_owned),
    })
}

#[test]
fn a_page_is_told_by_its_own_words_for_it_and_else_by_its_title() {
    let rich = r#"<!doctype html><html><head><title>Plain</title>
        <meta name="description" content="plain words">
        <meta property="og:title" content="Shift &amp; plan">
        <META CONTENT='Who works &quot;when&quot;' PROPERTY='OG:Description'>
        <meta property="og:site_name" content="Works"></head><body><meta property="og:title" content="no"></body>"#;
    assert_eq!(
        of(rich),
        page("Shift & plan", Some("Who works \"when\""), Some("Works"))
    );
    let poor = "<title>\n  A &lt;b&gt;plain&lt;/b&gt;\ttitle </title><meta name=description content=words>";
    assert_eq!(of(poor), page("A <b>plain</b> title", Some("words"), None));
    let site = "<meta property=og:site_name content=Works>";
    assert_eq!(of(site), page("Works", None, Some("Works")));
    let empty = "<meta property=og:title content='  '><title>Still here</title>";
    assert_eq!(of(empty), page("Still here", None, None));
    for nothing in [
        "",
        "words",
        "<title></title>",
        "<body><title>too late</title>",
        "\0\0",
    ] {
        assert_eq!(of(nothing), None, "{nothing:?}");
    }
}

#[test]
fn hostile_pages_yield_short_lines_of_plain_text_or_nothing() {
    let in_script = "<script>'<title>no</title>'</script><style><title>no</title></style><!-- <title>no</title> --><title>yes</title>";
    assert_eq!(of(in_script), page("yes", None, None));
    let unclosed = format!("<title>{}", "a".repeat(300_000));
    let cut = of(&unclosed).expect("a title").title;
    assert_eq!(cut.chars().count(), TITLE_CHARS_MAX);
    assert!(cut.ends_with('…'), "{cut}");
    let wide = format!("<title>{}</title>", "語".repeat(TITLE_CHARS_MAX - 1));
    let whole = of(&wide).expect("a title").title;
    assert_eq!(whole.chars().count(), TITLE_CHARS_MAX - 1);
    assert!(!whole.contains('…'));
    let tricks = "<title>gp\u{202e}j.exe\u{200b}\u{7}\u{1b}[31m&#x202e;&#0;&#8203; ok</title>";
    let seen = of(tricks).expect("a title").title;
    assert!(
        seen.starts_with("gpj.exe") && seen.ends_with("ok"),
        "{seen:?}"
    );
    assert!(
        seen.chars().all(|c| !c.is_control() && !is_unseen(c)),
        "{seen:?}"
    );
    let deep = "<meta ".repeat(20_000) + &"<div a='".repeat(20_000) + "<title>lost";
    assert_eq!(of(&deep), None);
    let many = "<meta property=og:title content=first>"
        .to_owned()
        .repeat(5_000)
        + "<title>second</title>";
    assert_eq!(of(&many), page("first", None, None));
    // Cut in the midst of a character, of a tag, of an entity.
    for end in 0..=rest().len() {
        let _whatever = read(&rest()[..end], None);
    }
    let broken = read(b"<title>\xff\xfe\x80 ok</title>", Some("utf-8"));
    assert!(broken.expect("a title").title.ends_with("ok"));
}

fn rest() -> &'static [u8] {
    "<meta charset=utf-8><title>Größe &amp; Maß</title><meta name=description content='ü'>"
        .as_bytes()
}

#[test]
fn letters_are_read_as_the_mark_the_header_or_the_page_says() {
    let title = |bytes: &[u8], charset| read(bytes, charset).map(|page| page.title);
    let latin = b"<title>Gr\xf6\xdfe</title>";
    assert_eq!(title(latin, Some("ISO-8859-1")).as_deref(), Some("Größe"));
    let told = b"<meta charset='windows-1252'><title>Gr\xf6\xdfe</title>";
    assert_eq!(title(told, None).as_deref(), Some("Größe"));
    let old = b"<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'><title>\x8c\xea</title>";
    assert_eq!(title(old, None).as_deref(), Some("語"));
    assert_eq!(title(rest(), None).as_deref(), Some("Größe & Maß"));
    assert_eq!(
        title(rest(), Some("nonsense")).as_deref(),
        Some("Größe & Maß")
    );
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend_from_slice(rest());
    assert_eq!(
        title(&marked, Some("iso-8859-1")).as_deref(),
        Some("Größe & Maß"),
        "the mark wins"
    );
    let lies = "<meta charset=utf-16><title>Größe</title>".as_bytes();
    assert_eq!(title(lies, None).as_deref(), Some("Größe"));
    assert_eq!(
        charset_in("text/html; a=b; Charset=\"KOI8-R\""),
        Some("KOI8-R")
    );
    assert_eq!(charset_in("text/html"), None);
}
