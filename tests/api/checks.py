"""When a request that fits the document may be refused all the same.

Takes the place of schemathesis' own check `positive_data_acceptance`, which looks at statuses alone: here each
refusal has to give a reason that no schema can express.
"""

import schemathesis

# Fields that name something: whether it is there, or is what the path says, depends on more than the request.
NAMES = ("/thread_id", "/id", "/client_account_id", "/provider_client_account_id", "/user_id", "/participants/")


@schemathesis.check
def refused_for_a_reason(ctx, response, case):
    """Fails where a request that fits the document is refused for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 408, 413, 415, 422):
        return
    problem = response.json()
    assert is_beyond_schemas(problem, case), f"Fits the document, but is refused: {problem}"


def is_beyond_schemas(problem, case):
    kind = problem["type"]
    if kind == "/problems/bad-request":
        # Two ways to page exclude each other.
        return case.operation.definition.raw["operationId"] == "show_thread" and "either" in problem["detail"]
    if kind == "/problems/invalid-message":
        return any(fence in case.body["message"] for fence in ("```", "~~~"))
    if kind == "/problems/invalid-body":
        return all(map(is_about_more_than_form, problem["errors"]))
    return kind == "/problems/idempotency-key-reused"


def is_about_more_than_form(error):
    # Bodies are I-JSON, as the document says; JSON Schema has no word for it.
    if "a double does not reproduce" in error["detail"] or "nested too deep" in error["detail"]:
        return True
    return error["pointer"].startswith(NAMES) and "must be" not in error["detail"]
