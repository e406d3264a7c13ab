"""AWS's event stream, as an endpoint sends it: ragtune.eventstream reads it."""

import struct
import zlib

_PAIRS = ((":message-type", "event"), (":event-type", "PayloadPart"))


def event(payload: bytes) -> bytes:
    """A PayloadPart of the event stream: lengths, their checksum, headers, payload, the whole's checksum."""
    headers = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + b"\x07"
        + struct.pack("!H", len(value))
        + value.encode()
        for name, value in _PAIRS
    )
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))
