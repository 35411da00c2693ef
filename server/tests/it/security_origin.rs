//! Foreign pages in the same browser: they send the cookie along, and must get nothing done.
//!
//! Classes 4 to 7: gaps in the list of methods, hijacked websockets, sloppy matching of origins, forged requests.

use serde_json::json;

use crate::support::scripts::ECHO;
use crate::support::{Ask, Scene, Server, Socket};

const UNSAFE: [&str; 6] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

/// Routes that change something.
const CHANGES: [(&str, &str); 6] = [
    ("PUT", "/api/v1/settings"),
    ("PUT", "/api/v1/experiments/train/inputs"),
    ("POST", "/api/v1/experiments/train/sweeps"),
    ("POST", "/api/v1/tasks/run"),
    ("POST", "/api/v1/tasks/rerun"),
    ("POST", "/api/v1/tasks/cancel"),
];

/// Origins that look like ours and are not.
fn evil_origins(port: u16) -> Vec<String> {
    let other = port.wrapping_add(1).max(1);
    [
        "null",
        "",
        "http://evil.example",
        "https://127.0.0.1:{p}",
        "http://127.0.0.1",
        "http://localhost",
        "http://127.0.0.1:{o}",
        "http://127.0.0.1:{p}0",
        "http://127.0.0.1:{p}.evil.example",
        "http://127.0.0.1:{p}@evil.example",
        "http://evil.example/127.0.0.1:{p}",
        "http://evil127.0.0.1:{p}",
        "http://localhost.evil.example:{p}",
        "http://a@localhost:{p}",
        "HTTP://127.0.0.1:{p}",
        "http://LOCALHOST:{p}",
        "http://127.0.0.1:{p}/",
        "http://localhost.:{p}",
        "http://127.1:{p}",
        "http://0.0.0.0:{p}",
        "http://[::]:{p}",
        "file://",
        "http://xn--lcalhost-54a:{p}",
        "http://127.0.0.1:{p} http://evil.example",
        "http://evil.example, http://127.0.0.1:{p}",
        "ws://127.0.0.1:{p}",
        "*",
    ]
    .iter()
    .map(|origin| {
        origin
            .replace("{p}", &port.to_string())
            .replace("{o}", &other.to_string())
    })
    .collect()
}

fn forbidden(ask: Ask, server: &Server, what: &str) {
    let answer = ask.send(server.port);
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{what}");
}

#[test]
fn nothing_is_changed_without_an_origin_or_from_a_foreign_one() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let before = scene.names("_runyard_/train");
    for (method, target) in CHANGES {
        let ask = || {
            server
                .browser(method, target)
                .json(&json!({ "changes": [{ "key": "slots", "value": 7 }], "inputs": [], "prefix": "evil", "tasks": [] }))
        };
        forbidden(ask(), &server, target);
        for origin in evil_origins(server.port) {
            forbidden(
                ask().header("Origin", origin.clone()),
                &server,
                &format!("{target} {origin:?}"),
            );
        }
    }
    assert_eq!(server.get("/api/v1/project").json()["slots"], 2);
    assert_eq!(scene.names("_runyard_/train"), before);
}

#[test]
fn our_own_pages_and_programs_with_the_token_are_let_in() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let ask = server
            .browser("PUT", "/api/v1/settings")
            .json(&json!({ "changes": [{ "key": "slots", "value": 3 }] }));
        let origin = format!("http://{host}:{}", server.port);
        assert_eq!(
            ask.header("Origin", origin).send(server.port).status,
            200,
            "{host}"
        );
    }
    assert_eq!(
        server
            .put(
                "/api/v1/settings",
                &json!({ "changes": [{ "key": "slots", "value": 4 }] })
            )
            .status,
        200
    );
    // The token in a header does not make a foreign page's request ours.
    let ask = server
        .ask("PUT", "/api/v1/settings")
        .json(&json!({ "changes": [{ "key": "slots", "value": 5 }] }));
    forbidden(
        ask.header("Origin", "http://evil.example"),
        &server,
        "a bearer with a foreign origin",
    );
    assert_eq!(server.get("/api/v1/project").json()["slots"], 4);
}

#[test]
fn every_method_but_get_and_head_needs_an_origin() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let targets = [
        "/",
        "/runs",
        "/pkg/runyard.js",
        "/api/v1/project",
        "/api/v1/tasks",
        "/api/v1/health",
        "/api/v1/ws",
        "/api/v1/nothing",
    ];
    for method in UNSAFE {
        for target in targets {
            forbidden(
                server.browser(method, target),
                &server,
                &format!("{method} {target}"),
            );
            let evil = server
                .browser(method, target)
                .header("Origin", "http://evil.example");
            forbidden(evil, &server, &format!("{method} {target} from elsewhere"));
        }
    }
}

#[test]
fn a_method_in_a_header_or_a_query_is_not_a_method() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for name in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
    ] {
        for target in ["/api/v1/settings", "/api/v1/settings?_method=PUT"] {
            let ask = server
                .browser("GET", target)
                .header(name, "PUT")
                .json(&json!({ "changes": [{ "key": "slots", "value": 9 }] }));
            assert_eq!(ask.send(server.port).status, 200, "{name}");
            forbidden(
                server.browser("POST", target).header(name, "GET"),
                &server,
                name,
            );
        }
    }
    assert_eq!(server.get("/api/v1/project").json()["slots"], 2);
}

#[test]
fn two_origins_are_none() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for origins in [
        [server.origin(), "http://evil.example".to_owned()],
        ["http://evil.example".to_owned(), server.origin()],
    ] {
        let mut ask = server
            .browser("PUT", "/api/v1/settings")
            .json(&json!({ "changes": [{ "key": "slots", "value": 9 }] }));
        for origin in &origins {
            ask = ask.header("Origin", origin.clone());
        }
        forbidden(ask, &server, &format!("{origins:?}"));
    }
}

#[test]
fn what_the_browser_calls_cross_site_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("nonsense", 403),
        ("same-origin", 200),
    ] {
        let ask = server
            .browser("PUT", "/api/v1/settings")
            .header("Origin", server.origin())
            .header("Sec-Fetch-Site", site)
            .json(&json!({ "changes": [{ "key": "slots", "value": 3 }] }));
        assert_eq!(ask.send(server.port).status, status, "{site}");
    }
}

#[test]
fn bodies_that_a_form_can_send_are_refused_even_from_our_own_page() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let body = r#"{"changes": [{"key": "slots", "value": 9}]}"#;
    let multipart =
        format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{body}\r\n--x--\r\n");
    for (kind, body) in [
        ("application/x-www-form-urlencoded", body.to_owned()),
        ("multipart/form-data; boundary=x", multipart),
        ("text/plain", body.to_owned()),
        ("text/plain;application/json", body.to_owned()),
        ("text/json, application/json", body.to_owned()),
        ("", body.to_owned()),
    ] {
        let ask = server
            .browser("PUT", "/api/v1/settings")
            .header("Origin", server.origin());
        let answer = ask
            .header("Content-Type", kind)
            .body(body)
            .send(server.port);
        assert_eq!(answer.refusal(), (415, "bad_request".to_owned()), "{kind}");
    }
    let ask = server
        .browser("PUT", "/api/v1/settings")
        .header("Origin", server.origin());
    assert_eq!(
        ask.body(body).send(server.port).status,
        415,
        "no content type at all"
    );
    assert_eq!(server.get("/api/v1/project").json()["slots"], 2);
}

#[test]
fn the_socket_is_refused_to_foreign_pages_before_the_upgrade() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let cookie = server.cookie();
    let open = |headers: &[(&str, &str)]| Socket::try_open(&server, headers).map(drop);
    assert_eq!(
        open(&[("Cookie", &cookie)]),
        Err(403),
        "a browser always names the origin"
    );
    for origin in evil_origins(server.port) {
        assert_eq!(
            open(&[("Cookie", &cookie), ("Origin", &origin)]),
            Err(403),
            "{origin:?}"
        );
    }
    let ours = server.origin();
    assert_eq!(
        open(&[
            ("Cookie", &cookie),
            ("Origin", &ours),
            ("Origin", "http://evil.example")
        ]),
        Err(403)
    );
    assert_eq!(
        open(&[
            ("Cookie", &cookie),
            ("Origin", &ours),
            ("Sec-Fetch-Site", "cross-site")
        ]),
        Err(403)
    );
    assert_eq!(
        open(&[("Origin", &ours)]),
        Err(401),
        "our page without the cookie"
    );
    assert_eq!(open(&[("Cookie", &cookie), ("Origin", &ours)]), Ok(()));
    let bearer = format!("Bearer {}", server.token);
    assert_eq!(
        open(&[("Authorization", &bearer)]),
        Ok(()),
        "a program has no origin"
    );
    assert_eq!(
        open(&[
            ("Authorization", &bearer),
            ("Origin", "http://evil.example")
        ]),
        Err(403)
    );
}

#[test]
fn a_foreign_page_gets_no_header_that_would_let_it_read() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for target in ["/api/v1/project", "/api/v1/tasks", "/"] {
        let answer = server
            .browser("GET", target)
            .header("Origin", "http://evil.example")
            .send(server.port);
        assert!(
            answer
                .headers
                .iter()
                .all(|(name, _)| !name.starts_with("access-control-")),
            "{target}"
        );
        assert_eq!(
            answer.header("cross-origin-resource-policy").as_deref(),
            Some("same-origin"),
            "{target}"
        );
    }
}
