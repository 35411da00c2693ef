// The scripts that are run and read: small, so that only Runyard is measured.

/** One integer: sweeps of any size. */
export const TRIVIAL = `import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--i", type=int, default=0, help="a number")
parser.add_argument("--lr", type=float, default=0.1, help="another number")
parser.parse_args()
`;

/** The example of the first page: what a small training script accepts. */
export const EIGHT_AXES = `import argparse

parser = argparse.ArgumentParser()
${'abcdefgh'
  .split('')
  .map((name) => `parser.add_argument("--${name}", type=int, default=1, help="axis ${name}")`)
  .join('\n')}
parser.parse_args()
`;

/** Lines at a steady rate, each with the time at which it was written, in ns. */
export const TICKER = `import argparse, sys, time

parser = argparse.ArgumentParser()
parser.add_argument("--lines", type=int, default=100)
parser.add_argument("--rate", type=float, default=20.0)
args = parser.parse_args()
begin = time.monotonic()
for n in range(args.lines):
    time.sleep(max(0.0, begin + (n + 1) / args.rate - time.monotonic()))
    sys.stdout.write(f"\\x1b[32mline\\x1b[0m {n} @{time.time_ns()}@\\n")
    sys.stdout.flush()
`;

/** Coloured lines as fast as the descriptor takes them; says how long that took in a file of its own. */
export const FLOOD = `import argparse, os, time

parser = argparse.ArgumentParser()
parser.add_argument("--mib", type=int, default=200)
parser.add_argument("--report", default="")
args = parser.parse_args()
line = "\\x1b[3%dmstep %06d\\x1b[0m loss \\x1b[1;36m%.6f\\x1b[0m a sentence to make the line as long as lines are\\n"
block = "".join(line % (n % 7 + 1, n, 1 / (n + 1)) for n in range(12000)).encode()
block = block[: block.rfind(b"\\n", 0, 1 << 20) + 1]
left = args.mib << 20
begin = time.perf_counter()
while left > 0:
    left -= os.write(1, block)
os.write(1, b"FLOOD-END\\n")
spent = time.perf_counter() - begin
with open(args.report + ".tmp", "w") as report:
    report.write("%r %r" % (spent * 1000, time.time() * 1000))
os.rename(args.report + ".tmp", args.report)
`;
