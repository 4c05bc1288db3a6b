"""Several requests that go on with the same upload at once, on PostgreSQL too."""

from __future__ import annotations

from tests.databases import on_postgres
from tests.web.test_resumable import (
    address,
    phone,
    test_of_several_who_go_on_at_once_one_does_and_the_file_is_whole,
)

__all__ = ["address", "phone", "test_of_several_who_go_on_at_once_one_does_and_the_file_is_whole"]

pytestmark = on_postgres
