"""Semi-supervised self-learning on noisy segment labels (Sun et al.).

"Semi-Supervised Self-Learning Enhanced Music Emotion Recognition": a clip is cut into segments
that inherit its label, a mixture of two Gaussians on their losses tells which labels hold, and
statistics of the segments' probabilities tell of the song.

Modules that import torch are imported where a network is needed, and nowhere else. Nothing here
needs more than numpy, scikit-learn, torch and pytorchcv, so that it runs where only these are.
"""
