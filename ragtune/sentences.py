"""Where a sentence of running text ends, without any model."""

import re

# Not behind a bare number ("1. 신청"), not inside one (3.5): only behind a word. No space follows 。！？.
_ENDS = re.compile(r"(?<=[^\d\s][.!?])\s+|(?<=[。！？])\s*(?=[^\s。！？」』”’)])|\n+")


def split_sentences(text: str) -> list[str]:
    """The sentences of running text; a line break ends one too.

    >>> split_sentences("3.5GB를 드립니다. 1. 신청하세요! 끝")
    ['3.5GB를 드립니다.', '1. 신청하세요!', '끝']
    """
    return [part for part in _ENDS.split(text) if part]
