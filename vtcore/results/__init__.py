"""Result files: their writers, and reading them back."""
