"""Configuration: declared parameters, `_target_` nodes and the objects they build, and the sources they name."""
