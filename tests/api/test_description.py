"""The OpenAPI description, taken at its word by schemathesis."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.database import Databases
from tests.api.conftest import Web
from tests.simulator import penduduk

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_answer_is_as_described(databases: Databases) -> None:
    web = Web(databases)
    village = web.village()
    web.push(village, [penduduk(1)])
    schema = schemathesis.openapi.from_wsgi("/openapi.json", web.app)
    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy()  # type: ignore[union-attr]  # ours is valid

        @settings(
            max_examples=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=strategy)
        def holds(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        holds()
