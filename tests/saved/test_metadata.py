import bz2
import gzip
import json
import math
import zlib

import pyarrow as pa
import pytest

from sparklet.errors import CorruptModelError, MissingDataError, ModelError
from sparklet.saved import codecs, open_model, text
from tests.saved.folders import LFS, metadata, write_stage, write_text

LINE = json.dumps(metadata(uid="äöü_1"))


def hadoop_blocks(data, codec, step):
    """Pack as Hadoop's BlockCompressorStream: one block of several chunks."""
    out = len(data).to_bytes(4, "big")
    for place in range(0, len(data), step):
        chunk = pa.compress(data[place : place + step], codec=codec, asbytes=True)
        out += len(chunk).to_bytes(4, "big") + chunk
    return out


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "deflate": zlib.compress,
    "zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "snappy": lambda data: hadoop_blocks(data, "snappy", 100),
    "lz4": lambda data: hadoop_blocks(data, "lz4_raw", 100),
}


@pytest.mark.parametrize(
    "part",
    ["part-00000", "part-00000-aa-c000.txt", "part-00000-tid-31-dd-7-1-c000.txt", "part-r-00000"],
)
def test_every_part_name_that_spark_gave(tmp_path, part):
    stage = open_model(write_stage(tmp_path, uid="u", part=part))
    assert (stage.uid, stage.className) == ("u", "org.apache.spark.ml.feature.NGram")


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_parts(tmp_path, suffix):
    write_text(tmp_path / "metadata", PACKERS[suffix]((LINE + "\n").encode()), f"part-00000.{suffix}")
    assert open_model(tmp_path).uid == "äöü_1"


@pytest.mark.parametrize("suffix", PACKERS)
def test_damaged_compressed_parts(tmp_path, suffix):
    packed = PACKERS[suffix](LINE.encode())
    file = write_text(tmp_path / "metadata", packed[: len(packed) // 2], f"part-00000.{suffix}")
    with pytest.raises(CorruptModelError) as caught:
        open_model(tmp_path)
    assert caught.value.path == str(file)


@pytest.mark.parametrize("suffix", PACKERS)
def test_bombs_are_not_unpacked(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(text, "_LIMIT", 1000)
    packed = PACKERS[suffix](b" " * 100_000)
    write_text(
        tmp_path / "metadata", packed[: 1000 if suffix in ("snappy", "lz4") else None], f"part-0.{suffix}"
    )
    with pytest.raises(CorruptModelError, match="unpacks to more than"):
        open_model(tmp_path)


def test_lz4_lengths_of_every_kind():
    for data in (
        b"a",
        b"ab" * 9,
        bytes(range(256)) * 40,
        b"x" * 100_000,
        bytes(range(200)),
        b"q" * 270 + b"rst",
    ):
        assert codecs.decompress("p.lz4", hadoop_blocks(data, "lz4_raw", 4096), 1 << 20) == data


def test_members_that_follow_one_another():
    both = gzip.compress(b"one ") + gzip.compress(b"two")
    assert codecs.decompress("p.gz", both, 100) == b"one two"


def test_an_unsupported_codec_is_named(tmp_path):
    write_text(tmp_path / "metadata", LINE, "part-00000.lzo")
    with pytest.raises(CorruptModelError, match=r"part-00000\.lzo: .*codec that is not supported: .lzo"):
        open_model(tmp_path)


def test_several_parts_some_empty(tmp_path):
    write_text(tmp_path / "metadata", "", "part-00000")
    write_text(tmp_path / "metadata", "\r\n  \n", "part-00001")
    write_text(tmp_path / "metadata", LINE, "part-00002")
    write_text(tmp_path / "metadata", json.dumps(metadata(uid="late")), "part-00003")
    assert open_model(tmp_path).uid == "äöü_1"


def test_bookkeeping_files_are_ignored(tmp_path):
    for name in ("_started_1", "_committed_1", "._part-00000", ".DS_Store", "part-00000.crc"):
        write_text(tmp_path / "metadata", "no metadata", name)
    write_text(tmp_path / "metadata", LINE, "part-00000-tid-1-c000.txt")
    assert open_model(tmp_path).uid == "äöü_1"


def test_byte_order_mark_and_crlf(tmp_path):
    write_text(tmp_path / "metadata", b"\xef\xbb\xbf" + LINE.encode() + b"\r\n\r\n")
    assert open_model(tmp_path).uid == "äöü_1"


def test_a_line_separator_inside_a_string_is_no_line_end(tmp_path):
    line = json.dumps(metadata(uid="a\u2028b\x85c"), ensure_ascii=False)
    write_text(tmp_path / "metadata", line)
    assert open_model(tmp_path).uid == "a\u2028b\x85c"


def test_python_writes_bare_nan_and_infinity(tmp_path):
    write_stage(tmp_path, paramMap={"missingValue": math.nan, "splits": [-math.inf, math.inf]})
    params = open_model(tmp_path).params
    assert math.isnan(params["missingValue"])
    assert params["splits"] == [-math.inf, math.inf]


def test_params_stand_over_defaults(tmp_path):
    write_stage(tmp_path, paramMap={"n": 3}, defaultParamMap={"n": 2, "outputCol": "o"})
    assert open_model(tmp_path).params == {"n": 3, "outputCol": "o"}


def test_before_2_4_there_are_no_defaults(tmp_path):
    line = metadata(paramMap={"n": 3}, sparkVersion="2.3.4")
    del line["defaultParamMap"]
    write_text(tmp_path / "metadata", json.dumps(line))
    stage = open_model(tmp_path)
    assert stage.params == {"n": 3}
    assert stage.version == (2, 3)


def test_extra_keys_are_kept(tmp_path):
    assert open_model(write_stage(tmp_path, numFeatures=7)).metadata["numFeatures"] == 7


BROKEN = {
    "truncated": LINE[: len(LINE) // 2],
    "text": "hello",
    "list": "[1, 2]",
    "null": "null",
    "nesting": "[" * 200_000,
    "digits": '{"class": ' + "9" * 10_000 + "}",
    "utf-16": LINE.encode("utf-16"),
    "latin-1": LINE.encode().replace("ä".encode(), b"\xe4").replace(b"\\u00e4", b"\xe4"),
    "binary": bytes(range(128, 256)),
    "zeros": b"\0" * 1000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_metadata_names_its_file(tmp_path, content):
    file = write_text(tmp_path / "metadata", content)
    with pytest.raises(CorruptModelError) as caught:
        open_model(tmp_path)
    assert caught.value.path == str(file)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("key", ["class", "uid", "sparkVersion", "paramMap"])
@pytest.mark.parametrize("value", [None, 3, [], "absent"])
def test_wrong_and_absent_keys(tmp_path, key, value):
    line = metadata()
    if value == "absent":
        del line[key]
    else:
        line[key] = value
    write_text(tmp_path / "metadata", json.dumps(line))
    with pytest.raises(CorruptModelError, match=key):
        open_model(tmp_path)


def test_wrong_defaults_and_versions(tmp_path):
    for key, value in (("defaultParamMap", []), ("sparkVersion", "latest")):
        write_text(tmp_path / key / "metadata", json.dumps(metadata(**{key: value})))
        with pytest.raises(CorruptModelError, match=key):
            open_model(tmp_path / key)


def test_huge_metadata_is_not_read(tmp_path):
    file = write_text(tmp_path / "metadata", "")
    with file.open("r+b") as handle:
        handle.truncate(300 << 20)  # sparse: takes no room on the disk
    with pytest.raises(CorruptModelError, match="larger than 256 MiB"):
        open_model(tmp_path)


def test_git_lfs_pointer(tmp_path):
    write_text(tmp_path / "metadata", LFS)
    with pytest.raises(MissingDataError, match="git lfs pull"):
        open_model(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"\n\n"])
def test_no_metadata_line(tmp_path, content):
    (tmp_path / "metadata").mkdir()
    if content is not None:
        write_text(tmp_path / "metadata", content)
    with pytest.raises(MissingDataError, match="metadata"):
        open_model(tmp_path)


def test_pipes_do_not_block(tmp_path):
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    (tmp_path / "metadata").mkdir()
    os.mkfifo(tmp_path / "metadata" / "part-00000")
    with pytest.raises(MissingDataError):
        open_model(tmp_path)


def test_unreadable_file(tmp_path, monkeypatch):
    write_stage(tmp_path)

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(ModelError, match=r"part-00000: cannot be read: .*Permission denied"):
        open_model(tmp_path)
