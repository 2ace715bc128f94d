"""The environment of the process: the machine, TensorFlow's import, the file system."""
