"""`python -m songnet` is the command `songnet`."""

import sys

from songnet.cli import main

if __name__ == "__main__":
    sys.exit(main())
