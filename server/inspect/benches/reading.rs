//! How long the reading of a script takes: `cargo bench -p inspect`. A 5,000-line script stays under 50 ms.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::Criterion;
use inspect::{NoSources, read_script};

/// A training script of about 5,000 lines: 300 arguments in groups, and the classes and functions around them.
fn long_script() -> String {
    let mut text = String::from("import argparse\nimport math\nimport os\n\nimport torch\n\n");
    for layer in 0..200 {
        let _ = write!(
            text,
            "class Layer{layer}(torch.nn.Module):\n    \"\"\"Layer {layer}.\"\"\"\n\n    width = {layer} * 8\n\n    \
             def __init__(self, size, dropout=0.1):\n        super().__init__()\n        self.size = size\n        \
             self.weight = torch.nn.Parameter(torch.zeros(size, self.width))\n        self.names = [f'w{{i}}' for i in range(4)]\n\n    \
             def forward(self, x):\n        for step in range(self.size):\n            x = x @ self.weight + step\n            \
             if step % 2 == 0 and self.training:\n                x = torch.relu(x)\n        return x\n\n\n"
        );
    }
    text.push_str("def get_parser():\n    parser = argparse.ArgumentParser(description='bench')\n");
    for group in 0..30 {
        let _ = writeln!(
            text,
            "    group = parser.add_argument_group('group {group}')"
        );
        for item in 0..10 {
            let _ = write!(
                text,
                "    group.add_argument(\n        '--option-{group}-{item}',\n        type=float,\n        \
                 default={item} / 10,\n        help='no. {item} of group {group}',\n    )\n"
            );
        }
    }
    text.push_str("    return parser\n\n\n");
    text.push_str("def main():\n    args = get_parser().parse_args()\n    print(args)\n\n\nif __name__ == '__main__':\n    main()\n");
    text
}

fn reading(criterion: &mut Criterion) {
    let script = long_script();
    let lines = script.lines().count();
    criterion.bench_function(&format!("a script of {lines} lines"), |bencher| {
        bencher.iter(|| read_script(black_box(&script), "train.py", &NoSources));
    });
    let short = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=1e-3)\np.parse_args()\n";
    criterion.bench_function("a script of 4 lines", |bencher| {
        bencher.iter(|| read_script(black_box(short), "train.py", &NoSources));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    reading(&mut criterion);
    criterion.final_summary();
}
