"""Endpoints: `inference.server` on weights that the model's role fetched; the new stands before the old goes.

merged       a model on an endpoint
components   a base component on an endpoint, an adapter component on it: asked by the component's name
"""

import os
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from emulator.aws.models.objects import Unreachable, fetch
from emulator.aws.sessions import client

_START_S = 90
_ROOT = Path(__file__).parents[3]
_ADAPTER = "adapter_config.json"


class NotServing(Exception):
    """Why an endpoint, or a component of one, did not come up: CloudFormation then rolls back."""


class Server:
    """One process that serves one model. Raises NotServing when it does not answer in time."""

    def __init__(self, log: Path, model: Path, adapter: Path | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [os.environ["RAGTUNE_PYTHON"], "-m", "inference.server", "--model", str(model)]
        command += ["--port", str(self.port), *(["--adapter", str(adapter)] if adapter else [])]
        known = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TMPDIR")}
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603  our own server
                command, env=known | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "2"}, cwd=log.parent,
                stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            )  # fmt: skip
        self._wait(log)

    def stop(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=2):
                return
            time.sleep(0.3)
        self.stop()
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise NotServing(f"The container did not pass the ping health check: {''.join(said)[:300]}")


class Endpoints:
    """Models, configurations, endpoints and components by name, as CloudFormation makes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.models: dict[str, Mapping[str, Any]] = {}
        self.configurations: dict[str, Mapping[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.components: dict[str, dict[str, Any]] = {}
        self.faults: dict[str, str] = {}
        self._servers: dict[str, Server] = {}
        self._weights: dict[str, tuple[Path, Path | None]] = {}
        self._number = 0

    def put_endpoint(self, asked: Mapping[str, Any]) -> None:
        """Make or update one. Raises NotServing; what served before still does."""
        name, wanted = asked["EndpointName"], self.configurations[asked["EndpointConfigName"]]
        variant = wanted["ProductionVariants"][0]
        if "ModelName" in variant:
            self._switch(name, self._model(variant["ModelName"]), None)
        self.endpoints[name] = {**asked, "EndpointStatus": "InService"}

    def put_component(self, asked: Mapping[str, Any]) -> None:
        """A base, or an adapter on one, which begins to serve. Raises NotServing."""
        name, told = asked["InferenceComponentName"], asked["Specification"]
        base = told.get("BaseInferenceComponentName")
        if base:
            model = self.components[base]["_folder"]
            adapter = self._adapter(told["Container"]["ArtifactUrl"], self.components[base]["_role"])
            self._switch(name, model, adapter)
            self.components[name] = {**asked, "InferenceComponentStatus": "InService"}
            return
        own = self.models[told["ModelName"]]
        folder = self._model(told["ModelName"])
        self.components[name] = {**asked, "_folder": folder, "_role": own["ExecutionRoleArn"],
                                 "InferenceComponentStatus": "InService"}  # fmt: skip

    def remove(self, kind: str, name: str) -> None:
        """An endpoint, component, model or configuration; what is not there is none."""
        getattr(self, kind).pop(name, None)
        server = self._servers.pop(name, None)
        if server:
            server.stop()

    def port(self, name: str) -> int | None:
        """Where the model of an endpoint or component answers."""
        server = self._servers.get(name)
        return server.port if server else None

    def cause(self, what: str, name: str) -> None:
        """A fault, for a rehearsal: stop what serves, slow or garbage from now on, or mend it all."""
        if what == "stop":
            self._servers[name].stop()
        self.faults[name] = what
        if what == "mend":
            self._switch(name, *self._weights[name])

    def _switch(self, name: str, model: Path, adapter: Path | None) -> None:
        before, new = self._servers.get(name), Server(self._folder / f"{name}.log", model, adapter)
        self._servers[name], self._weights[name] = new, (model, adapter)
        if before:
            before.stop()

    def _model(self, name: str) -> Path:
        own = self.models[name]
        source = own["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"]
        return self._fetched(source, own["ExecutionRoleArn"])

    def _adapter(self, uri: str, role: str) -> Path:
        folder = self._fetched(uri, role)
        for archive in folder.glob("*.tar.gz"):
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        found = next(folder.rglob(_ADAPTER), None)
        if found is None:
            raise NotServing(f"{uri}: holds no {_ADAPTER}")
        return found.parent

    def _fetched(self, uri: str, role: str) -> Path:
        self._number += 1
        folder = self._folder / f"weights-{self._number}"
        try:
            fetch(client("s3", role, "serve"), uri, folder)
        except Unreachable as error:
            raise NotServing(f"Could not find model data: {error}") from None
        return folder
