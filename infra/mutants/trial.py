"""Every kind of mutant before the gates: how many are made, how many rejected, and which live."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from infra.check.gates import rejected
from infra.check.published import Types
from infra.mutants import secured, typed, written
from infra.mutants.edits import every, found

LEAST = 0.95
"""The share of mutants that must be rejected."""
MUTATORS: Mapping[str, Callable[[Any, Types], Iterator[Any]]] = {
    "misspelt property": typed.misspelt,
    "word not in the enumeration": typed.other_word,
    "value of another kind": typed.other_kind,
    "required property gone": typed.dropped,
    "read-only property written": typed.read_only,
    "undeclared parameter": written.expressions(written.undeclared("parameters")),
    "undeclared variable": written.expressions(written.undeclared("variables")),
    "bracket missing": written.expressions(written.unbalanced),
    "quotation mark missing": written.expressions(written.unquoted),
    "unknown function": written.expressions(written.no_function),
    "argument too many": written.expressions(written.one_too_many),
    "output that is not there": written.outputs,
    "parameter badly declared": written.declared,
    "api-version that is not": written.version,
    "type that is not": written.kind,
    "name, type or version gone": written.nameless,
    "name of another length": written.longer,
    "dependency on nothing": written.nowhere,
    "what is deployed read too early": written.too_early,
    "nested template badly called": written.nesting,
    "protection gone": secured.protection_gone,
    "protection off": secured.protection_off,
    "what we cannot do without gone": secured.wanted_gone,
    "role too wide": secured.wide_role,
    "assignment too wide": secured.wide_assignment,
    "key for two things": secured.wide_key,
}


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one kind of mutant: how many were tried, and where those that live differ from their template."""

    tried: int
    living: tuple[str, ...]

    @property
    def rejected(self) -> int:
        """How many were refused by a gate."""
        return self.tried - len(self.living)


def trial(templates: Mapping[str, Any], types: Types, most: int, seed: int = 0) -> Mapping[str, Score]:
    """The score of each kind, over at most `most` mutants of all templates together, drawn by the seed."""
    return {name: _score(mutate, templates, types, most, seed) for name, mutate in MUTATORS.items()}


def share(scores: Mapping[str, Score]) -> float:
    """How many of all were rejected, 0 to 1."""
    return sum(score.rejected for score in scores.values()) / max(1, sum(score.tried for score in scores.values()))


def _score(
    mutate: Callable[[Any, Types], Iterator[Any]], templates: Mapping[str, Any], types: Types, most: int, seed: int
) -> Score:
    made = [(path, mutant) for path, body in templates.items() for mutant in mutate(body, types)]
    drawn = random.Random(seed).sample(made, min(most, len(made)))  # noqa: S311 - a sample, no secret
    living = [f"{path}: {_difference(templates[path], each)}" for path, each in drawn if not rejected(each, types)]
    return Score(tried=len(drawn), living=tuple(living))


def _difference(body: Any, mutant: Any) -> str:
    """Where the two first differ, deepest."""
    differing = (path for path, value in every(mutant) if found(body, path) != value)
    deepest = max(islice(differing, 20), key=len, default=())
    return ".".join(map(str, deepest)) or "what is gone"
