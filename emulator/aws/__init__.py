"""What runs inside the emulator's process: its patches, and the doors of services that it doesn't have.

    .venv-emulator/bin/python emulator/launch.py              the emulator, as its environment says
    .venv-emulator/bin/python emulator/launch.py --patches    each patch, why, and whether it is still needed

These modules import ministack, so nothing outside imports them: `emulator.cloud` starts the process.
"""
