"""YAML text → plain values that remember their lines; all faults of the text at once.

Reads the node tree that ruamel.yaml composes, so that a repeated key or an alias is a message and not a
silent choice, dates and times stay text, and `no` stays "no" (YAML 1.2).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from questionnaires.problems import Place, Problem

Path: TypeAlias = tuple[str | int, ...]
MAXIMUM_BYTES = 2 * 1024 * 1024
MAXIMUM_DEPTH = 20


@dataclass
class Source:
    """One read file: its values, the line of every key and item, and the problems found so far."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Return where a path of keys stands; the nearest key that exists where it does not."""
        nearest = path
        while nearest and nearest not in self.lines:
            nearest = nearest[:-1]
        # The question that the path leads into, if it does.
        node: Any = self.data if "questions" in path else None
        for step in path[: path.index("questions") + 2] if node else ():
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                node = None
                break
        question = str(node.get("name", "")) if isinstance(node, Mapping) else ""
        return Place(self.file, self.lines.get(nearest), question)

    def fault(self, code: str, path: Path = (), /, **values: Any) -> None:
        texts = {key: str(value) for key, value in values.items()}
        self.problems.append(Problem(code, self.place(path), texts))


def read_yaml(file: str, content: bytes) -> Source:
    """Read one file; `data` stays None where the text is no YAML at all."""
    source = Source(file)
    if len(content) > MAXIMUM_BYTES:
        source.fault("file-large", size=len(content), limit=MAXIMUM_BYTES)
        return source
    try:
        text = content.decode("utf-8-sig")
        node = YAML(typ="safe", pure=True).compose(io.StringIO(text))
    except UnicodeDecodeError:
        source.fault("file-encoding")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1 if mark else None)
        source.problems.append(Problem("yaml-syntax", place, {"detail": str(error.problem or error.context)}))
    except (YAMLError, ValueError, RecursionError) as error:
        source.fault("yaml-syntax", detail=str(error).splitlines()[0])
    else:
        reader = _Nodes(source.lines)
        source.data = reader.value(node, ()) if node is not None else {}
        # Only now can the data say which question it is.
        for code, path, line, values in reader.faults:
            place = Place(file, line, source.place(path).question)
            source.problems.append(Problem(code, place, values))
    return source


class _Nodes:
    """Turns nodes into plain values, noting the line of every key and item."""

    def __init__(self, lines: dict[Path, int]) -> None:
        self.lines = lines
        self.faults: list[tuple[str, Path, int, dict[str, str]]] = []
        self._nodes: set[int] = set()

    def value(self, node: Any, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if id(node) in self._nodes:
            self.faults.append(("yaml-alias", path, line, {}))
            return None
        if len(path) > MAXIMUM_DEPTH:
            self.faults.append(("yaml-deep", path, line, {"limit": str(MAXIMUM_DEPTH)}))
            return None
        self._nodes.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, MappingNode):
            return _scalar(node)
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in values:
                self.faults.append(("key-duplicate", path, line, {"key": key}))
                continue
            self.lines[(*path, key)] = line
            values[key] = self.value(value_node, (*path, key))
        return values


def _scalar(node: ScalarNode) -> Any:
    kind = str(node.tag).rsplit(":", 1)[-1]
    text = str(node.value)
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text.replace("_", ""), 0) if not text.lstrip("+-").startswith("0") else int(text)
            case "float":
                return float(text.replace("_", ""))
    except ValueError:
        pass
    return text
