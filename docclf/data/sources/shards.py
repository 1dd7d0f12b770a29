"""What tar shards and tables have in common: files of many images, of which a broken one is told as a whole."""

from abc import abstractmethod
from collections.abc import Iterator

from docclf.data.sources.location import Place
from docclf.data.sources.source import Found, Source, Unusable
from docclf.errors import InputError


class Shards(Source):
    """The images in the files of a place, file after file.

    Args:
        place: where the files are.
        skip_broken: leave a file that cannot be read whole out, and report it, instead of raising.

    Attributes:
        noun: what one file is called.
        broken: exceptions that mean that a file is broken.
    """

    noun = "shard"
    broken: tuple[type[Exception], ...] = (OSError, EOFError, InputError)

    def __init__(self, place: Place, skip_broken: bool):
        self.place, self.skip_broken = place, skip_broken
        self.location, self.total = place.location, None

    @abstractmethod
    def images(self, shard: str, path: str) -> Iterator[Found | Unusable]:
        """Yields what is in the file `shard` at `path`, with size and stamp."""

    def walk(self) -> Iterator[Found | Unusable]:
        """Yields the images of all files.

        Raises:
            InputError: naming the file that is broken, unless broken ones are skipped.
        """
        for shard, path in self.place.shards.items():
            try:
                yield from self.images(shard, path)
            except self.broken as error:
                reason = f"the {self.noun} cannot be read whole ({error})"
                if not self.skip_broken:
                    raise InputError(
                        f"{path}: {reason}. Nothing of it was used; fetch it again, or leave such {self.noun}s out "
                        "with --skip-broken."
                    ) from error
                yield Unusable(shard, reason, part=True)

    def look(self, found: Found) -> Found:
        """Returns it as it is: walking read what tells size and stamp."""
        return found
