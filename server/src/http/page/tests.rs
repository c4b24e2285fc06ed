//! Promises of reading somebody else's page: as a stranger, not for long, and never anything of the house.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const PUBLIC: &str = "93.184.216.34";

/// A network in which names lead where the test says, one answer after another, and every public address to one server.
struct Model {
    names: Mutex<HashMap<&'static str, Vec<&'static str>>>,
    asked: Mutex<Vec<String>>,
    called: Mutex<Vec<SocketAddr>>,
    server: SocketAddr,
}

impl Road for Arc<Model> {
    async fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Barred> {
        self.asked.lock().expect("asked").push(host.to_owned());
        if let Ok(address) = host.parse() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let mut names = self.names.lock().expect("names");
        let answers = names.get_mut(host).ok_or(Barred::Nowhere)?;
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0]
        };
        let address = |text: &str| SocketAddr::new(text.parse().expect("an address"), port);
        Ok(answer.split(' ').map(address).collect())
    }

    async fn reach(&self, addresses: &[SocketAddr]) -> anyhow::Result<TcpStream> {
        self.called.lock().expect("called").extend(addresses);
        open(&[self.server]).await
    }
}

struct World {
    model: Arc<Model>,
    reader: Reader<Arc<Model>>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Answers each request by its path; what is not there is 404.
async fn world(
    names: &[(&'static str, &[&'static str])],
    pages: &'static [(&'static str, &'static str)],
) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("its address");
    let requests = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => break,
                }
            }
            let request = String::from_utf8(request).expect("text");
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            heard.lock().expect("heard").push(request);
            let known = pages.iter().find(|(at, _)| *at == path);
            let answer = known.map_or("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", |p| p.1);
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
    });
    let names = names.iter().map(|(name, to)| (*name, to.to_vec()));
    let model = Arc::new(Model {
        names: Mutex::new(names.collect()),
        asked: Mutex::default(),
        called: Mutex::default(),
        server,
    });
    let reader = Reader::by(Arc::clone(&model), Reach::Public);
    World {
        model,
        reader,
        requests,
    }
}

impl World {
    async fn refuses(&self, url: &str) -> String {
        match self.reader.read(url).await {
            Ok(page) => panic!("{url} was read: {page:?}"),
            Err(error) => format!("{error:#}"),
        }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n\r\n<title>Hello</title>";

#[tokio::test]
async fn a_page_is_read_as_a_stranger_would_and_what_is_no_page_is_not() {
    let pages: &[(&str, &str)] = &[
        ("/a?b=%C3%BC", HELLO),
        (
            "/picture",
            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1\r\n\r\nx",
        ),
        (
            "/packed",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        ),
        (
            "/short",
            "HTTP/1.1 200 OK\r\nContent-Type: TEXT/HTML\r\nContent-Length: 900\r\n\r\n<title>cut",
        ),
        ("/noise", "no http at all\r\n\r\n"),
    ];
    let world = world(&[("site.test", &[PUBLIC])], pages).await;
    let page = world.reader.read("http://site.test/a?b=ü#there").await;
    let page = page.expect("a page");
    assert_eq!(page.bytes, b"<title>Hello</title>");
    assert_eq!(page.kind, "text/html; charset=utf-8");
    let request = world.requests().remove(0).to_lowercase();
    let mut lines: Vec<&str> = request.trim().lines().collect();
    lines.sort_unstable();
    let allowed = [
        "accept-encoding: identity",
        "accept: text/html",
        "connection: close",
        "get /a?b=%c3%bc http/1.1",
        "host: site.test",
        "user-agent: daylight",
    ];
    assert_eq!(lines, allowed, "nothing that would tell who asks");
    let short = world.reader.read("http://site.test/short").await;
    assert_eq!(short.expect("what came").bytes, b"<title>cut");
    for wrong in ["/picture", "/packed", "/noise", "/missing"] {
        world.refuses(&format!("http://site.test{wrong}")).await;
    }
}

#[tokio::test]
async fn nothing_of_the_house_is_called_however_it_is_named() {
    let names: &[(&str, &[&str])] = &[
        ("inside.test", &["10.0.0.7"]),
        ("both.test", &["93.184.216.34 127.0.0.1"]),
        ("meta.test", &["169.254.169.254"]),
        ("carrier.test", &["100.64.0.1"]),
        ("six.test", &["::1"]),
        ("mapped.test", &["::ffff:192.168.0.1"]),
    ];
    let world = world(names, &[("/", HELLO)]).await;
    for host in [
        "inside.test",
        "both.test",
        "meta.test",
        "carrier.test",
        "six.test",
        "mapped.test",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[fe80::1]",
    ] {
        let why = world.refuses(&format!("http://{host}/")).await;
        assert!(why.contains("private"), "{host}: {why}");
    }
    for odd in [
        "",
        "site",
        "ftp://site.test/",
        "file:///etc/passwd",
        "http://me@site.test/",
        "http://site.test:8080/",
        "https://site.test:80/",
        "http://site.test:/",
        "http:///x",
        "http://ünï.test/",
        "javascript:alert(1)",
    ] {
        let why = world.refuses(odd).await;
        assert!(why.contains("no page has such an address"), "{odd}: {why}");
    }
    assert!(world.model.called.lock().expect("called").is_empty());
    assert!(world.requests().is_empty());
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_never_into_the_house() {
    let pages: &[(&str, &str)] = &[
        ("/1", "HTTP/1.1 301 On\r\nLocation: /dir/2?x\r\n\r\n"),
        ("/dir/2?x", "HTTP/1.1 302 On\r\nLocation: 3\r\n\r\n"),
        (
            "/dir/3",
            "HTTP/1.1 308 On\r\nLocation: //other.test/4\r\n\r\n",
        ),
        ("/4", HELLO),
        (
            "/0",
            "HTTP/1.1 307 On\r\nLocation: http://site.test/1\r\n\r\n",
        ),
        (
            "/in",
            "HTTP/1.1 302 On\r\nLocation: http://127.0.0.1/admin\r\n\r\n",
        ),
        (
            "/name",
            "HTTP/1.1 302 On\r\nLocation: http://inside.test/\r\n\r\n",
        ),
        (
            "/port",
            "HTTP/1.1 302 On\r\nLocation: http://site.test:22/\r\n\r\n",
        ),
        (
            "/file",
            "HTTP/1.1 302 On\r\nLocation: file:///etc/passwd\r\n\r\n",
        ),
        ("/void", "HTTP/1.1 302 On\r\n\r\n"),
        ("/loop", "HTTP/1.1 302 On\r\nLocation: /loop\r\n\r\n"),
    ];
    let names: &[(&str, &[&str])] = &[
        ("site.test", &[PUBLIC]),
        ("other.test", &["2606:2800:220:1::1"]),
        ("inside.test", &["192.168.1.1"]),
    ];
    let world = world(names, pages).await;
    let page = world.reader.read("http://site.test/1").await;
    assert_eq!(page.expect("three are followed").bytes.len(), 20);
    assert!(
        world
            .refuses("http://site.test/0")
            .await
            .contains("3 times")
    );
    for path in ["/in", "/name"] {
        let why = world.refuses(&format!("http://site.test{path}")).await;
        assert!(why.contains("private"), "{path}: {why}");
    }
    for path in ["/port", "/file", "/void"] {
        let why = world.refuses(&format!("http://site.test{path}")).await;
        assert!(why.contains("it leads"), "{path}: {why}");
    }
    let before = world.requests().len();
    world.refuses("http://site.test/loop").await;
    assert_eq!(world.requests().len() - before, REDIRECTS_MAX + 1);
    let called = world.model.called.lock().expect("called");
    assert!(
        called
            .iter()
            .all(|a| crate::http::foreign::is_public(a.ip()))
    );
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_called_where_it_was_looked_at_or_not_at_all() {
    let pages: &[(&str, &str)] = &[
        ("/", HELLO),
        ("/again", "HTTP/1.1 302 On\r\nLocation: /\r\n\r\n"),
    ];
    let names: &[(&str, &[&str])] = &[
        ("once.test", &[PUBLIC, "127.0.0.1"]),
        ("twice.test", &[PUBLIC, "127.0.0.1"]),
    ];
    let world = world(names, pages).await;
    let page = world.reader.read("http://once.test/").await;
    page.expect("it was public when it was looked at");
    assert_eq!(*world.model.asked.lock().expect("asked"), ["once.test"]);
    let why = world.refuses("http://twice.test/again").await;
    assert!(why.contains("private"), "{why}");
    let called = world.model.called.lock().expect("called").clone();
    let public = SocketAddr::new(PUBLIC.parse().expect("an address"), 80);
    assert_eq!(
        called,
        [public, public],
        "the addresses that were looked at"
    );
}

#[tokio::test]
async fn a_page_without_an_end_is_read_to_a_limit_and_one_that_waits_is_left() {
    static HEAD: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let turn = HEAD.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                if turn > 0 {
                    std::future::pending::<()>().await;
                }
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
                stream.write_all(head).await.expect("begun");
                while stream.write_all(&[b'a'; 65_536]).await.is_ok() {}
            });
        }
    });
    let model = Arc::new(Model {
        names: Mutex::new(HashMap::from([("site.test", vec![PUBLIC])])),
        asked: Mutex::default(),
        called: Mutex::default(),
        server,
    });
    let reader = Reader::by(model, Reach::Public);
    let page = reader
        .read("http://site.test/")
        .await
        .expect("its beginning");
    assert_eq!(page.bytes.len(), PAGE_BYTES_MAX);
    let begun = std::time::Instant::now();
    let error = reader
        .read("http://site.test/")
        .await
        .expect_err("nothing comes");
    assert!(error.to_string().contains("within"), "{error}");
    assert!(begun.elapsed() < PATIENCE + Duration::from_secs(2));
}
