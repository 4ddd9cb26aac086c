"""``python -m app.cli``: the same as ``fenghuo``, also where the script is not on the path."""

from app.cli import main

main()
