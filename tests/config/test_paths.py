"""Classes stay where checkpoints of earlier versions name them."""

import pytest

from docclf.config.check import locate

# Of the yaml files before the library was divided into folders, below docclf.
NAMED = """
augment.blur.Blur augment.by_kind.ByKind augment.colour.Colour augment.compression.Compression
augment.geometry.Geometry augment.ground.Ground augment.light.Light augment.noise.Noise augment.recipe.Recipe
backbone.timm.TimmBackbone data.csv_split.CsvSplit data.folder.Folder data.imagenet.ImageNet data.packed.Packed
data.register_query.RegisterQuery data.sharded.Sharded data.synthetic.Synthetic head.flatten.Flatten
head.gap.Gap head.norm.LayerBatchNorm head.squeeze.Squeeze loss.full.Full loss.optimizer.adamw.AdamW
loss.optimizer.sgd.SGD loss.partial_fc.PartialFC margin.arcface.ArcFace margin.cosface.CosFace
margin.softmax.Softmax metric.all_pairs.AllPairs metric.register_query.RegisterQuery model.embeddings.Embeddings
model.hog.Hog model.network.Network model.onnx.Onnx model.open_clip.OpenClip model.timm.Timm schedule.Cosine
schedule.Polynomial teacher.cache.Cache teacher.checkpoint.Checkpoint teacher.hog.Hog teacher.open_clip.OpenClip
teacher.term.contrastive.Contrastive teacher.term.cosine.Cosine teacher.term.kl.KL
teacher.term.kl_temperature.KLTemperature teacher.term.relational.Relational teacher.timm.Timm
"""


@pytest.mark.parametrize("path", NAMED.split())
def test_a_class_that_stored_configs_name_is_where_it_was(path):
    assert callable(locate(f"docclf.{path}"))
