r"""Write src/sparklet/java/regex/unicode13.py: `python tools/unicode13.py [java of a JDK 17]`.

JDK 17 knows Unicode 13, Python a later one, so what `\p{L}` covers cannot be asked of Python. This asks the
JDK for the properties of every character and packs the answers.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/sparklet/java/regex/unicode13.py"
END = 0x110000

JAVA = """
import java.lang.reflect.Field;
import java.util.*;
import java.util.function.IntUnaryOperator;

public class Tables {
    public static void main(String[] none) throws Exception {
        print("category", Character::getType);
        print("alphabetic", c -> Character.isAlphabetic(c) ? 1 : 0);
        print("lowercase", c -> Character.isLowerCase(c) ? 1 : 0);
        print("uppercase", c -> Character.isUpperCase(c) ? 1 : 0);
        print("ideographic", c -> Character.isIdeographic(c) ? 1 : 0);
        print("upper", c -> Character.toUpperCase(c) - c);
        print("lower", c -> Character.toLowerCase(c) - c);
        print("script", c -> Character.UnicodeScript.of(c).ordinal());
        for (Character.UnicodeScript script : Character.UnicodeScript.values())
            System.out.println("scriptName|" + script.name() + "|" + script.ordinal());
        for (Map.Entry<?, ?> entry : names(Character.UnicodeScript.class, "aliases").entrySet())
            System.out.println("scriptName|" + entry.getKey() + "|" + ((Enum<?>) entry.getValue()).ordinal());
        Map<?, ?> blocks = names(Character.UnicodeBlock.class, "map");
        List<Object> listed = new ArrayList<>(new LinkedHashSet<>(blocks.values()));
        print("block", c -> listed.indexOf(Character.UnicodeBlock.of(c)));
        for (Map.Entry<?, ?> entry : blocks.entrySet())
            System.out.println("blockName|" + entry.getKey() + "|" + listed.indexOf(entry.getValue()));
    }

    static Map<?, ?> names(Class<?> owner, String name) throws Exception {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return (Map<?, ?>) field.get(null);
    }

    static void print(String name, IntUnaryOperator property) {
        StringBuilder runs = new StringBuilder(name + "|");
        Integer before = null;
        for (int c = 0; c < 0x110000; c++) {
            int value = property.applyAsInt(c);
            if (before == null || value != before) runs.append(c).append(':').append(value).append(' ');
            before = value;
        }
        System.out.println(runs);
    }
}
"""

# java.lang.Character's constants; 17 is not used.
CATEGORIES = (
    "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No Zs Zl Zp Cc Cf -- Co Cs Pd Ps Pe Pc Po Sm Sc Sk So Pi Pf".split()
)


def ask(java: str) -> tuple[dict[str, list[int]], dict[str, dict[str, int]]]:
    """Return each property's value of every character, and the names of scripts and blocks."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "Tables.java"
        source.write_text(JAVA, encoding="utf-8")
        command = [java, "--add-opens", "java.base/java.lang=ALL-UNNAMED", str(source)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    values: dict[str, list[int]] = {}
    names: dict[str, dict[str, int]] = {"scriptName": {}, "blockName": {}}
    for line in lines:
        kind, rest = line.split("|", 1)
        if kind in names:
            name, number = rest.rsplit("|", 1)
            names[kind][name] = int(number)
            continue
        runs = [tuple(map(int, run.split(":"))) for run in rest.split()]
        values[kind] = []
        for (start, value), (end, _) in zip(runs, [*runs[1:], (END, 0)], strict=True):
            values[kind] += [value] * (end - start)
    return values, names


def runs(values: Iterable[object]) -> str:
    """Return `<length><value>` of each run; a length of 1 is left out, values have no digits."""
    return "".join(
        (str(len(match[0]) // len(match[1])) if len(match[0]) > len(match[1]) else "") + match[1].strip()
        for match in re.finditer(r"(..)\1*", "".join(f"{value!s:2}" for value in values))
    )


def shifts(deltas: list[int]) -> list[tuple[int, int, int, int]]:
    """Return (first, count, step, delta) of characters with a mapping, those at even steps in one entry."""
    found: list[tuple[int, int, int, int]] = []
    for char, delta in enumerate(deltas):
        if delta:
            if found and found[-1][3] == delta:
                first, count, step, _ = found[-1]
                if count == 1 or char == first + count * step:
                    found[-1] = (first, count + 1, char - first if count == 1 else step, delta)
                    continue
            found.append((char, 1, 1, delta))
    return found


def letters(number: int) -> str:
    """Return two letters that stand for a number."""
    return chr(65 + number // 26) + chr(97 + number % 26)


def tables(java: str) -> dict[str, object]:
    """Return what the module holds."""
    values, names = ask(java)
    category = [CATEGORIES[number] for number in values["category"]]
    letter = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
    scripts: dict[str, list[str]] = {}
    for name, number in names["scriptName"].items():
        scripts.setdefault(letters(number), []).append(name)
    blocks: dict[str, list[str]] = {}
    for name, number in names["blockName"].items():
        short = re.sub(r"[ _-]", "", name)
        if short not in blocks.setdefault(letters(number), []):
            blocks[letters(number)].append(short)
    return {
        "category": runs(category),
        # Beside what the category says.
        "alphabetic": runs(
            "YN"[not yes or of in letter] for yes, of in zip(values["alphabetic"], category, strict=True)
        ),
        "lowercase": runs(
            "YN"[not yes or of == "Ll"] for yes, of in zip(values["lowercase"], category, strict=True)
        ),
        "uppercase": runs(
            "YN"[not yes or of == "Lu"] for yes, of in zip(values["uppercase"], category, strict=True)
        ),
        "ideographic": runs("NY"[yes] for yes in values["ideographic"]),
        "upper": shifts(values["upper"]),
        "lower": shifts(values["lower"]),
        "script": runs(map(letters, values["script"])),
        "scripts": scripts,
        "block": runs(letters(number) if number >= 0 else "-" for number in values["block"]),
        "blocks": blocks,
    }


def main() -> None:
    """Write the module."""
    data = json.dumps(tables(sys.argv[1] if len(sys.argv) > 1 else "java"), separators=(",", ":")).encode()
    packed = base64.b85encode(zlib.compress(data, 9)).decode()
    lines = "\n".join(f'    "{packed[place : place + 100]}"' for place in range(0, len(packed), 100))
    TARGET.write_text(
        '"""The characters of Unicode 13 as JDK 17 knows them; written by tools/unicode13.py."""\n\n'
        f"PACKED = (\n{lines}\n)\n",
        encoding="utf-8",
    )
    print(f"{TARGET}: {len(packed)} characters for {len(data)}")


if __name__ == "__main__":
    main()
