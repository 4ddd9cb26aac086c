"""The tests. What `tests.support` asserts is told with its values, like a test's own assertions."""

import pytest

pytest.register_assert_rewrite("tests.support")
