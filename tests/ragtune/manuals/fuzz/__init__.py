"""Pages that nobody wrote: mutated seeds, piled-up markup, and what must hold for every one of them.

    make fuzz                                            # 200,000 mutated pages, then by coverage
    python -m tests.ragtune.manuals.fuzz --pages 2000    # the same, shorter

A page that breaks a rule is written to .ragtune/fuzz/, ready to become a test.
"""
