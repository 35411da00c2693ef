"""Measures `Logger` and `LogReader` beside tensorboardX: 100 tags x 200 iterations, then what a figure costs.

    python python/benchmarks/logger.py [--tags 100] [--iterations 200] [--repeats 3]

Prints microseconds for each scalar on the calling thread, CPU milliseconds of the process and seconds until everything is on disk, seconds to read all tags, and bytes.
What is not installed (tensorboardX, matplotlib) is left out. Times are medians; CPU time repeats better than the others on a busy machine.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runyard import Logger, LogReader  # noqa: E402
from runyard.tensorboardX import SummaryWriter as OurWriter  # noqa: E402


def ours(folder: str, tags: List[str], iterations: int) -> "tuple[float, Callable[[], None]]":
    logger = Logger(folder)
    start = time.perf_counter()
    for it in range(iterations):
        logger.set_global_it(it)
        for number, tag in enumerate(tags):
            logger.add_scalar(tag, it * 0.5 + number)
    return time.perf_counter() - start, logger.close


def writer(make: Callable[[str], Any]) -> "Callable[[str, List[str], int], tuple[float, Callable[[], None]]]":
    def run(folder: str, tags: List[str], iterations: int) -> "tuple[float, Callable[[], None]]":
        log = make(folder)
        start = time.perf_counter()
        for it in range(iterations):
            for number, tag in enumerate(tags):
                log.add_scalar(tag, it * 0.5 + number, it)
        return time.perf_counter() - start, log.close

    return run


def measure(run: Callable[[str, List[str], int], Any], tags: List[str], iterations: int, repeats: int) -> Dict[str, float]:
    results: List[Dict[str, float]] = []
    for _ in range(repeats):
        folder = tempfile.mkdtemp(prefix="runyard-bench-")
        try:
            cpu, start = time.process_time(), time.perf_counter()
            calling, close = run(folder, tags, iterations)
            close()
            found = {"us": calling / len(tags) / iterations * 1e6, "cpu_ms": (time.process_time() - cpu) * 1e3, "wall_s": time.perf_counter() - start}
            found["bytes"] = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            if (Path(folder) / "metrics.jsonl").exists():
                start = time.perf_counter()
                reader = LogReader(folder)
                assert all(len(reader.load_scalars(tag)) == iterations for tag in reader.scalar_tags) and len(reader.scalar_tags) == len(tags)
                found["read_s"] = time.perf_counter() - start
            results.append(found)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def figures(repeats: int) -> None:
    """CPU milliseconds of what is done with a figure, and of freezing it instead."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        import numpy
        from matplotlib.figure import Figure
    except ImportError:
        return
    import pickle

    from runyard._figures import render

    def simple() -> Any:
        figure = Figure()
        axes = figure.subplots()
        for number in range(3):
            axes.plot(numpy.sin(numpy.arange(500) / (number + 10)), label=str(number))
        axes.legend()
        return figure

    def surface() -> Any:
        figure = Figure()
        axes: Any = figure.add_subplot(projection="3d")
        x, y = numpy.meshgrid(numpy.linspace(-2, 2, 40), numpy.linspace(-2, 2, 40))
        axes.plot_surface(x, y, x * numpy.exp(-x * x - y * y), cmap="viridis")
        return figure

    print(f"\n{'figure':10} {'image':>9} {'with interactive':>17} {'pickle alone':>13}   CPU ms")
    for name, make in (("3 lines", simple), ("surface", surface)):
        render(make(), True)
        times: List[List[float]] = [[], [], []]
        for _ in range(max(3, repeats)):
            for index, work in enumerate((lambda figure: render(figure, False), lambda figure: render(figure, True), lambda figure: pickle.dumps(figure))):
                figure = make()
                start = time.process_time()
                work(figure)
                times[index].append((time.process_time() - start) * 1e3)
        image, both, frozen = (statistics.median(each) for each in times)
        print(f"{name:10} {image:9.0f} {both:17.0f} {frozen:13.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tags", type=int, default=100)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    tags = [f"group {number % 10}/tag {number}" for number in range(args.tags)]
    candidates: Dict[str, Any] = {"Logger": ours, "our SummaryWriter": writer(OurWriter)}
    try:
        from tensorboardX import SummaryWriter

        candidates["tensorboardX"] = writer(SummaryWriter)
    except ImportError:
        print("tensorboardX is not installed")
    print(f"{args.tags} tags x {args.iterations} iterations, load {os.getloadavg()[0]:.1f}")
    print(f"{'':18} {'us/scalar':>10} {'CPU ms':>8} {'on disk s':>10} {'read all s':>11} {'KB':>8}")
    for name, run in candidates.items():
        found = measure(run, tags, args.iterations, args.repeats)
        read = f"{found['read_s']:11.2f}" if "read_s" in found else f"{'-':>11}"
        print(f"{name:18} {found['us']:10.2f} {found['cpu_ms']:8.0f} {found['wall_s']:10.2f} {read} {found['bytes'] / 1e3:8.0f}")
    figures(args.repeats)


if __name__ == "__main__":
    main()
