//! No script, however hostile, makes the reading hang, overflow the stack, panic or eat memory.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use inspect::{NoSources, decode, read_script};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Far above what a debug build on a busy machine takes for any bounded reading.
const CEILING: Duration = Duration::from_secs(20);

/// Reads a script and checks that it took a bounded time; whether it has a parser does not matter.
fn ends(what: &str, source: &str) {
    let started = Instant::now();
    let _ = read_script(source, "hostile.py", &NoSources);
    assert!(
        started.elapsed() < CEILING,
        "{what}: {:?}",
        started.elapsed()
    );
}

fn around(body: &str) -> String {
    format!(
        "import argparse\np = argparse.ArgumentParser()\n{body}\np.add_argument('--x')\np.parse_args()\n"
    )
}

#[test]
fn endless_programs_end() {
    let programs = [
        ("a loop without end", "while True:\n    pass"),
        (
            "a loop that adds",
            "i = 0\nwhile True:\n    p.add_argument('--a' + str(i))\n    i += 1",
        ),
        (
            "nested loops",
            "for a in range(4000):\n  for b in range(4000):\n    for c in range(4000):\n      x = a + b + c",
        ),
        (
            "nested comprehensions",
            "x = [a * b * c for a in range(4000) for b in range(4000) for c in range(4000)]",
        ),
        (
            "recursion",
            "def f(n):\n    return f(n + 1) + f(n + 2)\nf(0)",
        ),
        (
            "mutual recursion",
            "def f(n): return g(n)\ndef g(n): return [f(n), f(n), f(n)]\nf(0)",
        ),
        (
            "a lambda that calls itself",
            "(lambda f: f(f))(lambda f: f(f))",
        ),
        (
            "a class whose constructor makes it",
            "class A:\n    def __init__(self):\n        self.a = A()\nA()",
        ),
        (
            "a decorator that defines",
            "def d(c):\n    @d\n    class B: pass\n    return c\n@d\nclass A: pass",
        ),
        (
            "a property that reads itself",
            "class A:\n    @property\n    def x(self): return self.x\nA().x",
        ),
        (
            "an iterator without end",
            "import itertools\nfor i in itertools.count():\n    p.add_argument(f'--{i}')",
        ),
        (
            "a loop over its own actions",
            "for a in p._actions:\n    p.add_argument(a.option_strings[0] + 'x')",
        ),
        (
            "a list that grows while read",
            "x = [1]\nfor i in x:\n    x.append(i)",
        ),
        (
            "a parser in itself",
            "s = p.add_subparsers()\ns.add_parser('a', parents=[p]).add_subparsers().add_parser('b', parents=[p])",
        ),
        (
            "a recursive dataclass",
            "import dataclasses, tyro\n@dataclasses.dataclass\nclass A:\n    a: 'A'\n    b: 'A'\n    c: 'A'\ntyro.cli(A)",
        ),
        (
            "an action that adds its own kind",
            "class C(argparse.Action):\n    def __init__(self, **kw):\n        p.add_argument('--y', action=C)\n        super().__init__(**kw)\np.add_argument('--z', action=C)",
        ),
        (
            "a parser class that makes itself",
            "class P(argparse.ArgumentParser):\n    def __init__(self):\n        super().__init__()\n        self.add_subparsers().add_parser('a')\nP()",
        ),
        (
            "getattr on itself",
            "class A:\n    def __getattr__(self, n): return getattr(self, n)\nA().x",
        ),
    ];
    for (what, body) in programs {
        ends(what, &around(body));
    }
}

#[test]
fn bombs_do_not_go_off() {
    let programs = [
        ("a long text", "x = 'a' * 10 ** 12"),
        (
            "a text that doubles",
            "x = 'ab'\nfor i in range(200):\n    x = x + x",
        ),
        (
            "a list that doubles",
            "x = [1]\nfor i in range(200):\n    x = x + x",
        ),
        (
            "a list of itself",
            "x = [1]\nfor i in range(60):\n    x = [x, x]\nprint(str(x))\np.add_argument('--y', default=x)",
        ),
        (
            "a list in itself",
            "x = []\nx.append(x)\np.add_argument('--y', default=x, help=str(x), choices=x)\nx == x\nx in x",
        ),
        (
            "a dict in itself",
            "x = {}\nx['x'] = x\np.add_argument('--y', default=x)\nf'{x}'",
        ),
        ("a power", "x = 9 ** 9 ** 9\ny = 2 << 10 ** 9"),
        (
            "a long range",
            "x = list(range(10 ** 15))\nfor i in range(10 ** 15): p.add_argument(f'--{i}')",
        ),
        (
            "a wide format",
            "x = f'{1:>999999999}'\ny = '%999999999d' % 1\nz = '{:0999999999}'.format(1)\nw = '1'.zfill(10 ** 9)\nv = '1'.ljust(10 ** 9)",
        ),
        (
            "a replacement that grows",
            "x = 'a' * 9999\nfor i in range(50):\n    x = x.replace('a', x)",
        ),
        (
            "a join that grows",
            "x = 'a' * 999\nfor i in range(50):\n    x = x.join([x] * 9)",
        ),
        ("many doubtful branches", "import os\nx = 0\n"),
    ];
    for (what, body) in programs {
        ends(what, &around(body));
    }
    let branches: String = (0..3000).fold("import os\nx = []\n".to_owned(), |mut text, i| {
        let _ = write!(
            text,
            "if os.environ.get('A{i}'):\n    x.append({i})\n    y{i} = x\n"
        );
        text
    });
    ends("many doubtful branches", &around(&branches));
    let nested: String = (0..90).fold("import os\n".to_owned(), |mut text, depth| {
        let pad = " ".repeat(depth);
        let _ = writeln!(text, "{pad}if os.environ.get('A'):");
        text
    }) + &" ".repeat(90)
        + "p.add_argument('--n')\n";
    ends("branches inside each other", &around(&nested));
}

#[test]
fn huge_sources_are_read_or_refused() {
    ends(
        "a line of a megabyte",
        &around(&format!("x = '{}'", "a".repeat(1 << 20))),
    );
    ends(
        "a long sum",
        &around(&format!("x = 1{}", " + 1".repeat(50_000))),
    );
    ends(
        "a long comparison",
        &around(&format!("x = 1{}", " < 2".repeat(50_000))),
    );
    ends(
        "a wide list",
        &around(&format!("x = [{}]", "1, ".repeat(200_000))),
    );
    ends(
        "deep brackets",
        &around(&format!("x = {}1{}", "[".repeat(5_000), "]".repeat(5_000))),
    );
    ends(
        "deep attributes",
        &around(&format!("x = p{}", ".a".repeat(20_000))),
    );
    ends(
        "deep calls",
        &around(&format!("x = p{}", "()".repeat(20_000))),
    );
    ends(
        "many names",
        &around(&(0..50_000).fold(String::new(), |mut text, i| {
            let _ = writeln!(text, "n{i} = {i}");
            text
        })),
    );
    ends(
        "a long chain of else",
        &around(
            &(0..5_000).fold("import os\nif os.x: pass\n".to_owned(), |mut text, i| {
                let _ = writeln!(text, "elif os.environ.get('{i}'): p.add_argument('--a{i}')");
                text
            }),
        ),
    );
    ends(
        "deep functions",
        &(0..80).fold(String::new(), |mut text, depth| {
            let _ = writeln!(text, "{}def f():", " ".repeat(depth));
            text
        }),
    );
}

/// The scripts that the readers' tests use, as material to damage.
fn fixtures() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut texts: Vec<(std::path::PathBuf, String)> = std::fs::read_dir(folder)
        .expect("the folder exists")
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let text = decode(&std::fs::read(&path).ok()?).ok()?;
            Some((path, text))
        })
        .collect();
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
}

/// What a damaged script gets in place of a piece.
const PIECES: &[&str] = &[
    "",
    "(",
    ")",
    "\n",
    "    ",
    "None",
    "*",
    "**",
    "lambda: 0",
    "p",
    "p.add_argument('--q')",
    "[x for x in x]",
    "0",
    "-1",
    "1e400",
    "'%s %(a)s' % 1",
    "'{0.a[b]}'.format(p)",
    "f'{p!r:>{9}}'",
    "self",
    "super()",
    "cls",
    "yield",
    "match p:\n    case _: pass",
    "argparse.SUPPRESS",
    "parents=[p]",
    "action=p",
    "**{1: 2}",
    "global p",
    "del p",
    "return",
    "raise",
    "é",
    "\u{0}",
    "\u{feff}",
    "\t",
];

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/regressions/hostile.txt",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(text) = decode(&bytes) {
            ends("bytes", &text);
        }
    }

    #[test]
    fn damaged_scripts_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        damages in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..30, prop::sample::select(PIECES)), 1..6),
    ) {
        let texts = fixtures();
        let mut chars: Vec<char> = which.get(&texts).chars().collect();
        for (at, length, piece) in damages {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        ends("a damaged script", &chars.into_iter().collect::<String>());
    }

    #[test]
    fn shuffled_lines_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12),
    ) {
        let texts = fixtures();
        let mut lines: Vec<&str> = which.get(&texts).lines().collect();
        for (a, b) in swaps {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        ends("shuffled lines", &lines.join("\n"));
    }
}
