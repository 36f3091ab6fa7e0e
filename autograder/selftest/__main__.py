"""`python -m autograder.selftest` is `course selftest`."""

import sys

from autograder.selftest.command import main

sys.exit(main())
