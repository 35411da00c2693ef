// Small scripts of the tests' own, for what the examples do not have.

/** Sub-commands, an exclusive group, a switch, a counter, lists, many choices. */
export const TOOL = `import argparse

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", "-v", action="count", default=0, help="more words")
    parser.add_argument("--dry", action="store_true", help="only say what would be done")
    parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--cpu", type=int, help="how many processors")
    either.add_argument("--gpu", type=int, help="which card")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train")
    train.add_argument("--epochs", type=int, default=3)
    train.add_argument("--sizes", type=int, nargs="+", default=[64, 32], help="layers")
    train.add_argument("--mode", choices=["auto", "fast", "slow"], default="auto")
    check = commands.add_parser("check")
    check.add_argument("data")
    check.add_argument(
        "--metric",
        choices=["accuracy", "f1", "recall", "precision", "auc", "loss", "mse", "mae"],
        default="f1",
    )
    args = parser.parse_args()
    print("got", vars(args))

main()
`;

/** A required option, two integers and a choice. */
export const STRICT = `import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="what to read")
parser.add_argument("--n", type=int, default=1)
parser.add_argument("--m", type=int, default=1)
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--how", choices=["adam", "sgd", "rmsprop"], default="adam")
args = parser.parse_args()
print("got", vars(args))
`;

/** Eight integers. */
export const AXES = `import argparse

parser = argparse.ArgumentParser()
${[...'abcdefgh'].map((key) => `parser.add_argument("--${key}", type=int, default=0)`).join('\n')}
print(vars(parser.parse_args()))
`;

/** How many lines CHATTY prints at once. */
export const CHATTY_LINES = 30_000;

/** 30,000 lines at once, then `--more` of them slowly. */
export const CHATTY = `import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("--more", type=int, default=0)
args = parser.parse_args()
print("\\n".join(f"line {n:05}" for n in range(1, ${CHATTY_LINES} + 1)), flush=True)
for n in range(1, args.more + 1):
    time.sleep(0.05)
    print(f"slow {n}", flush=True)
`;

/** Markup and escape sequences wherever a script can put text. */
export const HOSTILE = `import argparse
import sys

BAD = "<img src=x onerror=window.pwned=1>"
parser = argparse.ArgumentParser()
group = parser.add_argument_group("<b onclick=window.pwned=1>group</b>")
group.add_argument("--text", default=BAD, help="help <img src=x onerror=window.pwned=1>")
args = parser.parse_args()
print(BAD)
print("<script>window.pwned=1</script>")
print("</span></div><svg/onload=window.pwned=1>")
print("\\x1b[31m<u>red</u>\\x1b[0m after")
print("\\x1b]8;;javascript:window.pwned=1\\x1b\\\\press me\\x1b]8;;\\x1b\\\\ end")
print("\\x1b]0;stolen title\\x07kept")
print("javascript:alert(1) & \\"quotes\\" 'too'")
sys.stdout.flush()
raise SystemExit("stopped: " + BAD)
`;

/** An option that only the running script knows of. */
export const DYNAMIC = `import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
for name in os.environ.get("RUNYARD_TEST_NAMES", "from_env").split(","):
    parser.add_argument("--" + name, default="x")
print(vars(parser.parse_args()))
`;

/** Two parsers; the first reads the command line. */
export const TWO_PARSERS = `import argparse

parser = argparse.ArgumentParser(description="train a model")
parser.add_argument("--lr", type=float, default=0.1)
other = argparse.ArgumentParser(description="serve a model")
other.add_argument("--port", type=int, default=80)
print(vars(parser.parse_args()))
`;

/** Takes its values from the file that Runyard names. */
export const FROM_CONFIG = `import json
import os

with open(os.path.splitext(os.environ["RUNYARD_CONFIG"])[0] + ".json") as file:
    config = json.load(file)
print("depth", config["model"]["depth"], "lr", config["lr"])
`;

export const BASE_CONFIG = `lr: 0.1
# the net
model:
  depth: 2  # layers
  name: small
`;
