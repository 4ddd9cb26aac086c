"""What is measured, and against what. ``python -m bench``; see README.md beside this file."""
