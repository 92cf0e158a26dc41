"""What is asked of the grammar's own nodes, here called leaves: their text, their line, what stands in them."""

from tree_sitter import Node as Leaf

COMMENTS = {"comment", "diagnostic_comment"}


def text(leaf: Leaf) -> str:
    """Give what is written."""
    return (leaf.text or b"").decode()


def line(leaf: Leaf) -> int:
    """Give the line it begins on, counted from 1."""
    return leaf.start_point[0] + 1


def named(leaf: Leaf) -> list[Leaf]:
    """Give the leaves in it that say something: no signs, no comments."""
    return [child for child in leaf.named_children if child.type not in COMMENTS]


def first(leaf: Leaf, *types: str) -> Leaf | None:
    """Give the first leaf right in it of one of these types."""
    return next((child for child in leaf.named_children if child.type in types), None)
