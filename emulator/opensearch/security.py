"""The security plugin: who calls is what a front door says in headers, as IAM says it on the managed service.

    x-proxy-user: ingest    x-proxy-roles: arn:aws:iam::111122223333:role/ragtune-dev-ingest

The node believes these headers from 127.0.0.1 alone. Roles and their mappings are the index's own
(`ragtune.adapters.opensearch.roles`), put by the administrator's certificate.
"""

import shutil
import ssl
import subprocess
from pathlib import Path

from emulator.opensearch.jars import NodeMissing

CLASS = "org.opensearch.security.OpenSearchSecurityPlugin"
_CERTIFICATES = {"node": "/CN=127.0.0.1/O=ragtune", "admin": "/CN=admin/O=ragtune"}
_CONFIG = """\
_meta: {type: config, config_version: 2}
config:
  dynamic:
    http:
      anonymous_auth_enabled: false
      xff: {enabled: true, internalProxies: '127\\.0\\.0\\.1', remoteIpHeader: x-forwarded-for}
    authc:
      front_door:
        http_enabled: true
        transport_enabled: true
        order: 0
        http_authenticator:
          type: proxy
          challenge: false
          config: {user_header: x-proxy-user, roles_header: x-proxy-roles}
        authentication_backend: {type: noop}
"""


def configure(folder: Path, config: Path, shipped: Path) -> list[str]:
    """Write certificates and the plugin's files below `config`; the lines of opensearch.yml."""
    certificates = folder / "certificates"
    if not certificates.exists():
        _certify(certificates)
    for file in certificates.iterdir():
        shutil.copy(file, config / file.name)
    own = config / "opensearch-security"
    own.mkdir(exist_ok=True)
    for file in shipped.glob("*.yml"):
        shutil.copy(file, own / file.name)
    (own / "config.yml").write_text(_CONFIG, encoding="utf-8")
    (own / "internal_users.yml").write_text(
        "_meta: {type: internalusers, config_version: 2}\n", encoding="utf-8"
    )
    files = {"pemcert": "node.pem", "pemkey": "node.key", "pemtrustedcas": "root.pem"}
    lines = [
        f"plugins.security.ssl.{layer}.{part}_filepath: {file}"
        for layer in ("transport", "http")
        for part, file in files.items()
    ]
    return [
        *lines,
        "plugins.security.ssl.transport.enforce_hostname_verification: false",
        "plugins.security.ssl.http.enabled: true",
        "plugins.security.ssl.http.clientauth_mode: OPTIONAL",
        "plugins.security.allow_default_init_securityindex: true",
        'plugins.security.authcz.admin_dn: ["O=ragtune,CN=admin"]',
        'plugins.security.nodes_dn: ["O=ragtune,CN=127.0.0.1"]',
        'plugins.security.restapi.roles_enabled: ["all_access"]',
    ]


def tls(folder: Path, *, admin: bool) -> ssl.SSLContext:
    """Trusts the node of `folder` alone; as `admin`, brings the administrator's certificate."""
    certificates = folder / "certificates"
    context = ssl.create_default_context(cafile=str(certificates / "root.pem"))
    if admin:
        context.load_cert_chain(certificates / "admin.pem", certificates / "admin.key")
    return context


def _certify(folder: Path) -> None:
    """A root of our own that signs the node's and the administrator's certificates; for ten years."""
    if shutil.which("openssl") is None:
        raise NodeMissing("openssl is not installed; on Debian: apt-get install openssl")
    folder.mkdir(parents=True)
    _openssl(folder, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "root.key")
    root = ("req", "-x509", "-new", "-key", "root.key", "-days", "3650", "-subj", "/CN=root/O=ragtune")
    _openssl(folder, *root, "-out", "root.pem")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="ascii")
    for name, subject in _CERTIFICATES.items():
        key = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{name}.key")
        _openssl(folder, "genpkey", *key)
        _openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        signed = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650")
        named = ("-extfile", "names") if name == "node" else ()
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed, *named, "-out", f"{name}.pem")


def _openssl(folder: Path, *arguments: str) -> None:
    command = ["openssl", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NodeMissing(f"openssl {arguments[0]} failed: {done.stderr.strip()[:300]}")
