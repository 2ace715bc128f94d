"""Other libraries' implementations of our rules: a module per library, with ``REFERENCES`` by the name of our rule."""
