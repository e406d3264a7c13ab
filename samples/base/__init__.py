"""The sample base model: a tiny GPT-NeoX that reads values out of passages and knows no fact."""
