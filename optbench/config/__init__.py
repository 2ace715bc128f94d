"""Configuration: declared parameters, `_target_` nodes and the objects built from them, and the code that they name."""
