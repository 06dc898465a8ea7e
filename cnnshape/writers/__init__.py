"""Network -> files of other tools, one room each: what a layer means, in their words."""
