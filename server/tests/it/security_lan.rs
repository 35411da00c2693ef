//! Other machines: let in only on purpose, only under named addresses, and with the token or a ticket that works once.

use std::net::{IpAddr, TcpStream, UdpSocket};

use serde_json::json;

use crate::support::scripts::ECHO;
use crate::support::{Ask, Scene, Server};

/// The machine's address in its network; no packet is sent to find it.
fn address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().unwrap().ip();
    (!address.is_loopback()).then_some(address)
}

fn server(scene: &Scene, words: &[&str]) -> Server {
    let mut all = vec!["train.py", "--port", "0"];
    all.extend(words);
    Server::start_with(scene, &all)
}

#[test]
fn an_address_beyond_loopback_is_refused_with_danger_and_remedy_and_nothing_is_written() {
    let scene = Scene::with("train.py", ECHO);
    for host in ["0.0.0.0", "::", "192.0.2.77", "2001:db8::7"] {
        let words = ["train.py", "--no-browser", "--port", "0", "--host", host];
        let printed = scene.runyard(&words);
        assert_eq!(printed.code, 1, "{host}: {}", printed.stdout);
        let said = printed.stderr.as_str();
        assert!(
            said.contains(&format!("`{host}`")) && said.contains("run commands as you"),
            "{said}"
        );
        assert!(
            said.contains("--allow-remote") && said.contains("ssh -L"),
            "{said}"
        );
        assert!(scene.names("_runyard_").is_empty(), "{host}");
    }
    let printed = scene.runyard(&["train.py", "--no-browser", "--allow-remote"]);
    assert_eq!(
        printed.code, 2,
        "on its own it would mean nothing: {}",
        printed.stderr
    );
    let printed = scene.runyard(&[
        "train.py",
        "--no-browser",
        "--host",
        "192.0.2.77",
        "--allow-remote",
    ]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("no address of this machine"),
        "{}",
        printed.stderr
    );
}

#[test]
fn without_an_address_there_is_no_way_in_for_a_phone() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    assert_eq!(
        server.get("/api/v1/settings").json()["addresses"],
        json!([])
    );
    let answer = server.post("/api/v1/phone", &json!(null));
    assert_eq!(answer.refusal(), (409, "conflict".to_owned()));
    assert!(!server.said().contains("not encrypted"));
}

#[test]
fn another_loopback_address_needs_no_leave_and_is_no_way_in_for_a_phone() {
    let scene = Scene::with("train.py", ECHO);
    let server = server(&scene, &["--host", "127.0.0.2"]);
    assert!(TcpStream::connect(("127.0.0.2", server.port)).is_ok());
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_ok());
    assert_eq!(server.post("/api/v1/phone", &json!(null)).status, 409);
    let at = |host: String| {
        Ask::new("GET", "/api/v1/project")
            .header("Host", host)
            .header("Authorization", format!("Bearer {}", server.token))
            .send(server.port)
            .status
    };
    assert_eq!(at(format!("127.0.0.2:{}", server.port)), 200);
    assert_eq!(at(format!("127.0.0.3:{}", server.port)), 403);
}

#[test]
fn every_address_of_the_machine_is_named_and_other_names_stay_strangers() {
    let Some(address) = address() else {
        assert!(
            std::fs::read_to_string("/proc/net/route").map_or(0, |text| text.lines().count()) < 2
        );
        return;
    };
    let scene = Scene::with("train.py", ECHO);
    let server = server(&scene, &["--host", "0.0.0.0", "--allow-remote"]);
    let host = format!("{address}:{}", server.port);
    assert!(
        server.said().contains(&format!("http://{host}/?token=")),
        "{}",
        server.said()
    );
    assert!(server.said().contains("not encrypted"), "{}", server.said());
    assert!(!server.said().contains('█'), "a code is for terminals only");
    assert!(TcpStream::connect((address, server.port)).is_ok());
    let ask = |host: &str, origin: &str| {
        Ask::new("PUT", "/api/v1/settings")
            .header("Host", host)
            .header("Origin", origin)
            .header("Cookie", server.cookie())
            .json(&json!({ "changes": [] }))
            .send(server.port)
            .status
    };
    assert_eq!(ask(&host, &format!("http://{host}")), 200);
    assert_eq!(ask(&host, "http://evil.example"), 403);
    assert_eq!(
        ask(
            &format!("evil.example:{}", server.port),
            &format!("http://{host}")
        ),
        403
    );
    assert_eq!(
        ask(
            &format!("0.0.0.0:{}", server.port),
            &format!("http://{host}")
        ),
        403
    );
    let stranger = Ask::new("GET", "/api/v1/project").header("Host", host.as_str());
    assert_eq!(stranger.send(server.port).status, 401);
}

#[test]
fn a_phones_ticket_is_exchanged_once_for_the_cookie_and_is_not_the_token() {
    let Some(address) = address() else {
        assert!(
            std::fs::read_to_string("/proc/net/route").map_or(0, |text| text.lines().count()) < 2
        );
        return;
    };
    let scene = Scene::with("train.py", ECHO);
    let server = server(&scene, &["--host", &address.to_string(), "--allow-remote"]);
    let answer = server.post("/api/v1/phone", &json!(null));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains(&server.token));
    let links = answer.json()["links"].clone();
    assert_eq!(links.as_array().unwrap().len(), 1, "{links}");
    let url = links[0]["url"].as_str().unwrap().to_owned();
    assert!(links[0]["modules"].as_array().unwrap().len() >= 21);
    let host = format!("{address}:{}", server.port);
    let target = url.strip_prefix(&format!("http://{host}")).unwrap();
    let visit = |method: &str| Ask::new(method, target).header("Host", host.as_str());
    for early in [
        visit("HEAD"),
        visit("GET").header("Sec-Purpose", "prefetch"),
    ] {
        assert_eq!(
            early.send(server.port).status,
            401,
            "only a visit uses it up"
        );
    }
    let first = visit("GET").send(server.port);
    assert_eq!(
        (first.status, first.header("location").as_deref()),
        (303, Some("/"))
    );
    let cookie = first.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    assert_eq!(visit("GET").send(server.port).status, 401, "it worked once");
    let as_bearer = target.rsplit_once('=').unwrap().1;
    let ask = Ask::new("GET", "/api/v1/project").header("Host", host.as_str());
    let ask = ask.header("Authorization", format!("Bearer {as_bearer}"));
    assert_eq!(ask.send(server.port).status, 401);
    let again = server.post("/api/v1/phone", &json!(null)).json();
    assert_ne!(again["links"][0]["url"], url.as_str());
}
