"""A model's own tokenizer, counting (the `training` extra): exact where a preset has only an upper bound.

Tokenizer(Path("samples/model")).count("기가라이트 요금")   # 3
"""

import hashlib
from pathlib import Path

from ragtune.errors import SettingsError


class Tokenizer:
    """Counts with the `tokenizer.json` of a folder. `digest` (16 hex digits) tells which one it is.

    Raises SettingsError when the folder has none, or the extra isn't installed.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "tokenizer.json"
        try:
            import tokenizers  # noqa: PLC0415 - optional
        except ImportError:
            reason = "needs the `training` extra (pip install 'ragtune[training]'), or name a preset"
            raise SettingsError(f"chunking.tokens_of: {folder} {reason}") from None
        try:
            data = path.read_bytes()
            self._tokenizer = tokenizers.Tokenizer.from_buffer(data)
        except (OSError, ValueError) as error:
            reason = f"{path}: can't be read as a tokenizer ({error}); name a preset, or a model's folder"
            raise SettingsError(reason) from None
        self._tokenizer.no_truncation()
        self.digest = hashlib.sha256(data).hexdigest()[:16]

    def count(self, text: str) -> int:
        """Tokens of `text`, without those that begin and end a whole prompt."""
        plain = text.encode("utf-8", "replace").decode()  # it takes no lone surrogates
        return len(self._tokenizer.encode(plain, add_special_tokens=False).ids)
