"""Fetching, checking and unpacking, without a network."""

import hashlib
import io
import tarfile
import urllib.error
from dataclasses import replace

import archives
import public_set
import pytest
from archives import PublicSet

from docclf.errors import InputError

ABOUT = PublicSet("x", "X", "none", "nobody", 2, url="http://x.invalid/x.tar", archive="x.tar", how="Ask them.")


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a\\..\\x.jpg"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_nothing_is_written_outside(tmp_path, make, name, kind):
    path = tmp_path / "evil"
    getattr(make, kind)(path, {f"in/{name}" if name.startswith("..") else name: b"x"})
    with pytest.raises(InputError, match="leads out of its folder"):
        list(archives.members(path))


def test_links_are_left_out(tmp_path, make):
    link = tarfile.TarInfo("in/link.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    make.tar(tmp_path / "x.tar", {link: None, "in/a.jpg": b"a", "other/b.jpg": b"b"})
    archives.unpack_inside("in")(tmp_path / "x.tar", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").rglob("*")] == ["a.jpg"]
    with pytest.raises(InputError, match="another archive"):
        archives.unpack_inside("elsewhere")(tmp_path / "x.tar", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04"])
def test_broken_archives(tmp_path, content):
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(InputError, match="no readable archive"):
        list(archives.members(tmp_path / "x.tar"))


def test_a_cut_off_archive(tmp_path, make):
    make.tar(tmp_path / "x.tar.gz", {f"in/{i}.jpg": make.picture(i) for i in range(9)}, "w:gz")
    content = (tmp_path / "x.tar.gz").read_bytes()
    (tmp_path / "x.tar.gz").write_bytes(content[: len(content) // 2])
    words = ["--archive", str(tmp_path / "x.tar.gz"), "--out", str(tmp_path / "out")]
    with pytest.raises(InputError, match="no readable archive"):
        public_set.located(ABOUT, public_set.arguments(ABOUT).parse_args(words), archives.unpack_inside("in"))
    assert not list((tmp_path / "out").rglob("*.jpg"))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_checksums(tmp_path, algorithm, capsys):
    path = tmp_path / "x"
    path.write_bytes(b"abc" * 999)
    right = hashlib.new(algorithm, path.read_bytes()).hexdigest()
    archives.check_digest(replace(ABOUT, digest=(algorithm, right), digest_from="them"), path)
    assert f"{algorithm} {right} is that of them" in capsys.readouterr().out
    with pytest.raises(InputError, match="cut off or another one"):
        archives.check_digest(replace(ABOUT, digest=(algorithm, "0" * len(right))), path)
    archives.check_digest(ABOUT, path)
    assert "nobody publishes one" in capsys.readouterr().out


class Answer(io.BytesIO):
    def __init__(self, content, status=200):
        super().__init__(content)
        self.status, self.headers = status, {"Content-Length": str(len(content))}


def test_offline_and_going_on(tmp_path, monkeypatch):
    asked = []

    def offline(request, timeout):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(archives.urllib.request, "urlopen", offline)
    with pytest.raises(InputError, match="Without a network: fetch it elsewhere"):
        archives.fetch(ABOUT, tmp_path)
    with pytest.raises(InputError, match="without an account. Ask them"):
        archives.fetch(replace(ABOUT, url=None), tmp_path)
    (tmp_path / "x.tar.part").write_bytes(b"abc")

    def rest(request, timeout):
        asked.append(request.get_header("Range"))
        return Answer(b"def", 206)

    monkeypatch.setattr(archives.urllib.request, "urlopen", rest)
    assert archives.fetch(ABOUT, tmp_path).read_bytes() == b"abcdef" and asked == ["bytes=3-"]
    assert not (tmp_path / "x.tar.part").exists()
    monkeypatch.setattr(archives.urllib.request, "urlopen", offline)
    assert archives.fetch(ABOUT, tmp_path).read_bytes() == b"abcdef"  # it is there

    (tmp_path / "x.tar").unlink()
    (tmp_path / "x.tar.part").write_bytes(b"abc")
    monkeypatch.setattr(archives.urllib.request, "urlopen", lambda request, timeout: Answer(b"whole", 200))
    assert archives.fetch(ABOUT, tmp_path).read_bytes() == b"whole"  # a server that cannot go on starts over
