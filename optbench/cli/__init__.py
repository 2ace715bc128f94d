"""The command line: Hydra, arguments, terminal output, subcommands. The only package that knows Hydra."""
