"""Serve models over HTTP (extra `serve`); `docs/serve.md` describes the routes.

`serve` answers requests until the process receives SIGTERM. `Settings` are the options of `sparklet serve`.
"""

from sparklet.serve.server import serve
from sparklet.serve.settings import Settings

__all__ = ["Settings", "serve"]
