"""The results folder: schemas, the store, loading, final weights."""
