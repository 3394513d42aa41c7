"""The interface description as a page of our own: the operations of OpenAPI as plain values.

No HTML may be put here.
"""

from typing import Any


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation: `method`, `path`, `words`, `inputs` (name, where, type, needed), `body`, `answers`."""
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found.append({
                "method": method.upper(),
                "path": path,
                "words": operation.get("description") or operation.get("summary", ""),
                "inputs": [_input(one) for one in operation.get("parameters", ())],
                "body": _body(schema, operation),
                "answers": sorted(operation.get("responses", {})),
            })  # fmt: skip
    return found


def _input(one: dict[str, Any]) -> dict[str, Any]:
    return {"name": one["name"], "where": one["in"], "type": _type(one["schema"]), "needed": one.get("required", False)}


def _body(schema: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return []
    name = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
    model = schema["components"]["schemas"].get(name, {})
    needed = model.get("required", [])
    return [
        {"name": key, "type": _type(value), "needed": key in needed}
        for key, value in model.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    return str(schema.get("type", "any"))
