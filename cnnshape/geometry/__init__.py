"""Pure integer arithmetic of sliding windows: sizes, padding, receptive fields.

Nothing here knows a layer, a file or NumPy; every rule is plain arithmetic, so that it serves an integer and an
integer array alike.
"""
