"""Loss, gradients and weight updates."""
