"""Which part of the work on a batch the threads do, and which the device."""

from docclf.data.loader.fill import Fill, makers
from docclf.data.loader.finish import Finish
from docclf.data.pixels.resident import Resident
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import Expanded
from docclf.errors import InputError


def parts(
    source: Source,
    image_size: int,
    batch_size: int,
    augment,
    views: tuple[str, ...],
    device: str,
    threads: int,
    prefetch: int,
) -> tuple[Fill | None, Finish | None]:
    """Returns what fills a batch in threads and what finishes it on the device; None where nothing is to do.

    Args:
        source: see `docclf.data.loader.batches.Batches`, as for the others.
        image_size: side S, pixels.
        batch_size: samples per batch.
        augment: the augmentation.
        views: views besides the student's.
        device: type of the device that trains.
        threads: threads that fill.
        prefetch: batches prepared ahead.

    Raises:
        InputError: the images lie on a device where the augmentation does not run.
    """
    made = makers(augment, image_size, views)
    on_device = augment is not None and augment.on_device(device)
    executor = augment.device_executor() if on_device else None
    expanded = isinstance(source, Expanded)
    inner = source.source if expanded else source
    if isinstance(inner, Resident):
        if augment is not None and not on_device and device != "cpu":
            raise InputError(
                f"data.feed=device: the images lie on {device}, but the augmentation runs on the CPU; let it run on "
                "the device, or take data.feed=memory."
            )
        return None, Finish(source, image_size, views, executor, made, inner.pixels, source.fold if expanded else 1)
    if on_device:
        # Images of any size come to the device as squares with a margin for crops.
        side = inner.side or -(-5 * image_size // 4)
        raw = Fill(source, None, side, batch_size, threads, prefetch + 2)
        return raw, Finish(source, image_size, views, executor, made)
    plain = augment is None and not views
    return Fill(source, None if plain else made, image_size, batch_size, threads, prefetch + 2), None
