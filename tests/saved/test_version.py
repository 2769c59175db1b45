import pytest

from sparklet.saved import SparkVersion


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("2.0.0", (2, 0)),
        ("2.4.0.cloudera2", (2, 4)),
        ("3.5.0-amzn-1", (3, 5)),
        ("3.3.1.5.2-92314920", (3, 3)),
        ("4.0.0-preview1", (4, 0)),
        ("3.4", (3, 4)),
        ("10.12.1", (10, 12)),
    ],
)
def test_versions_and_vendors_parse(text, pair):
    version = SparkVersion.parse(text)
    assert (version.major, version.minor, version.text) == (*pair, text)
    assert version == pair


@pytest.mark.parametrize(
    "text", ["", "3", "three.five", "v3.5", "-1.2", "3.x", "\u0663.\u0665", "9" * 5000 + ".1"]
)
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError):
        SparkVersion.parse(text)


def test_the_patch_number_does_not_count():
    version = SparkVersion.parse("3.0.2")
    assert version <= (3, 0)
    assert not version > (3, 0)
    assert version < (3, 1) <= SparkVersion.parse("3.1.0")
    assert version == SparkVersion.parse("3.0.0")
    assert hash(version) == hash(SparkVersion.parse("3.0.0"))
    assert version > SparkVersion.parse("2.4.8")
