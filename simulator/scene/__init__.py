"""Drawing of what a camera at a gate sees: plates, vehicles, the lane in its light."""
