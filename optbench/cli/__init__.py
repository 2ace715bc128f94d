"""The command line: Hydra, arguments, terminal output, subcommands. The only package that depends on Hydra."""
