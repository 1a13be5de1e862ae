"""`driver [--asyncio] <folder of scenarios> <setup.json>` or `driver --bench <setup.json>`."""

import json
import sys
from pathlib import Path

from driver.aio_side import AioSide
from driver.bench import bench
from driver.places import Setup
from driver.scenarios import run_all
from driver.sync_side import SyncSide


def main() -> int:
    """Does what the arguments ask for."""
    match sys.argv[1:]:
        case ["--bench", setup]:
            bench(Setup(json.loads(Path(setup).read_text())))
            return 0
        case ["--asyncio", folder, setup]:
            run_all(Path(folder), Setup(json.loads(Path(setup).read_text())), AioSide)
            return 0
        case [folder, setup]:
            run_all(Path(folder), Setup(json.loads(Path(setup).read_text())), SyncSide)
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


sys.exit(main())
