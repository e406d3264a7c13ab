"""Starts the emulator of AWS in its own environment: `.venv-emulator/bin/python emulator/launch.py`.

The project's folder is put on this process's path alone. In PYTHONPATH the functions would inherit it, and a
module that their bundle lacks would be found here.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from emulator.aws.serve import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
