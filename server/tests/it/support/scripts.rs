//! The small scripts that tests run.

/// The example that comes with the product.
pub(crate) const STEPS: &str = include_str!("../../../../examples/quick/steps.py");

/// Begins, says so in `events.txt`, waits for the file `open`, ends.
pub(crate) const GATE: &str = r#"
import argparse, os, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int, default=0)
parser.add_argument("--gate", default="open")
parser.add_argument("--code", type=int, default=0)
args = parser.parse_args()

def tell(word):
    with open("events.txt", "a") as events:
        events.write(f"{word} {args.n}\n")

tell("begin")
print("begin", args.n, flush=True)
while args.gate and not os.path.exists(args.gate):
    time.sleep(0.02)
print("end", args.n, flush=True)
tell("end")
sys.exit(args.code)
"#;

/// Prints every argument it got and every parameter as JSON.
pub(crate) const ECHO: &str = r#"
import argparse, json, sys
parser = argparse.ArgumentParser()
parser.add_argument("--text", default="plain")
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--n", type=int, default=1)
parser.add_argument("--mode", choices=["fast", "slow"], default="fast")
parser.add_argument("--flag", action="store_true")
parser.add_argument("--layers", type=int, nargs="+", default=[1])
parser.add_argument("--command", default="none")
print(json.dumps({"argv": sys.argv[1:], "args": vars(parser.parse_args())}))
"#;

/// One argument that must be given.
pub(crate) const REQUIRED: &str = r#"
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--n", type=int, default=1)
parser.parse_args()
"#;
