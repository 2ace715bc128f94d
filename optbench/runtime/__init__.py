"""What this process runs on: the machine, TensorFlow's import, the file system."""
