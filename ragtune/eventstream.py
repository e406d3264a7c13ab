"""AWS's binary event stream: how a SageMaker endpoint sends an answer in parts. Read and written here.

    message(b'{"token": …}', {":message-type": "event", ":event-type": "PayloadPart"})
    list(payloads([first_half, second_half]))        # [b'{"token": …}']

A message is its length, the length of its headers, a checksum of the two, headers, payload, and a checksum of
all of it. Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping

_PRELUDE, _SUM = struct.Struct(">III"), struct.Struct(">I")
_LEAST_BYTES = _PRELUDE.size + _SUM.size
_MOST_BYTES = 2_000_000  # SageMaker sends parts of 1 MB at most
_STRING, _BYTES = 7, 6
_WIDTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # bytes of the other kinds of values
PART = {
    ":event-type": "PayloadPart",
    ":content-type": "application/octet-stream",
    ":message-type": "event",
}


class StreamFault(Exception):
    """The server said in the stream that it failed, or what came is no event stream."""


def message(payload: bytes, headers: Mapping[str, str] = PART) -> bytes:
    """One message as it is sent."""
    told = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    size = _LEAST_BYTES + len(told) + len(payload)
    lengths = struct.pack(">II", size, len(told))
    whole = lengths + _SUM.pack(zlib.crc32(lengths)) + told + payload
    return whole + _SUM.pack(zlib.crc32(whole))


def _header(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">BH", _STRING, len(value)) + value


def payloads(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The payloads of the events in `parts`, however those were cut.

    Raises StreamFault where the server reports an error, or a message is broken or cut short.
    """
    kept = b""
    for part in parts:
        kept += part
        while whole := _whole(kept):
            kept = kept[len(whole) :]
            yield _payload(whole)
    if kept:
        raise StreamFault("broke off in the middle of a message")


def _whole(kept: bytes) -> bytes:
    """The first message of `kept`; nothing while it is not there as a whole."""
    if len(kept) < _PRELUDE.size:
        return b""
    size, told, check = _PRELUDE.unpack_from(kept)
    if check != zlib.crc32(kept[:8]) or not _LEAST_BYTES + told <= size <= _MOST_BYTES:
        raise StreamFault("sent what is no event stream")
    return kept[:size] if len(kept) >= size else b""


def _payload(whole: bytes) -> bytes:
    (check,) = _SUM.unpack_from(whole, len(whole) - _SUM.size)
    if check != zlib.crc32(whole[: -_SUM.size]):
        raise StreamFault("sent a message whose checksum is wrong")
    _, told, _ = _PRELUDE.unpack_from(whole)
    headers = _headers(whole[_PRELUDE.size : _PRELUDE.size + told])
    payload = whole[_PRELUDE.size + told : -_SUM.size]
    if headers.get(":message-type") == "event":
        return payload
    kind = headers.get(":exception-type") or headers.get(":error-code") or "an unknown message"
    said = headers.get(":error-message") or payload[:200].decode("utf-8", "replace")
    raise StreamFault(f"reported {kind}: {said}")


def _headers(told: bytes) -> dict[str, str]:
    """Those with a text; the others are passed over."""
    found, place = {}, 0
    try:
        while place < len(told):
            name = told[place + 1 : place + 1 + told[place]].decode()
            place += 1 + told[place]
            kind, place = told[place], place + 1
            if kind not in (_STRING, _BYTES):
                place += _WIDTHS[kind]
                continue
            (size,) = struct.unpack_from(">H", told, place)
            value, place = told[place + 2 : place + 2 + size], place + 2 + size
            if kind == _STRING:
                found[name] = value.decode()
    except (IndexError, KeyError, struct.error, UnicodeDecodeError):
        raise StreamFault("sent headers that can't be read") from None
    return found
