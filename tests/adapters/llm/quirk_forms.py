"""The forms in which servers and proxies are seen to write what their protocol has otherwise."""

import json
from typing import Any

HIGH, LOW = "\ud83d", "\ude00"  # the halves of 😀
DONE = b"data: [DONE]\n\n"
PLAINLY = "too long PLAINLY"

NOTES = {
    "a comment": b": OPENROUTER PROCESSING\n\n",
    "no data": b"data:\n\n",
    "a ping without data": b"event: ping\ndata:\n\n",
    "an empty object": b"event: ping\ndata: {}\n\n",
    "null": b"data: null\n\n",
    "an empty list": b"data: []\n\n",
    "words": b"data: keep-alive\n\n",
    "a note of a filter": b'data: {"id": "", "content_filter_offsets": {"start_offset": 0}}\n\n',
    "another type": b'data: {"type": "weather.changed", "sequence_number": 7}\n\n',
    "data twice": b"data: data: {}\n\n",
    "a number beyond JSON": b'data: {"logprobs": NaN}\n\n',
}

ERRORS: dict[str, Any] = {
    "object": {"error": {"message": PLAINLY, "type": "invalid_request_error", "code": 400}},
    "text": {"error": PLAINLY},
    "list": [{"error": {"code": 400, "message": PLAINLY, "status": "INVALID_ARGUMENT"}}],
    "detail": {"detail": PLAINLY},
    "details": {"detail": [{"loc": ["body", "messages"], "msg": PLAINLY, "type": "value_error"}]},
    "object: error": {"object": "error", "message": PLAINLY, "type": "BadRequestError"},
    "message": {"message": PLAINLY, "code": 400},
    "errors": {"errors": [{"message": PLAINLY}]},
    "of another": {"error": {"message": json.dumps({"error": {"message": PLAINLY}}), "code": 400}},
    "type: error": {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": PLAINLY},
    },
}

ARGUMENTS: dict[str, tuple[Any, Any]] = {
    "none": ("", {}),
    "blank": (" \n", {}),
    "null": ("null", {}),
    "an object": ({"a": 2**70}, {"a": 2**70}),
    "a text in a text": (json.dumps(json.dumps({"a": 1})), {"a": 1}),
    "null in a text": ('"null"', {}),
    "twice": ('{"a": 1}{"a": 1}', {"a": 1}),
    "after an empty one": ('{}{"a": 1}', {"a": 1}),
    "an empty list": ([], {}),
    "the only one of a list": ([{"a": 1}], {"a": 1}),
    "in a fence": ('```json\n{"a": 1}\n```', {"a": 1}),
    "a line end in a text": ('{"a": "1\n2"}', {"a": "1\n2"}),
    "after a byte order mark": ('\ufeff{"a": 1}', {"a": 1}),
}

# Words in which servers refuse a field; {field} is its name.
REFUSALS: dict[str, tuple[int, Any]] = {
    "param": (400, {"error": {"message": "Unsupported.", "param": "{field}", "code": None}}),
    "words": (400, {"error": {"message": "Unrecognized request argument supplied: {field}"}}),
    "pydantic": (
        422,
        {"detail": [{"loc": ["body", "{field}"], "msg": "Extra inputs are not permitted"}]},
    ),
    "quoted": (400, {"error": "property '{field}' is unsupported"}),
    "in an object": (
        422,
        {
            "object": "error",
            "message": {"detail": [{"type": "extra_forbidden", "loc": ["{field}"]}]},
        },
    ),
}
