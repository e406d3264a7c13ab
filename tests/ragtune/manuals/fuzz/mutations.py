"""Mutated pages, reproducible from a seed number: `mutated(random.Random(7), seeds)`."""

import random
from collections.abc import Callable, Sequence

MAX_BYTES = 20_000  # of a mutated page
PILE_BYTES = 400_000  # of piled-up markup: enough for square time to show
_TOKENS = (
    b"<table>", b"</table>", b"<tr>", b"<td rowspan=0>", b"<td rowspan=65534 colspan=1000>",
    b"<th scope=row>", b"<thead>", b"<tfoot>", b"<caption>", b"<ul>", b"<ol start=-5>", b"<li value=9>",
    b"</li>", b"<dl>", b"<dt>", b"<dd>", b"<h1>", b"<h2 id=a>", b"</h2>", b"<pre>\n", b"<b>", b"</b>",
    b"<i id=x>", b"<a href=a.pdf>", b"</a>", b"<p>", b"</p>", b"<div hidden>", b"<div class=gnb>",
    b"<nav>", b"</nav>", b"<main>", b"</main>", b"<header>", b"<article>", b"<aside>",
    b"<img src=a.png alt=x>", b"<figure><figcaption>", b"<br>", b"<hr>", b"<select>", b"<option>",
    b"<svg>", b"<math>", b"<mi>", b"<foreignObject>", b"<template>", b"</template>", b"<script>",
    b"</script>", b"<style>", b"<!--", b"-->", b"<![CDATA[", b"<?x", b"<!doctype html>", b"<plaintext>",
    b"<xmp>", b"<iframe>", b"<noscript>", b"<frameset>", b"<body class=x>", b"<html lang=ko>",
    b"<base href='http://[']>", b"<meta charset=euc-kr>", b"<meta name=access content=public>",
    b"<meta name=category content='a > b'>", b"<form>", b"<button>", b"<marquee>",
    b"<object data=a.hwp>", b"<textarea>", b"<title>", b"<colgroup><col span=9>", b" onclick='x", b'="',
    b"'>", b"&#x1e;", b"&#xD800;", b"&nbsp;", b"&amp;lt;", b"&shy;", b"&NotEqualTilde;", b"\xed\xa0\x80",
    b"\xc0\x80", b"\x00", b"\x1e", b"\x0c", b"\r", b"\xef\xbb\xbf", b"\xb0\xa1", b"\xff\xfe",
    "가나다 요금표 (단위: 원)".encode(), "■ 주요 기능".encode(), "※ 부가세 별도".encode(),
    "①".encode(), b"1,234",
)  # fmt: skip


def _insert(rng: random.Random, page: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(page) + 1)
    return page[:at] + rng.choice(_TOKENS) + page[at:]


def _delete(rng: random.Random, page: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(page) + 1)
    return page[:at] + page[at + rng.randrange(1, 60) :]


def _flip(rng: random.Random, page: bytes, _: Sequence[bytes]) -> bytes:
    if not page:
        return page
    at = rng.randrange(len(page))
    return page[:at] + bytes([rng.randrange(256)]) + page[at + 1 :]


def _repeat(rng: random.Random, page: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(page) + 1)
    part = page[at : at + rng.randrange(1, 80)]
    return page[:at] + part * rng.choice((2, 3, 10, 100)) + page[at:]


def _splice(rng: random.Random, page: bytes, seeds: Sequence[bytes]) -> bytes:
    other = rng.choice(seeds)
    at, to = rng.randrange(len(page) + 1), rng.randrange(len(other) + 1)
    return page[:at] + other[to : to + 2_000] + page[at:]


def _move(rng: random.Random, page: bytes, _: Sequence[bytes]) -> bytes:
    at, size, to = rng.randrange(len(page) + 1), rng.randrange(1, 200), rng.randrange(len(page) + 1)
    part, rest = page[at : at + size], page[:at] + page[at + size :]
    return rest[:to] + part + rest[to:]


_MUTATIONS: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _insert, _insert, _insert, _delete, _flip, _repeat, _splice, _move,
)  # fmt: skip


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds` after one to eight mutations, at most MAX_BYTES bytes."""
    page = rng.choice(seeds)[:MAX_BYTES]
    for _ in range(rng.randrange(1, 9)):
        page = rng.choice(_MUTATIONS)(rng, page, seeds)[:MAX_BYTES]
    return page


def piled(rng: random.Random, size: int = PILE_BYTES) -> bytes:
    """One token, then a few again and again, no two of them alike, in about `size` bytes."""
    unit = b"".join(rng.choices(_TOKENS, k=rng.randrange(1, 4))) + "글".encode()
    page = bytearray(b"<p>" + rng.choice(_TOKENS))
    number = 0
    while len(page) < size:
        page += unit.replace(b">", b" a%d>" % number) if rng.random() < 0.9 else unit
        number += 1
    return bytes(page)
