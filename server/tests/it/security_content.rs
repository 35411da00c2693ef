//! Hostile values and hostile output: what is typed reaches the script word by word and nothing else; what a task
//! prints reaches the page as text. Classes 12 and 13.

use serde_json::{Value, json};

use crate::support::scripts::ECHO;
use crate::support::{Scene, Server, Socket};

/// Texts that mean something to a shell, to an option parser, or to a terminal.
const VALUES: [&str; 21] = [
    "; touch owned",
    "$(touch owned)",
    "`touch owned`",
    "&& touch owned",
    "| touch owned",
    "> owned",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "-rf",
    "--help",
    "--text",
    "-",
    "--lr=9",
    "'single'",
    "\"double\"",
    "back\\slash",
    "*",
    "~",
    "%s %n",
    "\u{1b}[2J",
];

/// A text as one value of the batch syntax.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn values_reach_the_script_as_they_are_and_no_shell() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let alternatives: Vec<String> = VALUES.iter().map(|text| quoted(text)).collect();
    let tasks = server.submit("train", &[("text", &alternatives.join(" | "))]);
    let counts = server.wait_idle();
    assert_eq!(counts["completed"], VALUES.len(), "{counts}");
    for (task, text) in tasks.iter().zip(VALUES) {
        let log = server
            .get(&format!("/api/v1/runs/train/{task}/1/log"))
            .text();
        let read: Value = serde_json::from_str(&log).unwrap();
        assert_eq!(read["args"]["text"], text);
        assert_eq!(
            server.task("train", task)["summary"]["varied"],
            json!([["text", text]])
        );
    }
    assert!(!scene.path("owned").exists());
    assert_eq!(scene.names(""), ["_runyard_", "train.py"]);
}

#[test]
fn a_parameter_called_command_is_a_parameter() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let task = server
        .submit("train", &[("command", "touch owned; exit 3")])
        .remove(0);
    server.wait_status("train", &task, "completed");
    let log = server
        .get(&format!("/api/v1/runs/train/{task}/1/log"))
        .text();
    let read: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(read["args"]["command"], "touch owned; exit 3");
    let command = server.task("train", &task)["task"]["command"].clone();
    assert_eq!(command[1], *scene.path("train.py").to_string_lossy());
    assert_eq!(command[2], "--command");
    assert!(!scene.path("owned").exists());
}

#[test]
fn a_value_that_the_script_would_not_get_is_refused_and_nothing_is_written() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    // No process can be given a NUL, and argparse swallows the other.
    for value in ["\"a\0b\"", "--"] {
        let body = server.submission("train", &[("text", value)]);
        let answer = server.post("/api/v1/experiments/train/sweeps", &body);
        assert_eq!(
            answer.refusal(),
            (422, "invalid_input".to_owned()),
            "{}",
            answer.text()
        );
        assert_eq!(answer.json()["key"], "text");
        assert!(scene.names("_runyard_/train/tasks").is_empty());
    }
}

#[test]
fn a_script_with_a_hostile_name_is_a_word_too() {
    let scene = Scene::with("$(touch owned); x.py", "print('fine')\n");
    let printed = scene.run(&["$(touch owned); x.py"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(!scene.path("owned").exists());
}

#[test]
fn a_script_name_that_begins_with_a_dash_is_no_option_of_the_interpreter() {
    let scene = Scene::with("-c.py", "print('fine')\n");
    let printed = scene.run(&["./-c.py"]);
    assert_eq!(printed.code, 0, "{printed:?}");
}

/// What a task may print to attack the page.
const HOSTILE: [&str; 16] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</span></div><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "\" onmouseover=\"alert(1)",
    "' style='background:url(javascript:alert(1))",
    "&lt;script&gt;",
    "\x1b[31m<b>red</b>\x1b[0m",
    "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;<script>title</script>\x07",
    "\x1b[38;2;1;2;3\"><script>m",
    "\x1b[<script>m",
    "\x1bP<script>alert(1)</script>\x1b\\",
    "{{constructor.constructor('alert(1)')()}}",
];

/// Escaped text and coloured spans, nothing else.
fn is_harmless(html: &str) {
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag
            .split_once('>')
            .unwrap_or_else(|| panic!("an open tag: {html}"));
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        assert!(
            matches!(name, "span" | "b" | "i" | "u"),
            "<{tag}> in {html}"
        );
        let attributes = tag
            .strip_prefix(name)
            .unwrap_or_default()
            .trim_start_matches('/');
        let is_style = attributes.is_empty()
            || (attributes.starts_with(" style='")
                && attributes.ends_with('\'')
                && !attributes.contains("url")
                && attributes.matches('\'').count() == 2);
        assert!(is_style || tag.starts_with('/'), "<{tag}> in {html}");
        rest = after;
    }
}

#[test]
fn what_a_task_prints_reaches_the_page_as_text() {
    let lines: String = HOSTILE.iter().map(|line| format!("{line}\n")).collect();
    let scene = Scene::with(
        "train.py",
        format!("import sys\nsys.stdout.write({})\n", Value::from(lines)).as_str(),
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    let mut socket = Socket::open(&server);
    socket.expect("hello");
    socket.subscribe_log(("train", &task, 1), Some(0));
    let mut shown = Vec::new();
    for message in socket.read_to("log_ended") {
        let rows = message["delta"]["rows"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        shown.extend(
            rows.iter()
                .map(|row| row["html"].as_str().unwrap().to_owned()),
        );
        let tail = message["delta"]["tail"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        shown.extend(tail.iter().map(|row| row.as_str().unwrap().to_owned()));
    }
    assert!(shown.len() >= HOSTILE.len(), "{shown:?}");
    assert!(
        shown.contains(&"&lt;script&gt;alert(1)&lt;/script&gt;".to_owned()),
        "{shown:?}"
    );
    let rows = server
        .get(&format!(
            "/api/v1/runs/train/{task}/1/log/rows?before=999999"
        ))
        .json();
    shown.extend(
        rows["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["html"].as_str().unwrap().to_owned()),
    );
    for html in &shown {
        is_harmless(html);
        assert!(
            !html.contains("evil.example") && !html.contains('\u{1b}'),
            "{html}"
        );
    }
    // Raw bytes are text to the browser, whatever they look like.
    let raw = server.get(&format!("/api/v1/runs/train/{task}/1/log"));
    assert_eq!(
        raw.header("content-type").as_deref(),
        Some("text/plain; charset=utf-8")
    );
    assert!(
        raw.header("content-security-policy")
            .unwrap()
            .contains("sandbox")
    );
}

#[test]
fn hostile_values_and_errors_are_text_on_the_pages_too() {
    let text = "</script><script>alert(1)</script>";
    let script = format!("{ECHO}\nraise SystemExit({})\n", Value::from(text));
    let scene = Scene::with("train.py", script.as_str());
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[("text", &quoted(text))]).remove(0);
    server.wait_status("train", &task, "failed");
    assert_eq!(server.task("train", &task)["summary"]["reason"], text);
    for target in [
        "/",
        "/runs",
        &format!("/runs/train/{task}"),
        "/runs?q=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/monitor",
    ] {
        let page = server.browser("GET", target).send(server.port);
        assert_eq!(page.status, 200, "{target}");
        assert!(!page.text().contains("<script>alert(1)"), "{target}");
    }
}
