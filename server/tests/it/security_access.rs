//! Who may come in: the token on every route, the loopback address only, our own name only.
//!
//! Classes 1, 2, 3 and 18 of the attacks that neighbours suffered: a command interface without authentication, a socket
//! on every interface, DNS rebinding, and secrets that leak.

use std::net::{TcpStream, UdpSocket};

use crate::security_routes::ROUTES;
use crate::support::scripts::{ECHO, GATE};
use crate::support::{Answer, Ask, Scene, Server, Socket, wait_until};

/// Every route stands in the list above: a new one cannot be forgotten.
#[test]
fn the_list_of_routes_is_complete() {
    let routes = |text: &str, start: &str| -> Vec<String> {
        text.match_indices(start)
            .filter_map(|(at, _)| text[at + start.len()..].split_once('"')?.1.split_once('"'))
            .map(|(path, _)| path.to_owned())
            .collect()
    };
    let api = routes(include_str!("../../src/api/router.rs"), ".route(");
    let pages = routes(include_str!("../../../app/src/routes.rs"), "path=path!(");
    assert!(api.len() >= 14 && pages.len() >= 6, "{api:?} {pages:?}");
    let known: Vec<Vec<&str>> = ROUTES
        .iter()
        .map(|(_, target)| target.split('?').next().unwrap().split('/').collect())
        .collect();
    let fits = |path: &str| {
        let path: Vec<&str> = path.split('/').collect();
        known.iter().any(|known| {
            known.len() == path.len()
                && known
                    .iter()
                    .zip(&path)
                    .all(|(have, want)| have == want || want.starts_with([':', '{']))
        })
    };
    for path in api.iter().filter(|path| *path != "/health") {
        assert!(fits(&format!("/api/v1{path}")), "{path}");
    }
    for path in &pages {
        assert!(fits(path), "{path}");
    }
}

fn is_bare_refusal(answer: &Answer, server: &Server, what: &str) {
    assert_eq!(answer.status, 401, "{what}");
    let text = answer.text();
    assert!(!text.contains(&server.token), "{what}");
    assert!(
        !text.contains("train") && !text.contains("/tmp"),
        "{what}: {text}"
    );
    assert_eq!(answer.header("set-cookie"), None, "{what}");
}

#[test]
fn every_route_needs_the_token() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for &(method, target) in ROUTES {
        // A page of ours without the cookie: Origin and content type are right, only the token is missing.
        let stranger = || {
            server
                .stranger(method, target)
                .header("Origin", server.origin())
                .header("Content-Type", "application/json")
        };
        let what = format!("{method} {target}");
        is_bare_refusal(&stranger().send(server.port), &server, &what);
        let wrong = "0".repeat(64);
        let cookie_name = server.cookie().split('=').next().unwrap().to_owned();
        for (name, value) in [
            ("Authorization", format!("Bearer {wrong}")),
            ("Authorization", "Bearer ".to_owned()),
            ("Authorization", format!("Basic {}", server.token)),
            ("Authorization", format!("Bearer {}", &server.token[..63])),
            (
                "Authorization",
                format!("Bearer {} ", server.token.to_uppercase() + "x"),
            ),
            ("Cookie", format!("{cookie_name}={wrong}")),
            ("Cookie", format!("other={}", server.token)),
            ("Cookie", format!("{cookie_name}=")),
        ] {
            let answer = stranger().header(name, value.clone()).send(server.port);
            is_bare_refusal(&answer, &server, &format!("{what} {name}: {value}"));
        }
        let separator = if target.contains('?') { '&' } else { '?' };
        let in_url = format!("{target}{separator}token={wrong}");
        let answer = server
            .stranger(method, &in_url)
            .header("Origin", server.origin())
            .send(server.port);
        is_bare_refusal(&answer, &server, &in_url);
    }
}

#[test]
fn other_methods_need_the_token_too() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for &(_, target) in ROUTES {
        for method in ["HEAD", "OPTIONS", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let ask = server
                .stranger(method, target)
                .header("Origin", server.origin());
            assert_eq!(ask.send(server.port).status, 401, "{method} {target}");
        }
    }
}

#[test]
fn health_is_open_and_tells_nothing() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let answer = server.stranger("GET", "/api/v1/health").send(server.port);
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    for odd in [
        "/api/v1/health/",
        "/api/v1/health/../project",
        "//api/v1/health",
        "/API/v1/health",
        "/api/v1/health%2f",
    ] {
        assert_eq!(
            server.stranger("GET", odd).send(server.port).status,
            401,
            "{odd}"
        );
    }
}

#[test]
fn only_the_loopback_address_answers() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let port = format!(":{:04X} ", server.port);
    let listening: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .flat_map(|path| {
            std::fs::read_to_string(path)
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|line| line.split_whitespace().nth(3) == Some("0A"))
        .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .filter(|address| format!("{address} ").ends_with(&port))
        .collect();
    assert_eq!(listening, [format!("0100007F:{:04X}", server.port)]);
    // The machine's address in its network, if it has one: no packet is sent to find it.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect("192.0.2.1:9").is_ok() {
        let address = socket.local_addr().unwrap().ip();
        if !address.is_loopback() {
            assert!(
                TcpStream::connect((address, server.port)).is_err(),
                "{address}"
            );
        }
    }
}

#[test]
fn only_our_own_name_is_answered() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let (port, token) = (server.port, format!("Bearer {}", server.token));
    let ask = |host: Option<&str>| {
        let mut ask = Ask::new("GET", "/api/v1/project").header("Authorization", token.clone());
        if let Some(host) = host {
            ask = ask.header("Host", host);
        }
        ask.send(port).status
    };
    for host in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        assert_eq!(ask(Some(&format!("{host}:{port}"))), 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "127.0.0.1.",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "2130706433",
        "127.1",
        "127.0.0.2",
        "0.0.0.0",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "user@127.0.0.1",
        "127.0.0.1,evil.example",
        "localhost%00",
        "xn--localhost",
        "127.0.0.1/",
    ] {
        let status = ask(Some(&format!("{host}:{port}")));
        assert!(matches!(status, 400 | 403), "{host}: {status}");
    }
    let other = port.wrapping_add(1).max(1);
    for host in [
        String::new(),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        format!("127.0.0.1:{other}"),
        format!("127.0.0.1:0{port}"),
        format!("127.0.0.1:{port}0"),
        format!("127.0.0.1: {port}"),
        "127.0.0.1:".to_owned(),
        format!("127.0.0.1:{port}:{port}"),
    ] {
        let status = ask(Some(&host));
        assert!(matches!(status, 400 | 403), "{host:?}: {status}");
    }
    assert!(matches!(ask(None), 400 | 403), "a Host there must be");
}

#[test]
fn a_second_or_a_forwarded_name_does_not_help() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let token = format!("Bearer {}", server.token);
    for hosts in [
        [server.host(), "evil.example".to_owned()],
        ["evil.example".to_owned(), server.host()],
        [server.host(), server.host()],
    ] {
        let mut ask = Ask::new("GET", "/api/v1/project").header("Authorization", token.clone());
        for host in &hosts {
            ask = ask.header("Host", host.clone());
        }
        let status = ask.send(server.port).status;
        assert!(matches!(status, 400 | 403), "{hosts:?}: {status}");
    }
    for name in ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"] {
        let ask = Ask::new("GET", "/api/v1/project")
            .header("Host", format!("evil.example:{}", server.port))
            .header("Authorization", token.clone())
            .header(name, server.host());
        assert_eq!(ask.send(server.port).status, 403, "{name}");
    }
    // The request line names a host too.
    let absolute = Ask::new("GET", "http://evil.example/api/v1/project")
        .header("Host", format!("evil.example:{}", server.port))
        .header("Authorization", token);
    assert_eq!(absolute.send(server.port).status, 403);
    // Health too: a foreign name learns nothing, not even that somebody is here.
    let health = Ask::new("GET", "/api/v1/health").header("Host", "evil.example");
    assert_eq!(health.send(server.port).status, 403);
}

#[test]
fn the_token_in_the_url_is_exchanged_for_a_cookie_and_leaves_the_url() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let go = |target: &str| server.stranger("GET", target).send(server.port);
    for (asked, location) in [
        ("/?token=T", "/"),
        ("/runs?q=a&token=T&status=failed", "/runs?q=a&status=failed"),
        ("/runs?token=T&token=T", "/runs"),
    ] {
        let answer = go(&asked.replace('T', &server.token));
        assert_eq!(answer.status, 303, "{asked}");
        assert_eq!(
            answer.header("location").as_deref(),
            Some(location),
            "{asked}"
        );
        let cookie = answer.header("set-cookie").unwrap();
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert!(!answer.text().contains(&server.token));
        assert_eq!(
            answer.header("referrer-policy").as_deref(),
            Some("no-referrer")
        );
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    }
    let page = server.browser("GET", "/").send(server.port);
    assert_eq!(page.status, 200);
    assert!(
        !page.text().contains(&server.token),
        "no script of the page ever sees it"
    );
}

#[test]
fn the_exchange_leads_nowhere_else() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for path in [
        "//evil.example",
        "//evil.example/x",
        "/\\evil.example",
        "///evil.example",
        "/%09/evil.example",
        "/%5cevil.example",
        "/.//evil.example",
        "/http://evil.example",
    ] {
        let answer = server
            .stranger("GET", &format!("{path}?token={}", server.token))
            .send(server.port);
        if let Some(location) = answer.header("location") {
            let second = location.chars().nth(1);
            assert!(
                location.starts_with('/') && !matches!(second, Some('/' | '\\')),
                "{path}: {location}"
            );
        } else {
            assert!(answer.status >= 400, "{path}");
        }
    }
    let split = format!("/%0d%0aSet-Cookie:%20x=1?token={}", server.token);
    let answer = server.stranger("GET", &split).send(server.port);
    assert!(
        answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .count()
            <= 1
    );
}

#[test]
fn the_token_stands_in_its_file_and_its_url_and_nowhere_else() {
    let scene = Scene::with(
        "train.py",
        "import os\nprint(dict(os.environ))\nprint(open('/proc/self/cmdline').read())\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    // Requests that fail must not put it into the server's own messages either.
    server
        .ask("PUT", &format!("/api/v1/settings?x={}", server.token))
        .header("Origin", "http://evil.example")
        .send(server.port);
    server
        .ask("POST", "/api/v1/experiments/train/sweeps")
        .body("{")
        .send(server.port);
    let said = server.said();
    assert_eq!(said.matches(&server.token).count(), 1, "{said}");
    assert!(
        said.lines()
            .any(|line| line.trim() == format!("{}/?token={}", server.origin(), server.token))
    );
    let log = server
        .get(&format!("/api/v1/runs/train/{task}/1/log"))
        .text();
    assert!(log.contains("RUNYARD_RUN_DIR") && !log.contains(&server.token));
    let mut holders = Vec::new();
    let mut folders = vec![scene.root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap())
                .contains(&server.token)
            {
                holders.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(holders, [".token"]);
    for target in [
        "/api/v1/project",
        "/api/v1/experiments/train",
        "/api/v1/tasks",
        "/runs",
    ] {
        let answer = server.get(target);
        assert!(!answer.text().contains(&server.token), "{target}");
        assert!(
            answer
                .headers
                .iter()
                .all(|(_, value)| !value.contains(&server.token)),
            "{target}"
        );
    }
}

#[test]
fn the_tokens_file_cannot_be_fetched() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for target in [
        "/_runyard_/.token",
        "/.token",
        "/pkg/../_runyard_/.token",
        "/api/v1/experiments/.token",
        "/api/v1/runs/train/../1/log",
    ] {
        let answer = server.get(target);
        assert!(answer.status >= 400, "{target}: {}", answer.status);
        assert!(!answer.text().contains(&server.token), "{target}");
    }
}

#[test]
fn a_cookie_of_one_project_does_not_open_another() {
    let (first, second) = (Scene::with("train.py", ECHO), Scene::with("train.py", GATE));
    let (one, two) = (
        Server::start(&first, "train.py"),
        Server::start(&second, "train.py"),
    );
    assert_ne!(one.token, two.token);
    let (ours, theirs) = (one.cookie(), two.cookie());
    assert_ne!(
        ours.split('=').next(),
        theirs.split('=').next(),
        "both can be open in one browser"
    );
    let ask = two
        .stranger("GET", "/api/v1/project")
        .header("Cookie", ours.clone());
    assert_eq!(ask.send(two.port).status, 401);
    let both = two
        .stranger("GET", "/api/v1/project")
        .header("Cookie", format!("{ours}; {theirs}"));
    assert_eq!(both.send(two.port).status, 200);
}

#[test]
fn every_answer_is_hardened() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let mut answers: Vec<(String, Answer)> = Vec::new();
    for &(method, target) in ROUTES {
        answers.push((
            format!("{method} {target}"),
            server.ask(method, target).send(server.port),
        ));
        answers.push((
            format!("stranger {target}"),
            server.stranger(method, target).send(server.port),
        ));
    }
    answers.push((
        "host".to_owned(),
        Ask::new("GET", "/")
            .header("Host", "evil.example")
            .send(server.port),
    ));
    answers.push((
        "exchange".to_owned(),
        server
            .stranger("GET", &format!("/?token={}", server.token))
            .send(server.port),
    ));
    answers.push((
        "method".to_owned(),
        server.ask("DELETE", "/api/v1/tasks").send(server.port),
    ));
    for (what, answer) in answers {
        let header = |name| answer.header(name).unwrap_or_default();
        assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(header("x-frame-options"), "DENY", "{what}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
        assert_eq!(
            header("cross-origin-resource-policy"),
            "same-origin",
            "{what}"
        );
        assert!(!header("cache-control").is_empty(), "{what}");
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") || policy.contains("object-src 'none'"),
            "{what}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-eval' ") && !policy.contains("script-src 'unsafe-inline'"),
            "{what}: {policy}"
        );
        assert!(
            answer.header("access-control-allow-origin").is_none(),
            "{what}"
        );
        assert!(answer.header("server").is_none(), "{what}");
    }
}

#[test]
fn every_page_has_a_nonce_of_its_own() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let nonce = || {
        let page = server.browser("GET", "/").send(server.port);
        let policy = page.header("content-security-policy").unwrap();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        assert!(
            page.text().contains(&nonce),
            "the page's own scripts carry it"
        );
        for (at, _) in page.text().match_indices("<script") {
            let tag = page.text()[at..].split('>').next().unwrap().to_owned();
            assert!(tag.contains(&nonce) || tag.contains("src="), "{tag}");
        }
        nonce
    };
    assert_ne!(nonce(), nonce());
}

#[test]
fn a_request_that_never_ends_holds_nobody_up() {
    use std::io::Write;
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let stuck: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            stream
                .write_all(b"GET /api/v1/project HTTP/1.1\r\nHost: ")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/api/v1/health").status, 200);
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    drop(stuck);
    wait_until("it still answers", || {
        server.get("/api/v1/health").status == 200
    });
}
