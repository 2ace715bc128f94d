"""The public Python API: compare(), optimizer(), Problem, Study, load_study()."""
