"""Which interpreter runs which framework; the environments of the historical panels.

An environment is a folder in the user's cache; a marker, written last, says with which
requirements it is complete.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from common.errors import TriptychError
from frontends.frameworks import TABLE

ROOT = Path(__file__).resolve().parents[2]
PYTHON_CHECK = "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 7))"
NO_PYTHON = (
    "no working Python 3.7 (tried python3.7 on the path, pyenv and uv); get one with "
    "`pyenv install 3.7` or `uv python install 3.7`"
)


def interpreter(framework: str) -> str:
    """Return the Python of a framework; `TRIPTYCH_<FRAMEWORK>_PYTHON` names another one.

    Raises TriptychError if it is not there, or if an environment is not complete.
    """
    named = os.environ.get(variable(framework))
    if named:
        if shutil.which(named) is None:
            raise TriptychError(f"{variable(framework)} is {named}: there is no such interpreter")
        return named
    if not TABLE[framework].historical:
        return sys.executable
    missing = flaw(framework)
    if missing:
        raise TriptychError(f"{missing}: run `triptych environments create {framework}`")
    return str(python_of(folder(framework)))


def variable(framework: str) -> str:
    """Return the name of the variable that overrides a framework's interpreter."""
    return f"TRIPTYCH_{framework.upper()}_PYTHON"


def folder(framework: str) -> Path:
    """Return where a panel's environment is, or would be."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "triptych" / framework


def python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def marker(framework: str) -> Path:
    """Return the file that says that an environment is complete."""
    return folder(framework) / "complete.json"


def flaw(framework: str) -> str | None:
    """Return what keeps a panel's environment from use, None if nothing does."""
    if not folder(framework).exists():
        return f"there is no environment for {framework}"
    try:
        made = json.loads(marker(framework).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"the creation of the environment for {framework} was interrupted"
    if made.get("requirements") != list(TABLE[framework].requirements):
        return f"the environment for {framework} was made for other versions"
    if not os.access(python_of(folder(framework)), os.X_OK):
        return f"the environment for {framework} is broken, its interpreter is gone"
    return None


def create(framework: str) -> dict[str, str]:
    """Make a panel's environment unless it is there and works; return its versions.

    Raises TriptychError if there is no Python 3.7, or if the installation fails.
    """
    target = folder(framework)
    with _locked(target):
        if flaw(framework) is None:
            try:
                return check(framework, str(python_of(target)))
            except TriptychError as error:
                say(f"{error}; making it again")
        elif target.exists():
            say(f"{flaw(framework)}; making it again")
        python = find_python()
        shutil.rmtree(target, ignore_errors=True)
        say(f"{framework}: an environment of {python} in {target}")
        _run([python, "-m", "venv", str(target)], f"{framework}: no environment could be made")
        requirements = TABLE[framework].requirements
        say(f"{framework}: installing {', '.join(requirements)}")
        _install(framework, target, requirements)
        say(f"{framework}: checking it")
        versions = check(framework, str(python_of(target)))
        _complete(framework, versions)
        return versions


def check(framework: str, python: str) -> dict[str, str]:
    """Run a small convolution; return the versions. Raises TriptychError."""
    program = ROOT / "frontends" / framework / "check.py"
    what = f"the environment for {framework} is broken"
    last = _run([python, "-c", program.read_text(encoding="utf-8")], what).splitlines()[-1:]
    return dict(json.loads(last[0])) if last else {}


def find_python(install: bool = True) -> str:
    """Return a Python 3.7 that runs and can make environments. Raises TriptychError.

    With `install`, uv may install one.
    """
    for candidate in _candidates(install):
        if _succeeds([candidate, "-c", PYTHON_CHECK]):
            return candidate
    raise TriptychError(NO_PYTHON)


def _candidates(install: bool) -> Iterator[str]:
    for directory in os.get_exec_path():
        if (found := shutil.which("python3.7", path=directory)) is not None:
            yield found
    if shutil.which("pyenv"):
        root = _output(["pyenv", "root"])
        yield from map(str, sorted(Path(root or "/none").glob("versions/3.7.*/bin/python"))[::-1])
    if shutil.which("uv"):
        yield from filter(None, [_output(["uv", "python", "find", "3.7"])])
        if install and _succeeds(["uv", "python", "install", "3.7"]):
            yield from filter(None, [_output(["uv", "python", "find", "3.7"])])


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Keep others from making the same environment at the same time."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = target.with_suffix(".lock").open("w")
    except OSError as error:
        raise TriptychError(f"{target.parent}: cannot be written to: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"waiting for another process that makes {target}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(framework: str, target: Path, requirements: Sequence[str]) -> None:
    command = [str(python_of(target)), "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", *requirements]
    _run(command, f"{framework}: the installation failed")


def _complete(framework: str, versions: dict[str, str]) -> None:
    """Write the marker, whole or not at all."""
    made = {"requirements": list(TABLE[framework].requirements), "versions": versions}
    beside = marker(framework).with_suffix(".part")
    beside.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    beside.replace(marker(framework))


def _run(command: Sequence[str], what: str) -> str:
    """Return the standard output of a command. Raises TriptychError with what it said last."""
    try:
        done = subprocess.run(
            command, env=_environment(), capture_output=True, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        raise TriptychError(f"{what}: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise TriptychError(f"{what}: {' / '.join(said) or f'exit code {done.returncode}'}")
    return done.stdout


def _succeeds(command: Sequence[str]) -> bool:
    return _output(command) is not None


def _output(command: Sequence[str]) -> str | None:
    try:
        return _run(command, "").strip()
    except TriptychError:
        return None


def _environment() -> dict[str, str]:
    """Return the variables without those that would mix in another Python's packages."""
    mixing = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name not in mixing}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONNOUSERSITE": "1"}


def say(line: str) -> None:
    """Tell a person how far it has come."""
    print(line, flush=True)
