"""Drawn documents, and a service that four of them are registered in."""

import pytest
from serve_client import client, document, sent


@pytest.fixture(scope="session")
def documents():
    return [document(number) for number in range(4)]


@pytest.fixture(scope="module")
def service(tmp_path_factory, documents):
    """A service that four documents are registered in, three with attributes; not to be changed."""
    with client(tmp_path_factory.mktemp("serve")) as service:
        for number, content in enumerate(documents):
            own = '{"country": "TW"}' if number else "{}"
            data = {"label": f"kind {number}", "attributes": own}
            assert service.post("/api/register", files=sent(content), data=data).status_code == 201
        yield service
