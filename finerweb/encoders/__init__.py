"""Pretrained encoders: where they come from, what they run on."""
