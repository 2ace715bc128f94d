"""What is measured inside training: one file per item; ``base.py`` holds the type of the group."""
