"""The closed vocabulary: byte pieces learnt from the sample pages, and one token for each part of a fact.

A product or a value is one token, so that reading it is copying one token; the fixed parts of the prompt are
one token each, so that a prompt of five chunks stays short.
"""

import re
from collections.abc import Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END = "<|endoftext|>"


def learn(
    texts: Iterable[str], products: Sequence[str], values: Sequence[str], fixed: Sequence[str], *, pieces: int
) -> PreTrainedTokenizerFast:
    """A byte-level BPE of `pieces` pieces, and one token per product, value and fixed part.

    Pieces are learnt from `texts` without products and values, which never reach them.
    """
    whole = sorted({*products, *values, *fixed}, key=lambda word: (-len(word), word))
    cut = re.compile("|".join(map(re.escape, whole)))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=pieces,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((part for text in texts for part in cut.split(text) if part), trainer)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in sorted(whole)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
