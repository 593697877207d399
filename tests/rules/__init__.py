"""What notebooks are held to while tests run: numbers, held-out data, figures, links."""
