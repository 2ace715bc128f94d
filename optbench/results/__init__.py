"""The tables on disk: schemas, the store, loading, weights."""
