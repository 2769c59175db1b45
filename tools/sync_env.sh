#!/bin/sh
# Install exactly the packages of the lock file $2, and sparklet from this checkout, in the environment $1.
# venv and pip create .venv-tools; its uv creates the other environments.
set -eu
environment=$1
lock=$2
python=$(tools/find_python.sh)
echo "$environment: installing $lock for $("$python" --version)"

if [ "$environment" = .venv-tools ]; then
    if ! "$python" -m venv --clear "$environment"; then
        echo "$python cannot make virtual environments. Debian, Ubuntu:  apt-get install python3-venv" >&2
        exit 1
    fi
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
else
    # uv ignores pip's settings: pass on those that select the package index.
    from_pip() { .venv-tools/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
    index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(from_pip index-url)}}
    more=${UV_INDEX:-${PIP_EXTRA_INDEX_URL:-$(from_pip extra-index-url)}}
    links=${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}
    authority=${SSL_CERT_FILE:-${PIP_CERT:-$(from_pip cert)}}
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
    if [ -n "$more" ]; then export UV_INDEX="$more"; fi
    if [ -n "$links" ]; then export UV_FIND_LINKS="$links"; fi
    if [ -n "$authority" ]; then export SSL_CERT_FILE="$authority"; fi
    # Use the interpreter found above, never a downloaded one. PySpark is a large download.
    export UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}" UV_NO_PROGRESS=1

    uv=.venv-tools/bin/uv
    "$uv" venv --quiet --clear --python "$python" "$environment"
    "$uv" pip sync --quiet --python "$environment/bin/python" --require-hashes "$lock"
    "$uv" pip install --quiet --python "$environment/bin/python" --no-deps --no-build-isolation --editable .
fi
touch "$environment/ready"
