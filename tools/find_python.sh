#!/bin/sh
# Print the path of a Python 3.11 or newer, or report what is missing.
# PYTHON=/path/to/python, if set, is the only one tried.

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if recent "$candidate"; then
        # The command may be a shim (pyenv, asdf): print the path of the real interpreter.
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
done

{
    echo "sparklet needs Python 3.11 or newer, and none was found."
    for candidate in ${PYTHON:-python3 python}; do
        if command -v "$candidate" > /dev/null; then
            echo "  $candidate is $("$candidate" --version 2>&1)"
        else
            echo "  $candidate does not exist"
        fi
    done
    echo "  Debian, Ubuntu:  apt-get install python3 python3-venv"
    echo "  macOS:           brew install python"
    echo "  elsewhere:       name one with  make PYTHON=/path/to/python3.11"
} >&2
exit 1
