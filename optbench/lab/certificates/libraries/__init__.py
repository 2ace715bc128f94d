"""How other libraries write our rules: one module a library, ``REFERENCES`` by the name of our rule."""
