import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    """Keeps the tests out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DOCCLF_CACHE", str(folder))
    return folder
