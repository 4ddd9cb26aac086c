"""Write app/domain/hanzi.py from the dictionaries of the installed `opencc` package.

Run it after an upgrade of opencc, from the root of the repository:

    python tests/support/hanzi_table.py

The dictionaries are read through OpenCC itself, one character at a time, so no format of theirs is
parsed here. Its phrase dictionary is left out on purpose: matching compares characters, and a rule
word goes through the same table as the text does.
"""

import importlib.util
import json
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "app" / "domain" / "hanzi.py"
DICTIONARIES = ("TSCharactersExt.ocd2", "TSCharacters.ocd2")  # the rarer ones first, as OpenCC's t2s asks
HAN_BLOCKS = ((0x2E80, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))
PER_LINE = 50  # a Han character is two columns wide

TEMPLATE = '''\
"""Traditional to simplified Chinese, one character for one: generated, not to be edited by hand.

Source: TSCharacters and TSCharactersExt of OpenCC (https://github.com/BYVoid/OpenCC), (c) Carbo Kuo and
contributors, Apache-2.0. Where OpenCC offers several simplified characters the first one is taken, and
a chain is followed to its end, so that mapping twice changes nothing. {count:,} characters.

Made by tests/support/hanzi_table.py; a test compares this file with the installed dictionaries.
"""

from types import MappingProxyType

_TRADITIONAL = (
{traditional}
)
_SIMPLIFIED = (
{simplified}
)

TO_SIMPLIFIED = MappingProxyType(dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)))
"""Traditional character -> simplified character."""
'''


def dictionary_folder() -> Path | None:
    """Where the installed opencc keeps its dictionaries; None when it is absent or ships none."""
    spec = importlib.util.find_spec("opencc")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "clib" / "share" / "opencc"
    return folder if all((folder / name).is_file() for name in DICTIONARIES) else None


def simplified_characters(folder: Path) -> dict[str, str]:
    """Every Han character that the dictionaries change, with the end of its chain."""
    import opencc

    dicts = [{"type": "ocd2", "file": str(folder / name)} for name in DICTIONARIES]
    chain = [{"dict": {"type": "group", "match_policy": "short_circuit", "dicts": dicts}}]
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "characters.json"
        config.write_text(json.dumps({"name": "characters", "conversion_chain": chain}), encoding="utf-8")
        converter = opencc.OpenCC(str(config))
    characters = [chr(code) for first, end in HAN_BLOCKS for code in range(first, end)]
    answers = converter.convert("\n".join(characters)).split("\n")
    table = {before: after for before, after in zip(characters, answers, strict=True) if before != after}
    return {before: end_of_chain(table, after) for before, after in table.items()}


def end_of_chain(table: dict[str, str], character: str) -> str:
    while character in table:
        character = table[character]
    return character


def render(table: dict[str, str]) -> str:
    """The whole text of hanzi.py."""
    return TEMPLATE.format(
        count=len(table), traditional=wrapped("".join(table)), simplified=wrapped("".join(table.values()))
    )


def wrapped(characters: str) -> str:
    lines = (characters[start : start + PER_LINE] for start in range(0, len(characters), PER_LINE))
    return "\n".join(f'    "{line}"' for line in lines)


def main() -> None:
    folder = dictionary_folder()
    if folder is None:
        raise SystemExit("No dictionaries found: install opencc, then run this again.")
    TARGET.write_text(render(simplified_characters(folder)), encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
