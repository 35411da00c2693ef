"""A training script in the style of EXP: `load_experiment`, `upd_row`, `save_row`. Started by hand, it records nothing."""
import argparse

from runyard import load_experiment

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.5)
parser.add_argument("--epochs", type=int, default=10)
args = parser.parse_args()

exp = load_experiment()
weight = 4.0
for epoch in range(args.epochs):
    weight -= args.lr * 2 * (weight - 3) / 2
    exp.upd_row(epoch=epoch, weight=weight)
    exp.upd_row(loss=(weight - 3) ** 2)
    exp.save_row()
    print(f"epoch {epoch}: weight {weight:.4f}")

checkpoints = exp.work_dir / "checkpoints"
if checkpoints.is_dir():
    (checkpoints / "last.txt").write_text(f"{weight}\n")
