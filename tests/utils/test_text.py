import json
import os

import pytest

from docclf.utils import atomic
from docclf.utils.text import shown, to_json

AS_TYPED = [
    "Screenshot at 3.45\u202fPM",
    "Snímek v\u00a013.05",
    "身分證\u3000正面",
    "گواهی\u200cنامه",
    "\U0001f468\u200d\U0001f469",
    "\u200fעברית",
    "a\\b $x_{1}$ %s <b>",
    "\ue000\U000e0067",
]


@pytest.mark.parametrize("label", AS_TYPED)
def test_what_a_person_types_stays_as_it_is(label):
    assert shown(label) == label and json.loads(to_json(label)) == label


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("red\x1b[31m", "red\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("two\nlines\r\t", "two\\nlines\\r\\t"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066\u2028", "\\u2066\\u2028"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("\x7f\0", "\\x7f\\x00"),
    ],
)
def test_what_moves_a_cursor_or_cannot_be_printed_is_spelled_out(name, says):
    assert shown(name) == says and shown(name).isprintable()
    text = to_json({"name": name})
    assert json.loads(text.encode())["name"] == name


def test_a_text_of_several_lines_keeps_them():
    assert shown("a\nb\x1b", keep="\n") == "a\nb\\x1b"


def test_files_are_valid_utf_8_and_read_back(tmp_path):
    atomic.write_text(tmp_path / "x.json", to_json([os.fsdecode(b"caf\xe9"), "台"]))
    assert json.loads((tmp_path / "x.json").read_text("utf-8")) == [os.fsdecode(b"caf\xe9"), "台"]
    assert "台" in (tmp_path / "x.json").read_text("utf-8")
