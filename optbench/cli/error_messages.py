"""One-line error messages: our own unchanged, Hydra's rewritten."""

import errno
import re
import sys
import warnings

from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from optbench.config.items import item_names
from optbench.config.moved import MovedWarning
from optbench.config.parameters import unknown_name
from optbench.errors import OptbenchError, harmless

NO_VARIABLE = re.compile(r"Environment variable '(?P<name>\w+)' not found")
NO_KEY = re.compile(r"Interpolation key '(?P<name>[^']*)' not found")
NO_GROUP = re.compile(r"Could not override '(?P<key>(?!metric')[^']*)'")
HYDRA_ERRORS = (HydraException, OmegaConfBaseException)


def describe_config_error(error: BaseException | None) -> str:
    """One line for an error in the configuration."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, given = error.missing_cfg_file.rpartition("/")
        return unknown_name(f"`{group}={given}`", given, error.options) + " Your own: --config-dir."
    if isinstance(error, MissingConfigException):
        return describe_missing_item(error.missing_cfg_file)
    if isinstance(error, OSError) and error.strerror:
        return describe_os_error(error)
    if isinstance(error, OverrideParseException):
        return (
            f"`{error.override}` cannot be read. Write key=value or group=choice, and quotes around signs and spaces."
        )
    cause = error.__cause__ if isinstance(error, ConfigCompositionException) else error
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and isinstance(cause.parent_node, DictConfig):
        return describe_unknown_key(str(cause.full_key), str(cause.key), cause.parent_node)
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return describe_reference(str(cause.full_key), str(cause))
    if found := NO_GROUP.search(str(error)):
        return f"`{found['key']}` is no group of the configuration. --help lists them."
    if "Ambiguous value" in str(error) or "requires --multirun" in str(error):
        return "A comma makes a sweep, and a sweep needs -m: python -m optbench -m optimizer=sgd,adam"
    text = " ".join(str(error).split())
    if "Could not override 'metric'" in text:
        return "`metric` is no group of which one is chosen. Write a list: metrics=[accuracy,f1]."
    return f"The configuration cannot be read: {text}." if raised_by_hydra(error) else text


def describe_reference(key: str, message: str) -> str:
    """One line for a value with an unresolvable reference, such as ``${oc.env:TOKEN}`` without that variable."""
    if found := NO_VARIABLE.search(message):
        otherwise = f"${{oc.env:{found['name']},VALUE}}"
        return f"`{key}` needs the environment variable {found['name']}, which is not set. Set it or write {otherwise}."
    if found := NO_KEY.search(message):
        return f"`{key}` refers to `{found['name']}`, which does not exist. Correct the reference."
    if "Recursive interpolation" in message:
        return f"`{key}` refers to itself. Give it a value."
    if "expecting {" in message:  # all characters that the grammar would accept
        return f"`{key}` cannot be read: a reference in it is not complete. Write ${{KEY}}, or ${{RESOLVER:VALUE}}."
    return f"`{key}` cannot be read: {' '.join(message.partition('full_key:')[0].split())}."


def describe_missing_item(path: str | None) -> str:
    """One line for a member of a list of items that has no file, such as ``wrapper=[sma]``."""
    group, _, given = str(path).rpartition("/")
    known = item_names(group) if group else []
    if not known:
        return f"There is no configuration `{path}`."
    return unknown_name(f"`{group}=[{given}]`", given, known) + " Your own: --config-dir."


def describe_unknown_key(full_key: str, key: str, node: DictConfig) -> str:
    """One line for an unknown key, which names any part that has a key of this name."""
    keys = [str(name) for name in node if name not in ("hydra", "_target_")]
    parts = [name for name in keys if isinstance(part := node._get_node(name), DictConfig) and key in part]
    if not parts:
        return unknown_name(f"`{full_key}`", key, keys)
    return f"`{full_key}` does not exist. Did you mean {' or '.join(f'`{part}.{key}`' for part in parts)}?"


WHAT_TO_DO = {
    errno.ENOSPC: "Free some space and run the same command again: what was written is kept.",
    errno.EDQUOT: "Free some space and run the same command again: what was written is kept.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EISDIR: "Move the folder of this name away, or choose another place.",
    errno.ENOTDIR: "Move the file that stands in place of a folder away, or choose another place.",
    errno.EEXIST: "Move what stands in its place away, or choose another place.",
    errno.EMFILE: "Allow more open files, for instance with ulimit -n 4096.",
    errno.EIO: "Check the disk, and run the same command again.",
}


def describe_os_error(error: OSError) -> str:
    """One line for an operating system error: the path, the reason, and what to do."""
    advice = WHAT_TO_DO.get(error.errno or 0, "Choose another place or change its permissions.")
    what = f"{error.filename} cannot be used" if error.filename else "A file cannot be used"
    return f"{what}: {error.strerror}. {advice}"


def is_user_error(error: BaseException | None) -> bool:
    """Whether the user can fix ``error``: errors of optbench and Hydra, damaged files, paths that cannot be written."""
    return isinstance(error, (OptbenchError, OSError, *HYDRA_ERRORS)) or raised_by_hydra(error)


def raised_by_hydra(error: BaseException | None) -> bool:
    """Whether Hydra rejected something with an error of a general type, as for ``optimizer=null``."""
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", "")) if trace else ""
    return module.startswith(("hydra.", "omegaconf.", "yaml."))


def format_notices() -> None:
    """Make Python print a warning about a moved path on one line, and all other warnings as before."""
    default = warnings.formatwarning

    def format_warning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
    ) -> str:
        """A warning as text, with its newline."""
        if issubclass(category, MovedWarning):
            return f"optbench: {message}\n"
        return default(message, category, filename, lineno, line)

    warnings.formatwarning = format_warning


def print_error(error: BaseException | None) -> int:
    """Print one line on standard error. Returns the exit code of a user error."""
    line = str(error) if isinstance(error, OptbenchError) else describe_config_error(error)
    text = "\n".join(map(harmless, line.splitlines()))  # some include an example of several lines
    print(f"optbench: {text}", file=sys.stderr)
    return 1
