"""What DocClassifier (DocsaidLab) published, row by row; its test set of 25,000 crops is private."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A row of the original's tables.

    Args:
        row: the recipe that runs it here.
        text: what it is.
        tpr: TPR at FPR 1e-4.
        auroc: area under the ROC.
    """

    row: str
    text: str
    tpr: float | None
    auroc: float | None


PUBLISHED = (
    Published("table/cosface", "CosFace, flatten, LN, 256-d, 128 px: the reference", 0.784, 0.9968),
    Published("table/arcface", "ArcFace (also: 390,144 classes)", 0.754, 0.9951),
    Published("table/softmax", "softmax without a margin", 0.663, 0.9907),
    Published("table/scratch", "backbone from random weights", 0.141, 0.9273),
    Published("table/squeeze", "squeeze head (also: Indoor of the second table)", 0.772, 0.9958),
    Published("table/bn", "BatchNorm", 0.721, 0.9920),
    Published("table/f128_r96", "128-d, 96 px", 0.713, 0.9944),
    Published("table/gap", "global average pooling", 0.480, 0.9762),
    Published("table/efficientnet_b0", "EfficientNet-B0", 0.682, 0.9931),
    Published("table/classes_16k", "ArcFace, 1 class per image", 0.615, 0.9867),
    Published("table/classes_130k", "ArcFace, 8 classes per image", 0.666, 0.9919),
    Published("table/imagenet", "ImageNet-1K, squeeze, LN", 0.813, 0.9961),
    Published("table/imagenet_clip", "+ CLIP teacher", 0.859, 0.9982),
    Published("table/imagenet_clip_ln_bn", "+ LN+BN: the final model", 0.912, 0.9984),
    Published("table/imagenet_ln_bn", "first stage of the final model (no row of the original)", None, None),
    Published("table/docclf", "this project's defaults (no row of the original)", None, None),
)
REFERENCE = {"table": "table/cosface", "study": "study/base", "distill": "distill/student"}
