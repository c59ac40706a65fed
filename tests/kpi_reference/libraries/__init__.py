"""One module per library, or family of libraries: its references, in a list REFERENCES."""
