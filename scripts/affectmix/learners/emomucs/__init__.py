"""EmoMucs: one convolutional network per stem, and their fusion (de Berardinis et al., 2020).

Modules that import torch are imported where a network is needed, and nowhere else: torch
takes seconds to start, and most jobs use other learners.
"""
