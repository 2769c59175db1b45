#!/bin/sh
# Run the C module's tests with the address and undefined-behaviour sanitizers, in a copy under build/.
set -eu
python=$1
checked=build/sanitize
rm -rf "$checked"
mkdir -p "$checked/objects"
cp -R src "$checked/src"
rm -f "$checked"/src/sparklet/_native/_core.*.so
SPARKLET_SANITIZE=address,undefined "$python" setup.py --quiet build_ext --build-temp "$checked/objects" \
    --build-lib "$checked/src"
# The sanitizers must be loaded before Python. Python frees little memory at exit, so leaks are not reported.
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc
exec "$python" -m pytest -p no:cacheprovider -o "pythonpath=$checked/src ." tests/test_native.py \
    tests/saved/test_parquet.py tests/stages/test_forest.py tests/java/test_blas.py tests/codegen/test_program.py \
    tests/codegen/test_backends.py tests/codegen/test_blocks.py -m "not spark"
