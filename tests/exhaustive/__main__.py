"""`make test-exhaustive`: every result in float16 and bfloat16, many in float32 and float64, as promised?"""

import argparse
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed

from tqdm import tqdm

from tests.exhaustive.verify import Finding, Piece, pieces, verify

SHOWN = 5
"""Misroundings shown of a function in a format; the others are counted."""


def timed(piece: Piece) -> tuple[Finding, float]:
    """What became of a piece, and the seconds of processor time that it took."""
    start = time.process_time()
    return verify(piece), time.process_time() - start


def main() -> int:
    """Verify everything, or the functions named; say what is wrong, and exit with 1 if anything is."""
    parser = argparse.ArgumentParser(prog="python -m tests.exhaustive", description=__doc__)
    parser.add_argument("names", nargs="*", help="functions; all if none is named")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    todo = list(pieces(arguments.names))
    findings = []
    seconds = 0.0
    with ProcessPoolExecutor(arguments.processes) as pool:
        running = [pool.submit(timed, piece) for piece in todo]
        with tqdm(total=len(todo), unit="piece", smoothing=0.05) as progress:
            for done in as_completed(running):
                finding, spent = done.result()
                findings.append(finding)
                seconds += spent
                progress.update()
                for line in finding.misrounded[:SHOWN]:
                    progress.write(line)
    return report(findings, seconds)


def report(findings: list[Finding], seconds: float) -> int:
    """The totals, and whether there is anything wrong."""
    results: dict[str, int] = defaultdict(int)
    wrong: dict[tuple[str, str], int] = defaultdict(int)
    worst: dict[str, tuple[float, str]] = {}
    for each in findings:
        results[each.piece.format] += each.results
        if each.misrounded:
            wrong[each.piece.name, each.piece.format] += len(each.misrounded)
        for what, error in each.worst.items():
            worst[what] = max(worst.get(what, (0.0, "")), (error, each.piece.name))
    tqdm.write(f"{len(findings)} pieces, {seconds / 60:.1f} minutes of processor time")
    for name, count in results.items():
        tqdm.write(
            f"  {name:9} {count:11,} results, {sum(n for (_, f), n in wrong.items() if f == name)} wrong"
        )
    for what, (error, function) in worst.items():
        tqdm.write(f"  largest error in float64: {error:.3f} ulp, a {what} of {function}")
    for (function, name), count in sorted(wrong.items()):
        tqdm.write(f"  {function} in {name}: {count} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
