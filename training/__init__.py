"""The recogniser's training: drawn plates and scenes, the two networks, and how their weights are made and measured.

Nothing here runs at a gate; drivers only open the weights that are made here. No labelled picture of anybody is read.
"""
