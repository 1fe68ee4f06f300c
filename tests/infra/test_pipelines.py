"""What customers run: pipelines by checks of their own, broken copies rejected, scripts against a stand-in az."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "pipelines"
FILES = sorted(path.name for path in FOLDER.glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
MADE = re.compile(r"\bmake ([a-z-]+)")
CALLED = re.compile(r"(infra/[\w/.-]+\.(?:sh|py))")
SECRET = re.compile(r"secrets\.|(?i:password|secret|token|accountkey|sig)\s*[=:]\s*[\"']?[\w+/=-]{6,}")
GOES_OUT = "infra/pipelines/deploy.sh"

type Document = dict[str, Any]
type Break = Callable[[Document], object]


def document(name: str) -> Document:
    found: Document = yaml.safe_load((FOLDER / name).read_text())
    return found


def texts(node: Any) -> Iterator[str]:
    """Every string below a node."""
    if isinstance(node, str):
        yield node
    for each in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from texts(each)


def jobs(pipeline: Document) -> dict[str, Document]:
    """Jobs of GitHub, stages of Azure DevOps, by name."""
    if isinstance(found := pipeline.get("jobs"), dict):
        return found
    return {stage["stage"]: stage for stage in pipeline.get("stages") or ()}


def needs(job: Document) -> list[str]:
    found = job.get("needs") or job.get("dependsOn") or []
    return [found] if isinstance(found, str) else found


def before(name: str, among: dict[str, Document]) -> set[str]:
    """Every job that must have gone well before this one."""
    direct = [each for each in needs(among[name]) if each in among]
    return {*direct, *(above for each in direct for above in before(each, among))}


def faults(pipeline: Document) -> list[str]:
    found, every = jobs(pipeline), "\n".join(texts(pipeline))
    said = [f"no target {name}" for name in MADE.findall(every) if name not in TARGETS]
    said += [f"no script {path}" for path in CALLED.findall(every) if not os.access(ROOT / path, os.R_OK)]
    said += [f"{name} needs {each}" for name, job in found.items() for each in needs(job) if each not in found]
    said += ["a secret in plain text"] if SECRET.search(every) else []
    said += [f"{text} is not pinned" for text in uses(pipeline) if "@" not in text]
    return said + [f"{name} goes out untested" for name in found if not tried(name, found)]


def uses(node: Any) -> Iterator[str]:
    for key, each in node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ():
        if key in ("uses", "task"):
            yield str(each)
        yield from uses(each)


def tried(name: str, found: dict[str, Document]) -> bool:
    """Whether a job puts nothing out, or only what was tested and packaged; production only what staging has run."""
    if GOES_OUT not in "\n".join(texts(found[name])):
        return True
    return {"test", "package", *(["staging"] if name != "staging" else [])} <= before(name, found)


@pytest.mark.parametrize("name", FILES)
def test_a_pipeline_names_only_what_is_there(name: str) -> None:
    assert faults(document(name)) == []


def test_both_platforms_have_both_pipelines() -> None:
    assert FILES == ["azure-pipelines.yml", "azure-rotation.yml", "github-deploy.yml", "github-rotation.yml"]
    for name in ("azure-pipelines.yml", "github-deploy.yml"):
        assert jobs(document(name)).keys() >= {"test", "package", "preview", "staging", "production"}


BREAKS: dict[str, Break] = {
    "no target everything": lambda jobs: jobs["test"]["steps"].append({"run": "make everything"}),
    "no script infra/pipelines/go.sh": lambda jobs: jobs["test"]["steps"].append({"run": "infra/pipelines/go.sh"}),
    "preview needs build": lambda jobs: jobs["preview"].update(needs=["build"]),
    "production goes out untested": lambda jobs: jobs["production"].update(needs=["package"]),
    "staging goes out untested": lambda jobs: jobs["package"].update(needs=["conformance"]),
    "a secret in plain text": lambda jobs: jobs["test"]["steps"].append({"run": "export PASSWORD=hunter2hunter2"}),
    "actions/cache is not pinned": lambda jobs: jobs["test"]["steps"].append({"uses": "actions/cache"}),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_broken_copy_is_rejected(fault: str) -> None:
    pipeline = deepcopy(document("github-deploy.yml"))
    BREAKS[fault](pipeline["jobs"])

    assert fault in faults(pipeline)


AZ = """#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$*" in
  *"keyvault key rotate"*) echo https://vault/keys/anchors/new ;;
  *"key download"*) while [ "$1" != --file ]; do shift; done; echo "a public key" >"$2" ;;
  *"blob download"*) [ -z "${NONE:-}" ] || exit 3; while [ "$1" != --file ]; do shift; done; echo good >"$2" ;;
esac
"""
LATER = ("2999-01-01T00:00:00+00:00", "2999-01-01T00:05:00+00:00")
GREEN = [{"faults": [], "watched_at": at} for at in LATER]
OLD = {"faults": ["nobody can be paged"], "watched_at": "2020-01-01T00:00:00+00:00"}
LOST = {"faults": ["the canary of 05:00:00 UTC has not come through"], "watched_at": LATER[1]}


@contextmanager
def app(*told: Document) -> Iterator[str]:
    """An app that tells its health so, one answer after the other, the last again and again."""
    left = list(told)

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode()
            self.send_response(503 if b'"faults": ["' in body else 200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the library's name

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def run(script: str, tmp_path: Path, *words: str, **settings: str) -> tuple[int, list[str]]:
    """The script with a stand-in az that writes down how it was called."""
    (tmp_path / "az").write_text(AZ)
    (tmp_path / "az").chmod(0o755)
    places = {"RESOURCE_GROUP": "tourniquet", "APP": "responder", "PACKAGES_ACCOUNT": "host", "VAULT": "vault"}
    python = Path(sys.executable).parent
    environment = {"PATH": f"{tmp_path}:{python}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls")} | places
    ended = subprocess.run(  # noqa: S603 - our own script
        [str(FOLDER / script), *words], env=environment | settings, check=False, capture_output=True, text=True
    )
    calls = tmp_path / "calls"
    return ended.returncode, calls.read_text().splitlines() if calls.exists() else []


def deployed(tmp_path: Path, *told: Document, **settings: str) -> tuple[int, list[str]]:
    package = tmp_path / "new.zip"
    package.write_bytes(b"new")
    with app(*told) as url:
        patience = "--within 0.3 --every 0.01"
        code, calls = run("deploy.sh", tmp_path, str(package), URL=url, CANARY=patience, **settings)
    return code, [re.sub(r"--src \S*/", "--src ", call) for call in calls]


def puts(calls: list[str]) -> list[str]:
    return [match[1] for call in calls if (match := re.search(r"config-zip .*--src (\S+)", call))]


def test_a_package_whose_canary_came_through_is_kept_as_the_last_good_one(tmp_path: Path) -> None:
    code, calls = deployed(tmp_path, OLD, OLD, GREEN[0], GREEN[1])

    assert code == 0
    assert puts(calls) == ["new.zip"]
    assert "storage blob upload" in calls[-1]


@pytest.mark.parametrize(
    "told", [(OLD, GREEN[0], LOST), (OLD, OLD), (OLD, {"odd": 1})], ids=["lost", "silent", "something else"]
)
def test_a_package_whose_canary_is_lost_gives_way_to_the_last_good_one(
    tmp_path: Path, told: tuple[Document, ...]
) -> None:
    code, calls = deployed(tmp_path, *told)

    assert code == 1
    assert puts(calls) == ["new.zip", "last-good.zip"]
    assert not [call for call in calls if "upload" in call]


def test_where_there_is_no_last_good_package_a_person_is_called(tmp_path: Path) -> None:
    code, calls = deployed(tmp_path, OLD, LOST, NONE="1")

    assert code == 1
    assert puts(calls) == ["new.zip"]


def test_a_fault_that_stood_before_holds_no_package_back(tmp_path: Path) -> None:
    standing = [{**OLD, "watched_at": at} for at in LATER]

    assert deployed(tmp_path, OLD, *standing)[0] == 0


def test_rotation_adds_the_new_public_key_to_the_old_and_leaves_what_wraps_ephi(tmp_path: Path) -> None:
    trust = tmp_path / "anchors.pem"
    trust.write_text("the old public key\n")

    code, calls = run("rotate.sh", tmp_path, TRUST=str(trust))

    assert code == 0
    assert trust.read_text() == "the old public key\na public key\n"
    assert [call for call in calls if "TOURNIQUET_SIGNING_KEY=https://vault/keys/anchors/new" in call]
    assert [call for call in calls if "keys set" in call and "--output none" in call]
    assert not [call for call in calls if "ephi" in call]
