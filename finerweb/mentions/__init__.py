"""From what a model named to entities: grounding, merging, reliability. Plain Python."""
