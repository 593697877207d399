"""Rules for notebooks: form, numbers, held-out data, figures, links."""
