"""What notebooks are held to while tests run: form, numbers, held-out data, figures, links."""
