"""One reader per source: each returns a :class:`optbench.importing.tables.PlainTable`."""
