"""docclf: config-driven training and measurement of document-image embeddings.

Letters used for shapes in every docstring: B batch, D embedding, K classes, C channels, H W pixels,
R registered images, Q queries. Angles are radians, sizes are pixels, cosines are raw in [-1, 1],
rates are fractions. Images are RGB.
"""

__version__ = "0.1.0"
