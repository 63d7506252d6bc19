"""Writes openapi/openapi.json from the routes, or with --check says whether it is fresh."""

import argparse
import json
from pathlib import Path

from app.main import app

DOCUMENT = Path(__file__).with_name("openapi.json")


def rendered() -> str:
    """The document as committed: keys sorted, so that a diff shows changes of the API only."""
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def main() -> None:
    """Write the document, or exit with a sentence if --check finds it stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the file is stale")
    text = rendered()
    if not parser.parse_args().check:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
        raise SystemExit("openapi/openapi.json is stale: run `make openapi` and commit the result.")


if __name__ == "__main__":
    main()
