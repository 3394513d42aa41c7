"""Draws plates and scenes of plates for training and for measuring: pure of PyTorch, seeded, arrays out."""
