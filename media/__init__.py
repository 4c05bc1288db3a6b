"""The way of one item: from upload to publication and back."""
