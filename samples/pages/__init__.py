"""What the sample manuals say, one module for each kind of page; `samples.write` puts them together."""
