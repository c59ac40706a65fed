"""The rules once more, one Python object per order: what the columns are held against."""
