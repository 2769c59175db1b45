"""The optional C module: where nothing can compile it, sparklet installs and works without it, slower."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

# Contraction would fuse a * b + c where Spark does not; MSVC contracts only when asked to.
flags = (
    ["/O2"] if sys.platform == "win32" else ["-O3", "-std=c11", "-ffp-contract=off", "-fvisibility=hidden"]
)
extra = os.environ.get("SPARKLET_SANITIZE", "")
sanitize = (
    [f"-fsanitize={extra}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"] if extra else []
)

setup(
    ext_modules=[
        Extension(
            "sparklet._native._core",
            ["src/sparklet/_native/module.c", "src/sparklet/_native/parquet/reader.c"],
            depends=sorted(map(str, Path("src/sparklet/_native").rglob("*.h"))),
            extra_compile_args=flags + sanitize,
            extra_link_args=sanitize,
            optional=True,
        )
    ]
)
