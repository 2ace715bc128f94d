"""The identity of code: digests of the functions that a configuration names, which change when their mathematics does.

    target ──> its module, and the user's modules that it imports           syntax trees
           ──> the function itself                                          values of globals, closure and defaults

Comments, layout, docstrings, annotations, error messages and a rule's declaration (``ABOUT``, see
optbench/spec/about.py) are left out, see :mod:`optbench.config.mathematics`. In optbench itself, only the packages with
mathematics count: a change of the engine is declared with ``ENGINE_VERSION``. In libraries, only the module that a
target names counts: their versions are recorded with each run.

Code that cannot be identified (no source, or a global that is not plain data) has no digest, and its results are not
reused.
"""

import hashlib

from optbench.config.build import locate
from optbench.config.mathematics import Code, counts, read_code
from optbench.config.session_objects import find, is_session_path
from optbench.config.values_read import Unidentified, values_of


class Sources:
    """Digests of targets; each module is looked up once. Make one for a study and drop it with the study."""

    def __init__(self) -> None:
        self._codes: dict[str, Code | None] = {}
        self._modules: dict[str, str | None] = {}
        self._counted: dict[str, bool] = {}
        self._targets: dict[str, str | None] = {}

    def digest(self, target: str) -> str | None:
        """A hash of the code of ``package.module.function``; None if it cannot be identified."""
        if target not in self._targets:
            self._targets[target] = self._digest(target)
        return self._targets[target]

    def _digest(self, target: str) -> str | None:
        if is_session_path(target):
            return find(target).digest
        module = target.rpartition(".")[0]
        source = self.module_digest(module)
        if source is None or module.startswith("optbench."):  # our modules have no values besides their source
            return source
        try:
            return hashlib.sha256(f"{source} {values_of(locate(target))}".encode()).hexdigest()[:16]
        except Unidentified:
            return None

    def module_digest(self, module: str) -> str | None:
        """A hash of the code of a module and of the modules that it imports; None if it has no source."""
        if module not in self._modules:
            self._modules[module] = self._hash(module)
        return self._modules[module]

    def _hash(self, module: str) -> str | None:
        text = hashlib.sha256()
        if self._code(module) is None:
            return None
        for name in sorted(self._closure(module)):
            code = self._code(name)
            assert code is not None  # _closure returns only modules that have a source
            text.update(name.encode())
            text.update(code.mathematics)
        return text.hexdigest()[:16]

    def _closure(self, module: str) -> set[str]:
        found: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            code = self._code(name)
            if name in found or code is None:
                continue
            found.add(name)
            waiting += [n for n in code.imports if n not in found and self._counts(n)]
        return found

    def _code(self, module: str) -> Code | None:
        if module not in self._codes:
            self._codes[module] = read_code(module)
        return self._codes[module]

    def _counts(self, module: str) -> bool:
        if module not in self._counted:
            self._counted[module] = counts(module)
        return self._counted[module]
