"""What a new contract takes from those who use the old one.

Both documents are walked from their operations: what comes in may only get wider, what goes out only narrower.
Each finding is one line that stays the same however often it is found, so that the changelog can name it.
"""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]
# Keyword -> whether a greater value allows more.
BOUNDS = {"maximum": True, "maxLength": True, "maxItems": True, "maxProperties": True,
          "minimum": False, "minLength": False, "minItems": False, "minProperties": False}  # fmt: skip


def breaking(before: Node, after: Node) -> list[str]:
    """Each change of ``after`` that can break a program written for ``before``."""
    return sorted(set(_paths(before, after)))


def _paths(before: Node, after: Node) -> Iterator[str]:
    for section in ("paths", "webhooks"):
        for path, item in before.get(section, {}).items():
            if path not in after.get(section, {}):
                yield f"path-removed {path}"
                continue
            for method, old in item.items():
                new = after[section][path].get(method)
                if new is None:
                    yield f"operation-removed {method.upper()} {path}"
                else:
                    yield from _Operation(
                        before, after, f"{method.upper()} {path}", told=section == "webhooks"
                    ).compare(old, new)


class _Operation:
    """One operation in both documents. ``told``: a webhook, whose body goes out to whoever listens."""

    def __init__(self, before: Node, after: Node, name: str, *, told: bool) -> None:
        self._before, self._after, self._name, self._told = before, after, name, told
        self._seen: set[tuple[str, str, bool]] = set()

    def compare(self, old: Node, new: Node) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"operation-renamed {old['operationId']}"
        if not self._told:
            yield from self._parameters(old.get("parameters", []), new.get("parameters", []))
        yield from self._bodies(old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(old["responses"], new["responses"])

    def _parameters(self, old: list[Node], new: list[Node]) -> Iterator[str]:
        known = {(p["in"], p["name"]): p for p in (_resolved(one, self._before) for one in old)}
        now = {(p["in"], p["name"]): p for p in (_resolved(one, self._after) for one in new)}
        for key, parameter in known.items():
            if key not in now:
                yield f"parameter-removed {self._name} {key[1]}"
            else:
                yield from self._schema(parameter["schema"], now[key]["schema"], f"{self._name} {key[1]}", taken=True)
        for key, parameter in now.items():
            if parameter.get("required") and not known.get(key, {}).get("required"):
                yield f"parameter-required {self._name} {key[1]}"

    def _bodies(self, old: Node | None, new: Node | None) -> Iterator[str]:
        if old is None or new is None:
            if old is not None:
                yield f"body-removed {self._name}"
            if new is not None and new.get("required"):
                yield f"body-required {self._name}"
            return
        if new.get("required") and not old.get("required"):
            yield f"body-required {self._name}"
        yield from self._contents(old, new, taken=not self._told)

    def _contents(self, old: Node, new: Node, *, taken: bool) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"media-type-removed {self._name} {kind}"
            else:
                yield from self._schema(content["schema"], new["content"][kind]["schema"], self._name, taken=taken)

    def _responses(self, old: Node, new: Node) -> Iterator[str]:
        for status, response in old.items():
            if status not in new:
                yield f"status-removed {self._name} {status}"
                continue
            was, now = _resolved(response, self._before), _resolved(new[status], self._after)
            yield from self._contents(was, now, taken=self._told)

    def _schema(self, old: Node, new: Node, at: str, *, taken: bool) -> Iterator[str]:
        """``taken``: what we accept, which may not get narrower; else what we send, which may not get wider."""
        at = _name(old) or at
        key = (at, _name(new) or "", taken)
        if _name(old):
            if key in self._seen:
                return
            self._seen.add(key)
        old, new = _resolved(old, self._before), _resolved(new, self._after)
        yield from _words(old, new, at, taken=taken)
        yield from self._choices(old, new, at, taken=taken)
        yield from self._members(old, new, at, taken=taken)
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self._schema(old["items"], new["items"], f"{at}[]", taken=taken)

    def _choices(self, old: Node, new: Node, at: str, *, taken: bool) -> Iterator[str]:
        """Alternatives are matched by what they are; one that lost its like is judged as a type."""
        was = {_kind(choice, self._before): choice for choice in _alternatives(old)}
        now = {_kind(choice, self._after): choice for choice in _alternatives(new)}
        lost, gained = was.keys() - now.keys(), now.keys() - was.keys()
        for kind in sorted(lost if taken else gained):
            yield f"type-{'narrowed' if taken else 'widened'} {at} {kind}"
        for kind in sorted(was.keys() & now.keys()):
            if was[kind] is not old or now[kind] is not new:
                yield from self._schema(was[kind], now[kind], at, taken=taken)

    def _members(self, old: Node, new: Node, at: str, *, taken: bool) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name, member in was.items():
            if name not in now:
                yield f"field-removed {at}.{name}"
            else:
                yield from self._schema(member, now[name], f"{at}.{name}", taken=taken)
        needed, given = set(new.get("required", ())), set(old.get("required", ()))
        for name in sorted(needed - given if taken else (given - needed) & now.keys()):
            yield f"field-{'required' if taken else 'optional'} {at}.{name}"


def _name(schema: Node) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def _resolved(node: Node, document: Node) -> Node:
    while "$ref" in node:
        _, section, name = node["$ref"].removeprefix("#/").split("/")
        node = document["components"][section][name]
    return node


def _alternatives(schema: Node) -> list[Node]:
    choices: list[Node] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return choices


def _kind(schema: Node, document: Node) -> str:
    """What an alternative is matched by: its type and format, or of an object in a union its name."""
    whole = _resolved(schema, document)
    if whole.get("type") == "object" and _name(schema):
        return _name(schema) or ""
    shape = "any" if not whole.keys() & {"type", "enum", "const", "anyOf", "oneOf", "properties"} else "union"
    kind = str(whole.get("type", shape))
    return f"{kind}:{whole['format']}" if kind == "string" and "format" in whole else kind


def _words(old: Node, new: Node, at: str, *, taken: bool) -> Iterator[str]:
    """Enums, constants, bounds and patterns."""
    was, now = _values(old), _values(new)
    if was is not None and now is not None:
        for value in was:
            if value not in now:
                yield f"enum-value-removed {at} {value}"
    elif taken and now is not None:
        yield f"enum-narrowed {at}"
    for keyword, greater_allows in BOUNDS.items():
        a, b = old.get(keyword), new.get(keyword)
        narrower = b is not None and (a is None or (b < a if greater_allows else b > a))
        wider = a is not None and (b is None or (b > a if greater_allows else b < a))
        if taken and narrower:
            yield f"bound-narrowed {at} {keyword}"
        if not taken and wider:
            yield f"bound-widened {at} {keyword}"
    if taken and "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"pattern-changed {at}"


def _values(schema: Node) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")
