"""ragtune: adapt an open language model to your own documents and serve it with retrieval.

The rooms of this package: `manuals` reads pages, `chunking` and `analysis` prepare them for search,
`retrieval` finds, `prompts` renders, `answering` answers and cites, `instructions` makes training data,
`evaluation` grades. `ports` are the seams, `adapters` stand behind them, `wiring` chooses which.
"""

__version__ = "0.1.0"
